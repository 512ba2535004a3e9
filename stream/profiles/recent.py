"""Records and legs seen in the last ten minutes: a ring of entries in the order of their coming, and an index on it.

Known until the clock is `WINDOW_MS` past an entry's event time, and among the last `CAPACITY` entries (contract).
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.profiles.index import find, put, remove

WINDOW_MS: Final = 600_000
CAPACITY: Final = 1 << 20
_FIRST: Final = 1 << 12

ENTRY: Final = np.dtype([("key", "<u8"), ("event_ms", "<i8"), ("start_ms", "<i8"), ("ref", "<u8"), ("leg", "<i8")])
HEAD, TAIL = 0, 1


class Recent:
    """The ring grows with what lies within the window, up to `CAPACITY`."""

    def __init__(self) -> None:
        self._allocate(_FIRST)

    def _allocate(self, size: int) -> None:
        self.ring = np.zeros(size, ENTRY)
        self.keys = np.zeros(size * 2, np.uint64)
        self.slots = np.zeros(size * 2, np.int32)
        self.ends = np.zeros(2, np.int64)  # head and tail, ever rising; an entry's place is its count modulo the size

    def make_room(self, entries: int) -> None:
        """Let at least `entries` more come in before the oldest within the window must go, as far as the cap allows."""
        held = int(self.ends[HEAD] - self.ends[TAIL])
        size = len(self.ring)
        while size < held + entries and size < CAPACITY:
            size *= 2
        if size > len(self.ring):
            self.load(self.entries(), size)

    def entries(self) -> Any:
        """What is held, oldest first."""
        return self.ring[np.arange(self.ends[TAIL], self.ends[HEAD]) % len(self.ring)]

    def load(self, entries: Any, size: int = _FIRST) -> None:
        """Hold just these entries."""
        while size < len(entries):
            size *= 2
        self._allocate(size)
        self.ring[: len(entries)] = entries
        self.ends[HEAD] = len(entries)
        _index(self.keys, self.slots, self.ring, len(entries))


@njit(cache=True)
def _index(keys: NDArray[np.uint64], slots: NDArray[np.int32], ring: Any, count: int) -> None:
    for place in range(count):
        put(keys, slots, ring[place].key, place)


@njit(cache=True)
def seen(keys: NDArray[np.uint64], slots: NDArray[np.int32], ring: Any, key: np.uint64, clock_ms: int) -> int:
    """The place in the ring of a key that is still known, else -1."""
    place = find(keys, slots, key)
    if place >= 0 and ring[place].event_ms + WINDOW_MS >= clock_ms:
        return place
    return -1


@njit(cache=True)
def remember(
    keys: NDArray[np.uint64],
    slots: NDArray[np.int32],
    ring: Any,
    ends: NDArray[np.int64],
    key: np.uint64,
    event_ms: int,
    start_ms: int,
    ref: np.uint64,
    leg: int,
    clock_ms: int,
) -> None:
    """Append an entry; entries past the window leave from the tail, and the oldest one when the ring is full."""
    size = len(ring)
    for _ in range(2):  # two go for one that comes, so that the ring empties as the clock moves
        if ends[HEAD] == ends[TAIL]:
            break
        oldest = ends[TAIL] % size
        if ends[HEAD] - ends[TAIL] < size and ring[oldest].event_ms + WINDOW_MS >= clock_ms:
            break
        if find(keys, slots, ring[oldest].key) == oldest:
            remove(keys, slots, ring[oldest].key)
        ends[TAIL] += 1
    place = ends[HEAD] % size
    ring[place].key = key
    ring[place].event_ms = event_ms
    ring[place].start_ms = start_ms
    ring[place].ref = ref
    ring[place].leg = leg
    put(keys, slots, key, place)
    ends[HEAD] += 1
