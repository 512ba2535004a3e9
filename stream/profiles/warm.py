"""Fetches into the cache what the next sightings will need.

The fold waits for memory more than it computes: each sighting reads a dozen places all over the tables. Read ahead in a
loop that depends on nothing, the processor has many of these reads under way at once. Nothing is changed here.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.records.columns import mix

AHEAD_OF_FOLD: Final = 48
"""Sightings fetched at a time: some 100 KB, which every second-level cache holds."""
_LINE: Final = 64


@njit(cache=True, inline="always")
def _row_at(keys: NDArray[np.uint64], slots: NDArray[np.int32], key: np.uint64) -> int:
    """The row of a key where it stands at its first place, as most do; else 0."""
    place = mix(key) & np.uint64(len(keys) - 1)
    return slots[place] if keys[place] == key else 0


@njit(cache=True)
def warm(
    sightings: Any,
    begin: int,
    end: int,
    number_keys: NDArray[np.uint64],
    number_slots: NDArray[np.int32],
    rows: NDArray[np.uint8],
    duplicate_slots: NDArray[np.int32],
    leg_slots: NDArray[np.int32],
) -> int:
    """Read what sightings `begin` to `end` need; `rows` are the bytes of the rows `[n, size]`. The result means nothing."""
    total = 0
    for at in range(begin, min(end, len(sightings))):
        row = sightings[at]
        key = mix(row.record + mix(row.entity + np.uint64(row.role) + np.uint64(1)))
        total += duplicate_slots[mix(key) & np.uint64(len(duplicate_slots) - 1)]
        if row.call_ref != np.uint64(0):
            leg = mix(row.call_ref + mix(row.entity + np.uint64(row.role) + np.uint64(11)))
            total += leg_slots[mix(leg) & np.uint64(len(leg_slots) - 1)]
        total += _row_at(number_keys, number_slots, row.entity)
    for at in range(begin, min(end, len(sightings))):
        place = _row_at(number_keys, number_slots, sightings[at].entity)
        for byte in range(0, rows.shape[1], _LINE):
            total += rows[place, byte]
    return total
