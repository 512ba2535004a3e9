"""The clock of a source: the latest event time among its records, not to be carried away by one wrong record."""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.order.sighting import LATE_MS

JUMP_MS: Final = 600_000
"""A record more than this ahead moves no clock until a second one, of another number, is as far (contract)."""
START_MS: Final = -(1 << 62)
_MOST_FAR: Final = 64


class Seen(NamedTuple):
    """Of records which are late by the clock as it stood at them, and when memories take each to be.

    That is its event time, but never beyond that clock, or before there is one beyond the furthest of other sources.
    """

    late: NDArray[np.bool_]
    met_ms: NDArray[np.int64]


class SourceClock:
    """Event-time clock of one source partition; `now_ms` is the least integer before the first record."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self._numbers = np.zeros(_MOST_FAR, np.uint64)  # those of which a record was far ahead, 0 for a free place
        self._times = np.zeros(_MOST_FAR, np.int64)

    def advance(self, event_ms: NDArray[np.int64], numbers: NDArray[np.uint64], others_ms: int) -> Seen:
        """Take records in, in their order, with the number first named in each; `others_ms` is the furthest clock of all
        sources known here.
        """
        seen = Seen(np.zeros(len(event_ms), np.bool_), np.empty(len(event_ms), np.int64))
        if not len(event_ms):
            return seen
        reference = max(self.now_ms, others_ms)
        if reference == START_MS:
            reference = int(np.median(event_ms))
        self.now_ms = _advance(event_ms, numbers, self.now_ms, reference, self._numbers, self._times, seen)
        return seen


@njit(cache=True)
def _advance(
    event_ms: NDArray[np.int64],
    numbers: NDArray[np.uint64],
    now_ms: int,
    reference_ms: int,
    far_numbers: NDArray[np.uint64],
    far_times: NDArray[np.int64],
    seen: Seen,
) -> int:
    for index in range(len(event_ms)):
        time = event_ms[index]
        if time <= max(now_ms, reference_ms) + JUMP_MS:
            now_ms = max(now_ms, time)
        else:
            now_ms = max(now_ms, _confirmed(time, numbers[index], now_ms, far_numbers, far_times))
        seen.late[index] = now_ms - time > LATE_MS
        seen.met_ms[index] = min(time, now_ms if now_ms > START_MS else reference_ms)
    return now_ms


@njit(cache=True)
def _confirmed(time: int, number: np.uint64, now_ms: int, far_numbers: NDArray[np.uint64], far_times: NDArray[np.int64]) -> int:
    """Note a record far ahead; returns how far two numbers agree, `now_ms` where none do."""
    place = 0
    for at in range(_MOST_FAR):
        if far_numbers[at] == number:
            place = at
            break
        if far_numbers[at] == 0 or (far_numbers[place] != 0 and far_times[at] < far_times[place]):
            place = at
    if far_numbers[place] == number:
        far_times[place] = max(far_times[place], time)
    else:
        far_numbers[place] = number
        far_times[place] = time
    first = START_MS
    second = START_MS
    for at in range(_MOST_FAR):
        if far_numbers[at] != 0:
            if far_times[at] > first:
                second = first
                first = far_times[at]
            elif far_times[at] > second:
                second = far_times[at]
    if second <= now_ms:
        return now_ms
    for at in range(_MOST_FAR):
        if far_times[at] <= second + JUMP_MS:
            far_numbers[at] = 0
    return second
