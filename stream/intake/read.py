"""Decoded records of one kind to columns, and which of them can be true."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FARTHEST_MS: Final = 1 << 53
"""Times beyond are impossible; whole milliseconds up to it stay exact in every arithmetic on the way."""
_LONGEST_S: Final = 1e12  # far beyond what a call can last, and no overflow in milliseconds

Texts = Sequence[str | None]


class Read(NamedTuple):
    """What all kinds say: who (`others` empty where the kind names one party), when, and whether that can be.

    `fields` are the other columns of the kind: `CallFields`, `SmsFields`, `SubscriberFields` or `VerdictFields`.
    """

    ids: Sequence[str]
    first: Sequence[str]
    others: Sequence[str]
    event_ms: NDArray[np.int64]  # of a call its end; 0 where it cannot be
    possible: NDArray[np.bool_]
    fields: Any


class CallFields(NamedTuple):
    """Of calls; what is missing is NaN, None or empty."""

    start_ms: NDArray[np.int64]
    duration_s: NDArray[np.float64]
    ring_s: NDArray[np.float64]
    cause: NDArray[np.float64]
    leg: Sequence[str | None]
    call_ref: Texts
    imei: Texts
    cell: Texts
    plmn: Texts
    redirecting: Texts
    trunk_in: Texts
    attestation: Texts


class SmsFields(NamedTuple):
    """Of messages."""

    text: Texts
    imei: Texts
    cell: Texts
    plmn: Texts


class SubscriberFields(NamedTuple):
    """Of subscriber events."""

    event: Sequence[str]
    target: Texts


class VerdictFields(NamedTuple):
    """Of verdicts."""

    verdict: Sequence[str]
    source: Sequence[str]
    fraud_type: Texts


_CALL = attrgetter(
    *("record_id", "calling", "called", "start_ms", "duration_s", "ring_s", "cause"),
    *("leg", "call_ref", "imei", "cell", "plmn", "redirecting", "trunk_in", "attestation"),
)
_SMS = attrgetter("record_id", "sender", "recipient", "submit_ms", "text", "imei", "cell", "plmn")
_SUBSCRIBER = attrgetter("record_id", "number", "at_ms", "event", "target")
_VERDICT = attrgetter("record_id", "number", "at_ms", "verdict", "source", "fraud_type")


def read(kind: str, records: Sequence[Any]) -> Read:
    """The columns of records of one kind, of which there is one at least."""
    return _READERS[kind](records)


def _calls(records: Sequence[Any]) -> Read:
    ids, calling, called, start, duration, ring, cause, *texts = zip(*map(_CALL, records), strict=True)
    start_ms, possible = _times(start)
    duration_s, ring_s = np.array(duration, np.float64), np.array(ring, np.float64)
    possible &= (duration_s >= 0) & ~(ring_s < 0)
    lasted_s = duration_s + np.where(np.isnan(ring_s), 0.0, ring_s)
    event_ms = start_ms + np.rint(np.clip(lasted_s, -_LONGEST_S, _LONGEST_S) * 1000).astype(np.int64)
    fields = CallFields(start_ms, duration_s, ring_s, np.array(cause, np.float64), *texts)
    return Read(ids, calling, called, event_ms, possible, fields)


def _messages(records: Sequence[Any]) -> Read:
    ids, sender, recipient, times, *texts = zip(*map(_SMS, records), strict=True)
    return Read(ids, sender, recipient, *_times(times), SmsFields(*texts))


def _subscribers(records: Sequence[Any]) -> Read:
    ids, number, times, event, target = zip(*map(_SUBSCRIBER, records), strict=True)
    return Read(ids, number, (), *_times(times), SubscriberFields(event, target))


def _verdicts(records: Sequence[Any]) -> Read:
    ids, number, times, *said = zip(*map(_VERDICT, records), strict=True)
    return Read(ids, number, (), *_times(times), VerdictFields(*said))


def _times(times: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Milliseconds as integers, 0 for those beyond `FARTHEST_MS`, and which are not."""
    exact = np.array(times, np.float64)
    possible = np.abs(exact) <= FARTHEST_MS
    return np.where(possible, exact, 0.0).astype(np.int64), possible


_READERS: dict[str, Callable[[Sequence[Any]], Read]] = {
    "call": _calls,
    "sms": _messages,
    "subscriber": _subscribers,
    "verdict": _verdicts,
}
