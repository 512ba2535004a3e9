"""Raw bytes to records, a batch at a time: one JSON array for the good case, one by one when something is broken."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from linewatch.stream.records.dead_letters import MAX_BYTES
from linewatch.stream.records.kinds import STRUCTS, Record

_ARRAYS = {kind: msgspec.json.Decoder(list[struct]) for kind, struct in STRUCTS.items()}  # type: ignore[valid-type]  # a type that is a value
_SINGLES: dict[str, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(struct) for kind, struct in STRUCTS.items()}


class _Kind(msgspec.Struct, gc=False):
    kind: str


_KIND = msgspec.json.Decoder(_Kind)
_OPENS, _CLOSES = b"{}"
_ANY = msgspec.json.Decoder()


def decode_batch(kind: str, values: Sequence[bytes | None]) -> tuple[list[Any], dict[int, str]]:
    """Decode values of one kind, strictly.

    Returns the records, None at the place of each that is broken, and the reason of each broken place. The value of
    a record is never trusted to be a single JSON document: joined values are counted against the array's length, and
    a value that would only parse together with its neighbours is caught by its first and last byte.
    """
    joined = _joined(values)
    if joined is not None:
        try:
            records = _ARRAYS[kind].decode(joined)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            records = []
        if len(records) == len(values):
            return records, {}
    return _one_by_one(kind, values)


def _joined(values: Sequence[bytes | None]) -> bytes | None:
    """All as one JSON array, if each could be an object of a size that is allowed."""
    try:
        sizes = np.fromiter(map(len, values), np.int64, len(values))  # type: ignore[arg-type]  # that is found out here
    except TypeError:
        return None
    if not len(sizes) or sizes.min() < 2 or sizes.max() > MAX_BYTES:
        return None
    joined = b"[" + b",".join(values) + b"]"  # type: ignore[arg-type]  # none of them is None
    characters = np.frombuffer(joined, np.uint8)
    ends = np.cumsum(sizes + 1)
    braces = (characters[ends - sizes] == _OPENS) & (characters[ends - 1] == _CLOSES)
    return joined if braces.all() else None


def _one_by_one(kind: str, values: Sequence[bytes | None]) -> tuple[list[Any], dict[int, str]]:
    records: list[Record | None] = []
    broken: dict[int, str] = {}
    for index, value in enumerate(values):
        record, reason = decode_one(kind, value)
        records.append(record)
        if reason:
            broken[index] = reason
    return records, broken


def decode_one(kind: str, value: bytes | None) -> tuple[Any, str]:
    """One record or None, and the reason for None, `""` where there is a record."""
    if value is None:
        return None, "tombstone"
    if len(value) > MAX_BYTES:
        return None, "oversized"
    try:
        return _SINGLES[kind].decode(value), ""
    except msgspec.ValidationError:
        return None, _why_invalid(kind, value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, "unreadable"


def _why_invalid(kind: str, value: bytes) -> str:
    try:
        document = _ANY.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "unreadable"
    other = document.get("kind", kind) if isinstance(document, dict) else kind
    return "kind" if isinstance(other, str) and other != kind else "wrong_type"


def kind_of(value: bytes) -> str | None:
    """The kind that a line of a file names, None where it names none that is known."""
    try:
        kind = _KIND.decode(value).kind
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return kind if kind in STRUCTS else None
