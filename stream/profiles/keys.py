"""The keys under which a sighting finds what is held: its duplicates, the other legs of its call, the blocks of its number.

Whoever folds a sighting and whoever reads ahead for it must agree on them.
"""

from typing import Any

import numpy as np

from linewatch.stream.profiles.kernel import inlined
from linewatch.stream.records.columns import mix

_BUCKET_MS = 4000


@inlined
def record_key(row: Any) -> np.uint64:
    """Of one record as one number saw it in one role."""
    return mix(row.record + mix(row.entity + np.uint64(row.role) + np.uint64(1)))


@inlined
def side_key(row: Any) -> np.uint64:
    """Of a number in a role, as part of the keys of legs."""
    return mix(row.entity + np.uint64(row.role) + np.uint64(11))


@inlined
def reference_key(row: Any, side: np.uint64) -> np.uint64:
    """Of a call by its reference."""
    return mix(row.call_ref + side)


@inlined
def pair_key(pair: np.uint64, side: np.uint64, start_ms: int, near: int) -> np.uint64:
    """Of a call by its two parties and its duration, in the bucket of its start or `near` buckets after it."""
    return mix(pair + side + mix(np.uint64(start_ms // _BUCKET_MS + near)))


@inlined
def block_of(number: np.uint64, size_index: int) -> np.uint64:
    """The entity of the block of `BLOCK_SIZES[size_index]` numbers that a number lies in: kinds 2, 3 and 4."""
    size = np.uint64(10)
    for _ in range(size_index):
        size *= np.uint64(10)
    return (number // size) | (np.uint64(2 + size_index) << np.uint64(56))
