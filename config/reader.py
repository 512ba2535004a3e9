"""TOML into frozen structs; an error names the key, the value and the range allowed."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from linewatch.config.errors import InvalidSetting, UnusableInput

T = TypeVar("T")
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$")


def read_text(path: Path, what: str) -> str:
    """The text of a file, or one line that says what is missing."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UnusableInput(f"the {what} {path} cannot be read: {reason}; check the path") from None


def from_toml(text: str, struct: type[T], what: str) -> T:
    """A struct from TOML text; the struct forbids unknown fields and states ranges in its types."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusableInput(f"the {what} is no TOML: {error}") from None
    return from_document(document, struct)


def from_document(document: dict[str, Any], struct: type[T]) -> T:
    """A struct from a parsed document, strictly; integers are taken for floats."""
    try:
        return msgspec.convert(document, struct, strict=True)
    except msgspec.ValidationError as error:
        match = _PLACE.match(str(error))
        what, path = (match["what"], match["path"] or "") if match else (str(error), "")
        unknown = re.search(r"unknown field `([^`]+)`", what)
        key = ".".join(filter(None, (path, unknown[1] if unknown else "")))
        raise InvalidSetting(key or "the document", _value_at(document, key), _allowed(what, unknown)) from None


def _allowed(what: str, unknown: re.Match[str] | None) -> str:
    return "no such key; remove it or mend its name" if unknown else what[:1].lower() + what[1:]


def _value_at(document: Any, path: str) -> Any:
    for part in filter(None, re.split(r"[.\[\]]+", path)):
        try:
            document = document[int(part)] if isinstance(document, list) else document[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return document
