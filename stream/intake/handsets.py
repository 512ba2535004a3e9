"""Handsets that many numbers are served in: the modems of a rack of SIMs. A person's handset sees a SIM or two in its life.

A handset is remembered with a sketch of the numbers that it served today and the day before. Where two handsets meet at one
place of the memory, the one with several numbers stays. Identities (IMEI) that cheap handsets share by the hundred count for
nothing: a rack's modem has tens of SIMs a day.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.event_time import DAY_MS
from linewatch.stream.records.columns import bits_set, mix

FEWEST, MOST = 4, 40
"""Bits of a sketch of 64 from which on, and up to which, a handset is shared; 40 bits are some 63 numbers."""
_PLACES_BITS: Final = 19
_HANDSET: Final = np.dtype([("handset", "<u8"), ("today", "<u8"), ("before", "<u8"), ("day", "<i8")])
"""`today` and `before` have a bit for each number, of the day of event time `day` and of the one before it."""


class Handsets:
    """What was seen of late, 16 MB; a function of the records in their order."""

    def __init__(self) -> None:
        self._held = np.zeros(1 << _PLACES_BITS, _HANDSET)

    def state(self) -> bytes:
        """All of it."""
        return self._held.tobytes()

    def load(self, state: bytes) -> None:
        """The inverse of `state`; raises ValueError for one of another size."""
        self._held[:] = np.frombuffer(state, _HANDSET)

    def shared(self, handsets: NDArray[np.uint64], numbers: NDArray[np.uint64], event_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Remember who was served in what (0 for nobody, or nothing), and say by record whether that handset is shared."""
        found = np.zeros(len(handsets), np.bool_)
        _shared(handsets, numbers, event_ms, self._held, found)
        return found


@njit(cache=True)
def _shared(
    handsets: NDArray[np.uint64],
    numbers: NDArray[np.uint64],
    event_ms: NDArray[np.int64],
    held: Any,
    found: NDArray[np.bool_],
) -> None:
    for index in range(len(handsets)):
        handset, number, day = handsets[index], numbers[index], event_ms[index] // DAY_MS
        if handset == 0 or number == 0:
            continue
        place = held[handset >> np.uint64(64 - _PLACES_BITS)]
        if place.handset != handset:
            if place.day + 1 >= day and bits_set(place.today | place.before) > 1:
                continue
            place.handset, place.today, place.before, place.day = handset, 0, 0, day
        if day > place.day:
            place.before = place.today if day == place.day + 1 else np.uint64(0)
            place.today, place.day = np.uint64(0), day
        place.today |= np.uint64(1) << (mix(number) & np.uint64(63))
        found[index] = FEWEST <= bits_set(place.today | place.before) <= MOST
