"""Who the operator is: `operator.toml` of the contract."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from linewatch.config.errors import InvalidSetting
from linewatch.config.known import known
from linewatch.config.listed import check_listed, is_sender_id
from linewatch.config.reader import from_toml, read_text

Service = Literal["flash_call", "voice_code", "call_centre", "televote", "alarm", "broadcast", "a2p", "conference"]
_SEND: Final = ("broadcast", "a2p")
"""Services that may go by a sender id."""
_FORMS: Final = {
    "plmn": (re.compile(r"[0-9]{5,6}"), "MCC and MNC, 5 or 6 digits with nothing between them, as 52088"),
    "own_prefixes": (re.compile(r"\+[1-9][0-9]{0,13}"), "+, the country's code and digits with nothing between them, as +6692"),
    "short_codes": (re.compile(r"[0-9]{1,15}"), "digits alone, as 1669"),
    "international_trunks": (re.compile(r"\S(.*\S)?"), "a shell pattern over trunk names, as INT-*, with no space around it"),
    "domestic_trunks": (re.compile(r"\S(.*\S)?"), "a shell pattern over trunk names, as IC-*, with no space around it"),
}


@known
class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every key is optional; what is missing is inferred from the numbers themselves, record by record."""

    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    timezone: str | None = None
    plmn: tuple[str, ...] = ()
    own_prefixes: tuple[str, ...] = ()
    short_codes: tuple[str, ...] = ()
    international_trunks: tuple[str, ...] = ()
    domestic_trunks: tuple[str, ...] = ()
    never_block: tuple[str, ...] = ()
    registered: dict[str, Service] = {}
    source: str = ""
    """The TOML text that it was read from; not a key of the file."""

    @property
    def own_ranges(self) -> list[int]:
        """The digits of `own_prefixes`; what is no prefix is none."""
        form, _ = _FORMS["own_prefixes"]
        return [int(prefix[1:]) for prefix in self.own_prefixes if form.fullmatch(prefix)]


def operator_from_toml(text: str) -> Operator:
    """The operator that a text describes, be it one that stands in a log; raises InvalidSetting."""
    operator = from_toml(text, Operator, "operator file")
    if operator.source:
        raise InvalidSetting("source", None, "no such key; remove it")
    if operator.timezone:
        try:
            ZoneInfo(operator.timezone)
        except (ValueError, KeyError, OSError):
            raise InvalidSetting("timezone", operator.timezone, "a name of the IANA time zone database") from None
    return msgspec.structs.replace(operator, source=text)


def load_operator(path: Path | None) -> Operator:
    """The operator of a file, or the empty one without a file; raises InvalidSetting for what could mean nothing, too."""
    if path is None:
        return Operator()
    operator = operator_from_toml(read_text(path, "operator file"))
    _check(operator)
    return operator


def _check(operator: Operator) -> None:
    """What a file that is handed in must be beyond its types: a slip of the pen would change nothing and say nothing."""
    if operator.country and operator.country not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidSetting("country", operator.country, "a country's two letters in ISO 3166 that has telephone numbers, as TH")
    for key, (form, allowed) in _FORMS.items():
        for index, text in enumerate(getattr(operator, key)):
            if not form.fullmatch(text):
                raise InvalidSetting(f"{key}[{index}]", text, allowed)
    for index, text in enumerate(operator.never_block):
        check_listed(f"never_block[{index}]", text, operator.country)
    for text, service in operator.registered.items():
        check_listed("registered", text, operator.country)
        if is_sender_id(text) and service not in _SEND:
            raise InvalidSetting("registered", text, f"the number that calls; sender ids are for {' and '.join(_SEND)}")
