"""Raw bytes to records, a batch at a time: one JSON array for the good case, one by one when something is broken."""

from collections.abc import Sequence
from typing import Any

import msgspec

from linewatch.stream.records.dead_letters import MAX_BYTES
from linewatch.stream.records.kinds import STRUCTS, Record

_ARRAYS = {kind: msgspec.json.Decoder(list[struct]) for kind, struct in STRUCTS.items()}  # type: ignore[valid-type]
_SINGLES: dict[str, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(struct) for kind, struct in STRUCTS.items()}


class _Kind(msgspec.Struct, gc=False):
    kind: str


_KIND = msgspec.json.Decoder(_Kind)
_ANY = msgspec.json.Decoder()


def decode_batch(kind: str, values: Sequence[bytes | None]) -> tuple[list[Any], dict[int, str]]:
    """Decode values of one kind, strictly.

    Returns the records, None at the place of each that is broken, and the reason of each broken place. The value of
    a record is never trusted to be a single JSON document: joined values are counted against the array's length, and
    a value that would only parse together with its neighbours is caught by its first and last byte.
    """
    if _plausible(values):
        try:
            records = _ARRAYS[kind].decode(b"[" + b",".join(values) + b"]")  # type: ignore[arg-type]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            records = []
        if len(records) == len(values):
            return records, {}
    return _one_by_one(kind, values)


def _plausible(values: Sequence[bytes | None]) -> bool:
    """Whether each could be one JSON object of a size that is allowed."""
    if None in values or not values:
        return False
    known: Sequence[bytes] = values  # type: ignore[assignment]
    if max(map(len, known)) > MAX_BYTES:
        return False
    return {value[:1] for value in known} == {b"{"} and {value[-1:] for value in known} == {b"}"}


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
