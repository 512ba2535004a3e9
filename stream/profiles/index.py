"""An open-addressing index from entity to row, that compiled code can read; linear probing, half full at most."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.records.columns import mix


@njit(cache=True, inline="always")
def find(keys: NDArray[np.uint64], slots: NDArray[np.int32], key: np.uint64) -> int:
    """The row of a key, -1 where it has none. Key 0 is not allowed."""
    mask = np.uint64(len(keys) - 1)
    place = mix(key) & mask
    while keys[place] != np.uint64(0):
        if keys[place] == key:
            return slots[place]
        place = (place + np.uint64(1)) & mask
    return -1


@njit(cache=True)
def put(keys: NDArray[np.uint64], slots: NDArray[np.int32], key: np.uint64, row: int) -> None:
    """Set the row of a key, new or not; the caller keeps the table at most half full."""
    mask = np.uint64(len(keys) - 1)
    place = mix(key) & mask
    while keys[place] != np.uint64(0) and keys[place] != key:
        place = (place + np.uint64(1)) & mask
    keys[place] = key
    slots[place] = row


@njit(cache=True)
def fill(keys: NDArray[np.uint64], slots: NDArray[np.int32], entities: NDArray[np.uint64]) -> None:
    """Put `entities[i]` at row i; rows whose entity is 0 are free and left out."""
    for row in range(len(entities)):
        if entities[row] != np.uint64(0):
            put(keys, slots, entities[row], row)
