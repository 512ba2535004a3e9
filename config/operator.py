"""Who the operator is: `operator.toml` of the contract."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from linewatch.config.errors import InvalidSetting
from linewatch.config.known import known
from linewatch.config.reader import from_toml, read_text

Service = Literal["flash_call", "voice_code", "call_centre", "televote", "alarm", "broadcast", "a2p", "conference"]


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


def operator_from_toml(text: str) -> Operator:
    """The operator that a text describes; raises InvalidSetting."""
    operator = from_toml(text, Operator, "operator file")
    if operator.source:
        raise InvalidSetting("source", operator.source, "no such key; remove it")
    if operator.timezone:
        try:
            ZoneInfo(operator.timezone)
        except (ValueError, KeyError, OSError):
            raise InvalidSetting("timezone", operator.timezone, "a name of the IANA time zone database") from None
    return msgspec.structs.replace(operator, source=text)


def load_operator(path: Path | None) -> Operator:
    """The operator of a file, or the empty one without a file."""
    return operator_from_toml(read_text(path, "operator file")) if path else Operator()
