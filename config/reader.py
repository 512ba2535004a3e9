"""TOML into frozen structs; an error names the key, the value and the range allowed."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from linewatch.config.errors import InvalidSetting, UnusableInput
from linewatch.config.misfit import misfit_of

T = TypeVar("T")


def read_text(path: Path, what: str) -> str:
    """The text of a file, without the mark that some editors begin UTF-8 with, or one line that says how to mend it."""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableInput(f"the {what} {path} cannot be read: it is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise UnusableInput(f"the {what} {path} cannot be read: {error.strerror}; check the path") from None


def from_toml(text: str, struct: type[T], what: str) -> T:
    """A struct from TOML text; the struct forbids unknown fields and states ranges in its types."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        how = "mend it there: a line is `key = value`, a text stands in quotes, a list in [ ]"
        raise UnusableInput(f"the {what} is no TOML: {' '.join(str(error).split())}; {how}") from None
    return from_document(document, struct)


def from_document(document: dict[str, Any], struct: type[T]) -> T:
    """A struct from a parsed document, strictly; integers are taken for floats."""
    try:
        return msgspec.convert(document, struct, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidSetting(*misfit_of(document, struct, error)) from None
