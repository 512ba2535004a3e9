"""Legs of calls: several switches write of one call, and it counts once for each of its parties."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.profiles.keys import pair_key, reference_key, side_key
from linewatch.stream.profiles.recent import remember, seen
from linewatch.stream.profiles.tables import REFLESS, RecentTables

LEGS_APART_MS: Final = 3000
_LONGEST_MS: Final = (1 << 31) - 1


@inlined
def _remember(row: Any, legs: RecentTables, key: np.uint64, clock_ms: int) -> None:
    entry = legs.ring[remember(legs.slots, legs.ring, legs.ends, key, row.event_ms, clock_ms)]
    entry.lasted_ms = max(min(row.event_ms - row.start_ms, _LONGEST_MS), -_LONGEST_MS)  # under 0 where it counts before its time
    entry.has_ref = row.call_ref != np.uint64(0)
    entry.leg = row.leg


@compiled
def call_is_known(row: Any, legs: RecentTables, clock_ms: int, running: NDArray[np.int64]) -> bool:
    """Whether another leg of this call was applied to this number; remembers this one either way.

    Each number sees to it for itself: of a forwarded call the legs name two called parties, and it counts for both.
    """
    side = side_key(row)
    known = False
    if row.call_ref != np.uint64(0):
        key = reference_key(row, side)
        known = seen(legs.slots, legs.ring, key, clock_ms) >= 0
        _remember(row, legs, key, clock_ms)
    if row.leg == 0:
        return known
    if row.call_ref == np.uint64(0):
        running[REFLESS] = 1
    for redirected in range(2):
        pair = row.pair_redirected if redirected else row.pair
        if pair == np.uint64(0):
            continue
        if not known and running[REFLESS]:
            for near in range(-1, 2):
                place = seen(legs.slots, legs.ring, pair_key(pair, side, row.start_ms, near), clock_ms)
                if place < 0:
                    continue
                other = legs.ring[place]
                refs_allow = other.has_ref == 0 or row.call_ref == np.uint64(0)
                if refs_allow and other.leg != row.leg and abs(other.event_ms - other.lasted_ms - row.start_ms) <= LEGS_APART_MS:
                    known = True
                    break
        _remember(row, legs, pair_key(pair, side, row.start_ms, 0), clock_ms)
    return known
