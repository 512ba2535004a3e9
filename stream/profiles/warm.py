"""Fetches into the cache what the next sightings will need.

The fold waits for memory more than it computes: each sighting reads a dozen places all over the tables. Read ahead in a
loop that depends on nothing, the processor has many of these reads under way at once. Nothing is changed here.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.index import likely
from linewatch.stream.profiles.keys import block_of, pair_key, record_key, reference_key, side_key
from linewatch.stream.profiles.recent import HEAD, TAIL
from linewatch.stream.profiles.row import BLOCK_SIZES
from linewatch.stream.records.columns import mix

AHEAD_OF_FOLD: Final = 48
"""Sightings fetched at a time: some 100 KB, which every second-level cache holds."""
_LINE: Final = 64
_SIZES: Final = len(BLOCK_SIZES)


@njit(cache=True)
def warm(
    sightings: Any,
    begin: int,
    end: int,
    tables: Any,
    duplicates: Any,
    legs: Any,
) -> int:
    """Read what sightings `begin` to `end` need of `fold.Tables` and both `fold.RecentTables`. The result means nothing."""
    total = _leaving(duplicates, end - begin) + _leaving(legs, 2 * (end - begin))
    for at in range(begin, end):
        row = sightings[at]
        total += _slot(duplicates.slots, record_key(row))
        if row.kind == s.CALL:
            side = side_key(row)
            if row.call_ref != np.uint64(0):
                total += _slot(legs.slots, reference_key(row, side))
            if row.leg != 0:
                total += _slot(legs.slots, pair_key(row.pair, side, row.start_ms, 0))
        total += likely(tables.slots, row.entity)
        if _acts(row):
            for size in range(_SIZES):
                total += likely(tables.block_slots, block_of(row.entity, size))
    for at in range(begin, end):
        row = sightings[at]
        total += _read(tables.row_bytes, likely(tables.slots, row.entity))
        if _acts(row):
            for size in range(_SIZES):
                total += _read(tables.block_bytes, likely(tables.block_slots, block_of(row.entity, size)))
    return total


@njit(cache=True, inline="always")
def _slot(slots: NDArray[np.int32], key: np.uint64) -> int:
    return slots[mix(key) & np.uint64(len(slots) - 1)]


@njit(cache=True)
def _leaving(recent: Any, entries: int) -> int:
    """Where the index has the entries that are the next to leave."""
    total, size = 0, len(recent.ring)
    for count in range(recent.ends[TAIL], min(recent.ends[TAIL] + entries, recent.ends[HEAD])):
        total += _slot(recent.slots, recent.ring[count % size].key)
    return total


@njit(cache=True, inline="always")
def _acts(row: Any) -> bool:
    """Whether blocks count the sighting."""
    return row.kind <= s.SMS and row.role == s.CALLER and row.flags & s.ENTITY_NUMBER != 0


@njit(cache=True, inline="always")
def _read(rows: NDArray[np.uint8], place: int) -> int:
    """A byte of each line of a row, the last line of it too."""
    total = 0
    for byte in range(0, rows.shape[1], _LINE):
        total += rows[place, byte]
    return total + rows[place, rows.shape[1] - 1]
