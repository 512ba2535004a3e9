"""Records and legs seen in the last ten minutes: a ring of entries in the order of their coming, and an index on it.

Known until the clock is `WINDOW_MS` past an entry's event time, and among the last `CAPACITY` entries (contract).

A slot of the index holds a place in the ring, from 1 on, and above it the low bits of the slot's number at which its key
belongs. They tell how far from there it stands, so that nearly all of a search, and all of closing a gap, is done
without the keys, which stand in the ring, far apart.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.profiles.index import slots_of
from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.records.columns import mix

WINDOW_MS: Final = 600_000
CAPACITY: Final = 1 << 20
_FIRST: Final = 1 << 12

RECORD: Final = np.dtype([("key", "<u8"), ("event_ms", "<i8")])
LEG: Final = np.dtype([("key", "<u8"), ("event_ms", "<i8"), ("lasted_ms", "<i4"), ("leg", "<u2"), ("has_ref", "<u2")])
HEAD, TAIL, PUSHED_OUT = 0, 1, 2
_PLACE_BITS: Final = 21  # of CAPACITY and 1
_PLACE: Final = (1 << _PLACE_BITS) - 1
_HOME: Final = (1 << 32 - _PLACE_BITS) - 1
"""Nothing stands further from home: runs of an index that is seven tenths full have some 250 of a million slots."""


def _size_for(entries: int, size: int) -> int:
    """To what a ring of a size grows so that the entries fit, as far as the cap allows."""
    while size < entries and size < CAPACITY:
        size = min(CAPACITY, size + size // 2)
    return size


class Recent:
    """Entries of one dtype, `RECORD` or `LEG`; the ring grows with what lies within the window, up to `CAPACITY`."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._given = 0  # up to which count entries were taken by `take_changed`
        self.ends = np.zeros(3, np.int64)  # head and tail, ever rising, and how many were pushed out within the window
        self._allocate(_FIRST)

    def _allocate(self, size: int) -> None:
        self.ring = np.zeros(size, self.dtype)  # an entry's place is its count modulo the size
        self.slots = np.zeros(slots_of(size), np.uint32)  # 0 is free

    def make_room(self, entries: int) -> None:
        """Let at least `entries` more come in before the oldest within the window must go, as far as the cap allows."""
        held = int(self.ends[HEAD] - self.ends[TAIL])
        size = _size_for(held + entries, len(self.ring))
        if size > len(self.ring):
            self._hold(self._entries(int(self.ends[TAIL])), self.ends[: TAIL + 1].tolist(), size)

    def _entries(self, begin: int) -> Any:
        """What is held from a count on, oldest first."""
        return self.ring[np.arange(begin, self.ends[HEAD]) % len(self.ring)]

    def take_changed(self, everything: bool) -> tuple[Any, list[int]]:
        """The entries that came since the last call, or all, and the counts of head and tail."""
        tail, head = int(self.ends[TAIL]), int(self.ends[HEAD])
        entries = self._entries(tail if everything else max(tail, min(self._given, head)))
        self._given = head
        return entries, [head, tail]

    def take_in(self, entries: Any, ends: list[int]) -> None:
        """Follow another `Recent` by what its `take_changed` gave: all at first, then what came since."""
        head, tail = ends
        kept = self._entries(max(int(self.ends[TAIL]), tail)) if head - len(entries) > tail else entries[:0]
        self._hold(np.concatenate([kept, entries]), ends, _FIRST)
        self._given = head

    def _hold(self, entries: Any, ends: list[int], size: int) -> None:
        """Hold just these entries, whose counts are those from the tail to the head."""
        size = _size_for(len(entries), size)
        self._allocate(size)
        self.ends[: TAIL + 1] = ends
        places = np.arange(ends[TAIL], ends[HEAD]) % size
        self.ring[places] = entries
        _index(self.slots, self.ring, places)


@compiled
def _index(slots: NDArray[np.uint32], ring: Any, places: NDArray[np.int64]) -> None:
    for place in places:
        _put(slots, ring, ring[place].key, place)


@inlined
def _home_of(slots: NDArray[np.uint32], key: np.uint64) -> int:
    return int(np.int64(mix(key) & np.uint64(len(slots) - 1)))


@inlined
def _slot_of(slots: NDArray[np.uint32], ring: Any, key: np.uint64) -> int:
    """The slot of a key, or the free one where it would stand."""
    mask, home = len(slots) - 1, _home_of(slots, key)
    at = home
    while slots[at] != 0:
        slot = int(np.int64(slots[at]))
        if slot >> _PLACE_BITS == home & _HOME and ring[(slot & _PLACE) - 1].key == key:
            break
        at = (at + 1) & mask
    return at


@inlined
def _find(slots: NDArray[np.uint32], ring: Any, key: np.uint64) -> int:
    """The place in the ring of a key, -1 where it is not."""
    return (int(np.int64(slots[_slot_of(slots, ring, key)])) & _PLACE) - 1


@compiled
def _put(slots: NDArray[np.uint32], ring: Any, key: np.uint64, place: int) -> None:
    """Let a key stand for a place; where it stood for another one, for that no longer.

    One that would stand further from home than a slot can tell is not known: by chance none does, and whoever aims many at one
    home has them counted, each by itself.
    """
    at, home = _slot_of(slots, ring, key), _home_of(slots, key)
    if (at - home) & (len(slots) - 1) <= _HOME:
        slots[at] = (home & _HOME) << _PLACE_BITS | place + 1


@compiled
def _remove(slots: NDArray[np.uint32], ring: Any, place: int) -> None:
    """Take a place out, if its key still stands for it, and close the gap (Knuth, TAOCP 3, 6.4, algorithm R)."""
    mask = len(slots) - 1
    at = _home_of(slots, ring[place].key)
    while np.int64(slots[at]) & _PLACE != place + 1:
        if slots[at] == 0:
            return
        at = (at + 1) & mask
    gap = at
    while True:
        at = (at + 1) & mask
        if slots[at] == 0:
            break
        from_home = (at - (np.int64(slots[at]) >> _PLACE_BITS)) & _HOME
        if from_home >= (at - gap) & mask:
            slots[gap] = slots[at]
            gap = at
    slots[gap] = 0


@compiled
def seen(slots: NDArray[np.uint32], ring: Any, key: np.uint64, clock_ms: int) -> int:
    """The place in the ring of a key that is still known, else -1."""
    place = _find(slots, ring, key)
    if place >= 0 and ring[place].event_ms + WINDOW_MS >= clock_ms:
        return place
    return -1


@compiled
def remember(
    slots: NDArray[np.uint32],
    ring: Any,
    ends: NDArray[np.int64],
    key: np.uint64,
    event_ms: int,
    clock_ms: int,
) -> int:
    """Append an entry and return its place; those past the window leave from the tail, the oldest when the ring is full."""
    size = len(ring)
    for _ in range(2):  # two go for one that comes, so that the ring empties as the clock moves
        if ends[HEAD] == ends[TAIL]:
            break
        oldest = ends[TAIL] % size
        if ring[oldest].event_ms + WINDOW_MS >= clock_ms:
            if ends[HEAD] - ends[TAIL] < size:
                break
            ends[PUSHED_OUT] += 1
        _remove(slots, ring, oldest)
        ends[TAIL] += 1
    place = ends[HEAD] % size
    ring[place].key = key
    ring[place].event_ms = event_ms
    _put(slots, ring, key, place)
    ends[HEAD] += 1
    return place
