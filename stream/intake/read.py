"""Raw records of one kind to columns, which of them are broken, and which of the rest can be true."""

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from linewatch.stream.records.columns import NO_SPANS, Spans, joined_spans, spans
from linewatch.stream.records.decode import decode_batch

FARTHEST_MS: Final = 1 << 53
"""Times beyond are impossible; whole milliseconds up to it stay exact in every arithmetic on the way."""
_LONGEST_S: Final = 1e12  # far beyond what a call can last, and no overflow in milliseconds
AT_ONCE: Final = 500
"""Records that are decoded at once: their strings are laid out in columns while caches still hold them. Of 3,000 at once a
call cost 2.1 us up to there, of 500 1.4."""

Texts = Sequence[str | None]


class Read(NamedTuple):
    """What all kinds say: who (`others` empty where the kind names one party), when, and whether that can be.

    `fields` are the other columns of the kind: `CallFields`, `SmsFields`, `SubscriberFields` or `VerdictFields`.
    """

    ids: Spans
    first: Spans
    others: Spans
    event_ms: NDArray[np.int64]  # of a call its end; 0 where it cannot be
    possible: NDArray[np.bool_]
    fields: Any


class CallFields(NamedTuple):
    """Of calls; what is missing is NaN, None or empty. What has few values stays as strings, the rest is laid out."""

    start_ms: NDArray[np.int64]
    duration_s: NDArray[np.float64]
    ring_s: NDArray[np.float64]
    cause: NDArray[np.float64]
    call_ref: Spans
    imei: Spans
    cell: Spans
    leg: Sequence[str | None]
    plmn: Texts
    redirecting: Texts
    trunk_in: Texts
    attestation: Texts


class SmsFields(NamedTuple):
    """Of messages; the sender once more, as a string, for those who weigh texts."""

    imei: Spans
    cell: Spans
    text: Texts
    plmn: Texts
    sender: Sequence[str]


class SubscriberFields(NamedTuple):
    """Of subscriber events."""

    target: Spans
    event: Sequence[str]


class VerdictFields(NamedTuple):
    """Of verdicts."""

    source: Spans
    verdict: Sequence[str]
    fraud_type: Texts


def read(kind: str, values: Sequence[bytes | None]) -> tuple[Read | None, NDArray[np.int64], dict[int, str]]:
    """Columns of the values that can be read, None where none can; their places; by place the reason of each that cannot."""
    parts: list[Read] = []
    broken: dict[int, str] = {}
    for begin in range(0, len(values), AT_ONCE):
        records, wrong = decode_batch(kind, values[begin : begin + AT_ONCE])
        if wrong:
            records = [record for record in records if record is not None]
            broken.update((begin + index, reason) for index, reason in wrong.items())
        if records:
            parts.append(_READERS[kind](records))
    kept = np.arange(len(values))
    if broken:
        kept = np.delete(kept, list(broken))
    return (_joined(parts) if parts else None), kept, broken


def taken(columns: Read, which: NDArray[np.int64]) -> Read:
    """The columns of some of the records."""
    return _each(lambda column: _some(column[0], which), [columns])


def _joined(parts: Sequence[Read]) -> Read:
    return parts[0] if len(parts) == 1 else _each(_one_after_the_other, parts)


def _each(make: Callable[[Sequence[Any]], Any], parts: Sequence[Read]) -> Read:
    """Every column made of the same column of all parts."""
    fields = type(parts[0].fields)
    made = fields(*map(make, zip(*(part.fields for part in parts), strict=True)))
    return Read._make([*map(make, zip(*(part[:-1] for part in parts), strict=True)), made])


def _one_after_the_other(columns: Sequence[Any]) -> Any:
    if isinstance(columns[0], Spans):
        return joined_spans(columns)
    return np.concatenate(columns) if isinstance(columns[0], np.ndarray) else list(chain.from_iterable(columns))


def _some(column: Any, which: NDArray[np.int64]) -> Any:
    if isinstance(column, Spans):
        return Spans(column.buffer, column.begins[which], column.ends[which]) if len(column.begins) else column
    return column[which] if isinstance(column, np.ndarray) else [column[place] for place in which.tolist()]


def _columns(records: Sequence[Any]) -> dict[str, Any]:
    """By name the values of each field; all fields of a record at once cost half of what some of them cost one by one."""
    return dict(zip(records[0].__struct_fields__, zip(*map(astuple, records), strict=True), strict=True))


def _calls(records: Sequence[Any]) -> Read:
    of = _columns(records)
    start_ms, possible = _times(of["start_ms"])
    duration_s, ring_s = np.array(of["duration_s"], np.float64), np.array(of["ring_s"], np.float64)
    possible &= (duration_s >= 0) & ~(ring_s < 0)
    lasted_s = duration_s + np.where(np.isnan(ring_s), 0.0, ring_s)
    event_ms = start_ms + np.rint(np.clip(lasted_s, -_LONGEST_S, _LONGEST_S) * 1000).astype(np.int64)
    numbers = start_ms, duration_s, ring_s, _floats(of["cause"])
    laid_out = spans(of["call_ref"]), spans(of["imei"]), spans(of["cell"])
    fields = CallFields(*numbers, *laid_out, of["leg"], of["plmn"], of["redirecting"], of["trunk_in"], of["attestation"])
    return Read(spans(of["record_id"]), spans(of["calling"]), spans(of["called"]), event_ms, possible, fields)


def _messages(records: Sequence[Any]) -> Read:
    of = _columns(records)
    fields = SmsFields(spans(of["imei"]), spans(of["cell"]), of["text"], of["plmn"], of["sender"])
    return Read(spans(of["record_id"]), spans(of["sender"]), spans(of["recipient"]), *_times(of["submit_ms"]), fields)


def _subscribers(records: Sequence[Any]) -> Read:
    of = _columns(records)
    fields = SubscriberFields(spans(of["target"]), of["event"])
    return Read(spans(of["record_id"]), spans(of["number"]), NO_SPANS, *_times(of["at_ms"]), fields)


def _verdicts(records: Sequence[Any]) -> Read:
    of = _columns(records)
    fields = VerdictFields(spans(of["source"]), of["verdict"], of["fraud_type"])
    return Read(spans(of["record_id"]), spans(of["number"]), NO_SPANS, *_times(of["at_ms"]), fields)


def _floats(numbers: Sequence[float | None]) -> NDArray[np.float64]:
    """Integers too, NaN for None; those that no floating point number can hold are infinite."""
    try:
        return np.array(numbers, np.float64)
    except OverflowError:
        return np.array([_float(number) for number in numbers], np.float64)


def _float(number: float | None) -> float:
    try:
        return math.nan if number is None else float(number)
    except OverflowError:
        return math.inf if number is not None and number > 0 else -math.inf


def _times(times: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Milliseconds as integers, 0 for those beyond `FARTHEST_MS`, and which are not."""
    exact = _floats(times)
    possible = np.abs(exact) <= FARTHEST_MS
    return np.where(possible, exact, 0.0).astype(np.int64), possible


_READERS: dict[str, Callable[[Sequence[Any]], Read]] = {
    "call": _calls,
    "sms": _messages,
    "subscriber": _subscribers,
    "verdict": _verdicts,
}
