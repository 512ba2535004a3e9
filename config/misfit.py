"""Where in a document a value stands that its struct refuses, and what is allowed there.

msgspec tells the place as a path in which `[...]` stands for any key of a mapping.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import reduce
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import inspect

Keys = Sequence[str | int]
_TOLD: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_NAMED: Final = re.compile(r"object (?P<how>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL | re.IGNORECASE)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SECRET: Final = re.compile(r"pass|pwd|secret|token|credential|key$", re.IGNORECASE)
_TELEPHONE: Final = re.compile(r"\+?[0-9]{7,15}")
_ANY_KEY: Final = "..."


class Misfit(NamedTuple):
    """The dotted key, the value where it may be shown, else None, and what is allowed."""

    key: str
    value: Any
    allowed: str


def misfit_of(document: dict[str, Any], struct: type, error: msgspec.ValidationError) -> Misfit:
    """What an error of converting the document into the struct speaks of."""
    told = _TOLD.fullmatch(str(error))
    assert told is not None, "the pattern takes any text"
    steps = [int(place) if place.isdigit() else name or place for name, place in _STEP.findall(told["path"] or "")]
    keys = _followed(document, struct, str(error), steps)
    kind = reduce(_within, keys, inspect.type_info(struct))
    if named := _NAMED.fullmatch(told["what"]):
        key = _dotted(document, [*keys, named["name"]])
        unknown = named["how"].lower() == "contains unknown"
        return Misfit(key, None, _unknown(named["name"], kind) if unknown else f"it is missing; give {named['name']} a value")
    value = reduce(_entry, keys, document)
    if isinstance(kind, inspect.LiteralType):
        return Misfit(_dotted(document, keys), _shown(value), f"one of {', '.join(map(str, kind.values))}")
    what = told["what"]
    return Misfit(_dotted(document, keys) or "the document", _shown(value), what[:1].lower() + what[1:])


def _followed(document: dict[str, Any], struct: type, words: str, steps: Keys) -> list[str | int]:
    """The keys of a path, those of mappings too: that of the first entry which alone is refused in the same words."""
    keys: list[str | int] = []
    for step in steps:
        if step != _ANY_KEY:
            keys.append(step)
            continue
        entries = reduce(_entry, keys, document)
        alone = ((key, _only(document, keys, key)) for key in (entries if isinstance(entries, dict) else ()))
        refused = next(((key, one) for key, one in alone if _words(one, struct) == words), None)
        if refused is None:
            break
        keys.append(refused[0])
        document = refused[1]
    return keys


def _words(document: dict[str, Any], struct: type) -> str:
    try:
        msgspec.convert(document, struct, strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _only(part: Any, keys: Keys, key: str) -> Any:
    """A copy whose mapping at `keys` has one entry."""
    if not keys:
        return {key: part[key]}
    copy = part.copy()
    copy[keys[0]] = _only(part[keys[0]], keys[1:], key)
    return copy


def _entry(part: Any, key: str | int) -> Any:
    try:
        return part[key]
    except (KeyError, IndexError, TypeError):
        return None


def _within(kind: Any, key: str | int) -> Any:
    """The type of an entry of a type."""
    match kind:
        case inspect.StructType():
            return next((field.type for field in kind.fields if field.encode_name == key), None)
        case inspect.DictType():
            return kind.value_type
        case inspect.VarTupleType():
            return kind.item_type
        case inspect.UnionType():
            return next((found for inner in kind.types if (found := _within(inner, key)) is not None), None)
    return None


def _dotted(document: dict[str, Any], keys: Keys) -> str:
    """As TOML has it; an entry that is called by a telephone number by its place among the others."""
    made, part = "", document
    for key in keys:
        if isinstance(key, int):
            made += f"[{key}]"
        elif _TELEPHONE.fullmatch(key):
            made += f"[{list(part).index(key)}]"
        else:
            made += f".{key if _BARE.fullmatch(key) else repr(key)}"
        part = _entry(part, key)
    return made.removeprefix(".")


def _shown(value: Any) -> Any:
    """The value, None for tables, lists of texts and telephone numbers."""
    if isinstance(value, str):
        return None if _TELEPHONE.fullmatch(value) else value
    if isinstance(value, list):
        return value if all(isinstance(item, (int, float)) for item in value) else None
    return None if isinstance(value, dict) else value


def _unknown(key: str, kind: Any) -> str:
    known = [field.encode_name for field in kind.fields] if isinstance(kind, inspect.StructType) else []
    if _SECRET.search(key) and (places := [name for name in known if name.endswith(("_env", "_file"))]):
        own = [name for name in places if name.startswith(f"{key}_")]
        return f"no such key; no secret stands in this file, {' or '.join(own or places)} names where it does"
    near = get_close_matches(key, known, 1)
    return f"no such key; did you mean {near[0]}?" if near else "no such key; remove it or mend its name"
