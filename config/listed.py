"""Numbers that an operator lists: one that no record can have is a slip of the pen, and would protect nothing."""

import re
from typing import Final

import phonenumbers

from linewatch.config.errors import InvalidSetting

_E164: Final = re.compile(r"\+[0-9]{2,15}")
_DIALLED: Final = re.compile(r"[0-9*#]{1,15}")
_SPACED: Final = re.compile(r"[0-9 ().\-/]*[0-9][0-9 ().\-/]*")
_SENDER_ID_LENGTH: Final = 11
"""The most characters of an alphanumeric sender id (contract; 3GPP TS 23.040, 9.1.2.5)."""
ALLOWED: Final = "a number as records have it: + and digits alone, a short code's digits, or a sender id of at most 11 characters"


def check_listed(key: str, text: str, country: str | None, any_country: bool = False) -> None:
    """Raises InvalidSetting where no record can have the number; with `any_country` national forms of all are taken."""
    if not _may_occur(text, country, any_country):
        raise InvalidSetting(key, text, ALLOWED)


def is_sender_id(text: str) -> bool:
    """Whether a text can only be the sender of a message, and no number that calls."""
    compact = text.strip()
    return any(map(str.isalpha, compact)) and len(compact) <= _SENDER_ID_LENGTH and not compact.startswith("+")


def _may_occur(text: str, country: str | None, any_country: bool) -> bool:
    if _E164.fullmatch(text) or _DIALLED.fullmatch(text.strip()) or is_sender_id(text):
        return True
    return (any_country and _SPACED.fullmatch(text) is not None) or _is_valid(text.strip(), country)


def _is_valid(text: str, country: str | None) -> bool:
    if any(map(str.isalpha, text)):
        return False
    if text.startswith("00") and country:
        text = f"+{text[2:]}"
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    except phonenumbers.NumberParseException:
        return False
