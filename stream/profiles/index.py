"""An open-addressing index from entity to row, that compiled code can read; linear probing, seven tenths full at most.

A slot holds half of the entity's hash beside the row, so that one read finds the row, or that there is none: keys
stand in the rows themselves, which are read anyway.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.records.columns import mix


def slots_of(entries: int) -> int:
    """How many slots an index of so many entries has: a power of two, seven tenths full at most."""
    return 1 << (entries * 10 // 7).bit_length()


@inlined
def _row_in(slot: np.uint64) -> int:
    return int(slot & np.uint64(0xFFFFFFFF)) - 1


@inlined
def find(slots: NDArray[np.uint64], rows: Any, key: np.uint64) -> int:
    """The row whose `entity` is the key, -1 where none is."""
    mask = np.uint64(len(slots) - 1)
    spread = mix(key)
    place = spread & mask
    while slots[place] != np.uint64(0):
        slot = slots[place]
        if (slot ^ spread) >> np.uint64(32) == np.uint64(0) and rows[_row_in(slot)].entity == key:
            return _row_in(slot)
        place = (place + np.uint64(1)) & mask
    return -1


@inlined
def likely(slots: NDArray[np.uint64], key: np.uint64) -> int:
    """The row of a key where it stands at its first place, as most do; else 0. Reads no row."""
    spread = mix(key)
    slot = slots[spread & np.uint64(len(slots) - 1)]
    return _row_in(slot) if slot != np.uint64(0) and (slot ^ spread) >> np.uint64(32) == np.uint64(0) else 0


@compiled
def put(slots: NDArray[np.uint64], key: np.uint64, row: int) -> None:
    """Give a key that is not there yet its row; the caller keeps the table no fuller than `slots_of` allows."""
    mask = np.uint64(len(slots) - 1)
    spread = mix(key)
    place = spread & mask
    while slots[place] != np.uint64(0):
        place = (place + np.uint64(1)) & mask
    slots[place] = (spread & np.uint64(0xFFFFFFFF00000000)) | np.uint64(row + 1)


@compiled
def fill(slots: NDArray[np.uint64], entities: NDArray[np.uint64]) -> None:
    """Put `entities[i]` at row i; rows whose entity is 0 are free and left out."""
    for row in range(len(entities)):
        if entities[row] != np.uint64(0):
            put(slots, entities[row], row)
