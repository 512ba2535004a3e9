"""The arrays that the fold reads and writes, and the room in which it works one sighting out."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.profiles.decay import Sums, sums
from linewatch.stream.profiles.row import ACTS, BLOCK_COUNTERS, BLOCK_SIZES, COUNTERS, HALF_LIVES

NEVER: Final = -(1 << 62)
CLOCK, ROWS, BLOCKS, GATED, LATE, REFLESS = range(6)
"""Places in the running numbers: clock in ms, rows, blocks, copies, late ones, whether a leg had no reference."""
BLOCKS_A_ROW: Final = 4


class Settings(NamedTuple):
    """What the fold takes from the policy in force."""

    half_lives_ms: NDArray[np.float64]
    hot_prefixes: NDArray[np.uint64]
    hot_lengths: NDArray[np.int64]
    expire_ms: int
    min_attempts: float
    min_messages: float


class Tables(NamedTuple):
    """The arrays of one partition that the fold reads and writes."""

    rows: Any
    blocks: Any
    slots: NDArray[np.uint64]
    block_slots: NDArray[np.uint64]
    dirty: NDArray[np.uint8]
    block_dirty: NDArray[np.uint8]
    row_bytes: NDArray[np.uint8]  # the rows once more, `[n, size]`
    block_bytes: NDArray[np.uint8]
    running: NDArray[np.int64]
    tally: NDArray[np.int64]


class RecentTables(NamedTuple):
    """The arrays of one `Recent`."""

    slots: NDArray[np.uint32]
    ring: Any
    ends: NDArray[np.int64]


class Scratch(NamedTuple):
    """What one sighting is worked out in."""

    number: Sums
    acts: Sums  # of the number, in the medium half-life
    block: Sums
    weights: NDArray[np.float32]  # of the sighting in each half-life
    found: NDArray[np.int64]  # rows of its blocks, by size


def scratch() -> Scratch:
    """Room for it, to be used again and again."""
    weights, found = np.ones(HALF_LIVES, np.float32), np.full(len(BLOCK_SIZES), -1, np.int64)
    return Scratch(sums(len(COUNTERS)), sums(len(ACTS), 1), sums(len(BLOCK_COUNTERS)), weights, found)
