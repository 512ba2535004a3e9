"""The arrays of one partition: rows and blocks with their indexes, grown by doubling, swept of what expired."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.profiles.fold import BLOCKS, CLOCK, NEVER, ROWS, RecentTables, Tables
from linewatch.stream.profiles.index import fill
from linewatch.stream.profiles.index import find as find_row
from linewatch.stream.profiles.index import put as put_row
from linewatch.stream.profiles.recent import Recent
from linewatch.stream.profiles.row import BLOCK_ROW, NUMBER_ROW

_FIRST_ROWS = 1 << 10
MOST_SOURCES = 1 << 12


class Table:
    """Rows of one dtype, with an index on `entity`; `count` rows are in use."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.count = 0
        self._allocate(_FIRST_ROWS)

    def _allocate(self, size: int) -> None:
        self.rows = np.zeros(size, self.dtype)
        self.dirty = np.zeros(size, np.uint8)
        self.keys = np.zeros(size * 2, np.uint64)
        self.slots = np.zeros(size * 2, np.int32)

    def make_room(self, more: int) -> None:
        """Let `more` rows come in without growing; a growth copies in place of a realloc, amortised by half."""
        needed = self.count + more
        if needed <= len(self.rows):
            return
        size = len(self.rows)
        while size < needed:
            size += size // 2
        rows, dirty = np.zeros(size, self.dtype), np.zeros(size, np.uint8)
        rows[: self.count], dirty[: self.count] = self.rows[: self.count], self.dirty[: self.count]
        self.rows, self.dirty = rows, dirty
        if len(self.keys) < size * 2:
            self._index(size)

    def _index(self, size: int) -> None:
        slots = 1 << (size * 2 - 1).bit_length()
        self.keys, self.slots = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
        fill(self.keys, self.slots, np.ascontiguousarray(self.rows["entity"][: self.count]))

    def keep(self, kept: NDArray[np.bool_]) -> int:
        """Drop the rows that are not `kept` (of length `count`); returns how many went."""
        gone = int((~kept).sum())
        if gone:
            rows = self.rows[: self.count][kept]
            self.replace(rows)
        return gone

    def replace(self, rows: NDArray[np.void]) -> None:
        """Hold just these rows, all of them changed."""
        self.count = len(rows)
        self._allocate(max(_FIRST_ROWS, self.count + self.count // 4))
        self.rows[: self.count] = rows
        self.dirty[: self.count] = 1
        self._index(len(self.rows))

    def update(self, rows: NDArray[np.void]) -> None:
        """Take changed rows in, at their entity's place or at the end."""
        self.make_room(len(rows))
        self.count = _merge(self.rows, self.keys, self.slots, rows, self.count)

    def take_changed(self, everything: bool) -> NDArray[np.void]:
        """A copy of the rows changed since the last call, or of all."""
        used = self.rows[: self.count]
        changed = used.copy() if everything else used[self.dirty[: self.count] > 0]
        self.dirty[:] = 0
        return changed


@njit(cache=True)  # type: ignore[misc]
def _merge(held: NDArray[np.void], keys: NDArray[np.uint64], slots: NDArray[np.int32], rows: NDArray[np.void], count: int) -> int:
    for index in range(len(rows)):
        place = find_row(keys, slots, rows[index].entity)
        if place < 0:
            place = count
            put_row(keys, slots, rows[index].entity, place)
            count += 1
        held[place] = rows[index]
    return count


class Store:
    """All arrays of one partition."""

    def __init__(self) -> None:
        self.numbers = Table(NUMBER_ROW)
        self.blocks = Table(BLOCK_ROW)
        self.duplicates = Recent()
        self.legs = Recent()
        self.running = np.zeros(8, np.int64)
        self.running[CLOCK] = NEVER
        self.tally = np.zeros((MOST_SOURCES, 2), np.int64)
        self.swept_ms = NEVER
        self.evicted = 0

    def tables(self, sightings: int) -> Tables:
        """The arrays, with room for so many sightings."""
        self.numbers.make_room(sightings)
        self.blocks.make_room(3 * sightings)
        self.duplicates.make_room(sightings)
        self.legs.make_room(3 * sightings)
        self.running[ROWS], self.running[BLOCKS] = self.numbers.count, self.blocks.count
        n, b = self.numbers, self.blocks
        return Tables(n.rows, b.rows, n.keys, n.slots, b.keys, b.slots, n.dirty, b.dirty, self.running, self.tally)

    def folded(self) -> None:
        """Take over what the fold counted."""
        self.numbers.count, self.blocks.count = int(self.running[ROWS]), int(self.running[BLOCKS])

    @staticmethod
    def recent(recent: Recent) -> RecentTables:
        """The arrays of a `Recent`."""
        return RecentTables(recent.keys, recent.slots, recent.ring, recent.ends)

    def sweep(self, expire_ms: int, most_rows: int, standing: Callable[[int], bool]) -> int:
        """Drop rows idle for longer than they live and, over the cap, the longest idle; never one with a flag.

        Runs once an event-time hour for the expired, at once for the cap. Returns how many rows went.
        """
        clock_ms = int(self.running[CLOCK])
        over = self.numbers.count > most_rows
        if not over and clock_ms - self.swept_ms < 3_600_000:
            return 0
        self.swept_ms = clock_ms
        rows = self.numbers.rows[: self.numbers.count]
        idle_ms = clock_ms - rows["last_ms"]
        kept = idle_ms <= expire_ms
        if over:
            limit = np.partition(idle_ms, int(most_rows * 0.9))[int(most_rows * 0.9)]
            kept &= idle_ms <= limit
        for index in np.flatnonzero(~kept):
            kept[index] = standing(int(rows["entity"][index]))
        gone = self.numbers.keep(kept)
        blocks = self.blocks.rows[: self.blocks.count]
        self.blocks.keep(clock_ms - blocks["last_ms"] <= expire_ms)
        self.evicted += gone
        return gone
