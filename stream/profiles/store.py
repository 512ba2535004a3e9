"""The arrays of one partition: rows and blocks with their indexes, swept of what expired."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.profiles.index import fill, slots_of
from linewatch.stream.profiles.index import find as find_row
from linewatch.stream.profiles.index import put as put_row
from linewatch.stream.profiles.recent import LEG, PUSHED_OUT, RECORD, Recent
from linewatch.stream.profiles.row import BLOCK_ROW, NUMBER_ROW
from linewatch.stream.profiles.tables import BLOCKS, BLOCKS_A_ROW, CLOCK, NEVER, ROWS, RecentTables, Tables

_FIRST_ROWS = 1 << 10
_RESERVED = 1 << 22
SWEEP_MS = HOUR_MS
"""Event time between sweeps for what expired."""


class Table:
    """Rows of one dtype, with an index on `entity`; `count` rows are in use.

    Room for many is reserved at once: memory that is never touched takes none, nothing need move as rows come, and the
    system can give it out in large pages, without which the processor spends its time on finding where a row is.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.count = 0
        self._gone: list[NDArray[np.uint64]] = []
        self._allocate(0)
        self._index(_FIRST_ROWS)

    def _allocate(self, count: int) -> None:
        """Room for so many rows and more, all of it empty; they are to be indexed."""
        size = max(_RESERVED, count + count // 4)
        self.rows = np.zeros(size, self.dtype)
        self.dirty = np.zeros(size, np.uint8)

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The rows once more, as `[n, size]`."""
        return self.rows.view(np.uint8).reshape(len(self.rows), self.dtype.itemsize)

    @property
    def used_bytes(self) -> int:
        """How much memory they take, with what belongs to them."""
        return self.count * (self.dtype.itemsize + 1) + self.slots.nbytes

    def make_room(self, more: int) -> None:
        """Let `more` rows come in; views of `rows` from before are void."""
        needed = self.count + more
        if needed > len(self.rows):
            rows, dirty = self.rows[: self.count], self.dirty[: self.count]
            self._allocate(needed)
            self.rows[: self.count], self.dirty[: self.count] = rows, dirty
            self._index(needed)
        elif slots_of(needed) > len(self.slots):
            self._index(needed)

    def _index(self, count: int) -> None:
        """Index all rows, with slots for so many."""
        self.slots = np.zeros(slots_of(count), np.uint64)
        fill(self.slots, np.ascontiguousarray(self.rows["entity"][: self.count]))

    def keep(self, kept: NDArray[np.bool_]) -> int:
        """Drop the rows that are not `kept` (of length `count`); returns how many went."""
        gone = np.ascontiguousarray(self.rows["entity"][: self.count][~kept])
        if len(gone):
            dirty = self.dirty[: self.count][kept]
            self._gone.append(gone)
            self._hold(self.rows[: self.count][kept])
            self.dirty[: self.count] = dirty
        return len(gone)

    def replace(self, rows: NDArray[np.void]) -> None:
        """Hold just these rows, none of them changed."""
        self._gone = []
        self._hold(rows)

    def _hold(self, rows: NDArray[np.void]) -> None:
        self.count = len(rows)
        self._allocate(self.count)
        self.rows[: self.count] = rows
        self._index(max(_FIRST_ROWS, self.count))

    def update(self, rows: NDArray[np.void], gone: NDArray[np.uint64]) -> None:
        """Drop what went, then take changed rows in, at their entity's place or at the end."""
        if len(gone):
            self.keep(~np.isin(self.rows["entity"][: self.count], gone))
        self.make_room(len(rows))
        self.count = _merge(self.rows, self.slots, rows, self.count)

    def take_changed(self, everything: bool) -> NDArray[np.void]:
        """The rows changed since the last call, or all; copied, so that the state may go on."""
        used = self.rows[: self.count]
        changed = used.copy() if everything else used[self.dirty[: self.count] > 0]
        self.dirty[: self.count] = 0
        return changed

    def take_gone(self, everything: bool) -> NDArray[np.uint64]:
        """The entities of rows dropped since the last call; with `everything` none, for the rows are all there is."""
        gone, self._gone = self._gone, []
        return np.concatenate(gone) if gone and not everything else np.zeros(0, np.uint64)

    def clean(self) -> None:
        """What is held is durable as it is."""
        self.dirty[: self.count] = 0
        self._gone = []


@njit(cache=True)
def _merge(held: NDArray[np.void], slots: NDArray[np.uint64], rows: NDArray[np.void], count: int) -> int:
    for index in range(len(rows)):
        place = find_row(slots, held, rows[index].entity)
        if place < 0:
            place = count
            put_row(slots, rows[index].entity, place)
            count += 1
        held[place] = rows[index]
    return count


class Store:
    """All arrays of one partition."""

    def __init__(self) -> None:
        self.numbers = Table(NUMBER_ROW)
        self.blocks = Table(BLOCK_ROW)
        self.duplicates = Recent(RECORD)
        self.legs = Recent(LEG)
        self.running = np.zeros(8, np.int64)
        self.running[CLOCK] = NEVER
        self.tally = np.zeros((16, 2), np.int64)
        self.swept_ms = NEVER
        self.evicted = 0
        self.gave_way = 0
        """Of those the ones for which the cap had no room, in this worker's hands."""
        self.most = 0

    def count_sources(self, sources: int) -> None:
        """Let so many source partitions be counted apart."""
        if sources > len(self.tally):
            self.tally = np.concatenate([self.tally, np.zeros((sources, 2), np.int64)])

    def tables(self, sightings: int) -> Tables:
        """The arrays, with room for so many sightings."""
        self.numbers.make_room(sightings)
        self.blocks.make_room(3 * sightings)
        self.duplicates.make_room(sightings)
        self.legs.make_room(3 * sightings)
        self.running[ROWS], self.running[BLOCKS] = self.numbers.count, self.blocks.count
        n, b = self.numbers, self.blocks
        return Tables(n.rows, b.rows, n.slots, b.slots, n.dirty, b.dirty, n.bytes, b.bytes, self.running, self.tally)

    def folded(self) -> None:
        """Take over what the fold counted."""
        self.numbers.count, self.blocks.count = int(self.running[ROWS]), int(self.running[BLOCKS])

    @staticmethod
    def recent(recent: Recent) -> RecentTables:
        """The arrays of a `Recent`."""
        return RecentTables(recent.slots, recent.ring, recent.ends)

    @property
    def pushed_out(self) -> int:
        """How many records and legs are forgotten though the clock is not past them, in this worker's hands."""
        return int(self.duplicates.ends[PUSHED_OUT] + self.legs.ends[PUSHED_OUT])

    def limit(self, most_rows: int) -> int:
        """At how many rows the next sweep is due: the cap, or more where a sweep could not get under it."""
        return max(most_rows, self.most)

    def due_ms(self) -> int:
        """By which clock the next sweep is due."""
        if self.swept_ms == NEVER and self.running[CLOCK] > NEVER:
            self.swept_ms = int(self.running[CLOCK])
        return self.swept_ms + SWEEP_MS if self.swept_ms > NEVER else -NEVER

    def sweep(self, expire_ms: int, most: int, suspected: NDArray[np.uint64], standing: NDArray[np.uint64]) -> None:
        """Drop rows idle for longer than they live and, over the cap, the longest idle; never one with a flag.

        Over the cap, those under suspicion stay as long as others can go.
        """
        clock_ms = int(self.running[CLOCK])
        self.swept_ms = clock_ms
        before = self.numbers.count
        rows = self.numbers.rows[:before]
        kept = clock_ms - rows["last_ms"] <= expire_ms
        kept |= np.isin(rows["entity"], standing)
        self.numbers.keep(kept)
        for spared in (suspected, standing):
            if self.numbers.count > most:
                self.gave_way += self._evict(self.numbers, most, clock_ms, spared)
        self.evicted += before - self.numbers.count
        self.most = self.numbers.count + most // 10 if self.numbers.count > most * 0.95 else 0
        self._sweep_blocks(expire_ms, most, clock_ms)

    def _sweep_blocks(self, expire_ms: int, most: int, clock_ms: int) -> None:
        blocks = self.blocks.rows[: self.blocks.count]
        self.blocks.keep(clock_ms - blocks["last_ms"] <= expire_ms)
        if self.blocks.count > BLOCKS_A_ROW * most:
            self._evict(self.blocks, BLOCKS_A_ROW * most, clock_ms, np.zeros(0, np.uint64))

    @staticmethod
    def _evict(table: Table, most: int, clock_ms: int, spared: NDArray[np.uint64]) -> int:
        """Let the longest idle go, down to nine tenths of the cap, but for those that are spared; returns how many went."""
        rows = table.rows[: table.count]
        idle_ms = clock_ms - rows["last_ms"]
        kept = np.isin(rows["entity"], spared)
        order = np.lexsort((rows["entity"], idle_ms))
        free = order[~kept[order]]
        kept[free[: max(0, round(most * 0.9) - int(kept.sum()))]] = True
        return table.keep(kept)
