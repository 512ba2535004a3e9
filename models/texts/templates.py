"""Which template each text of a batch has: a memory of those met of late, so that a campaign's copies cost no model."""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST: Final = 1 << 16
"""Templates remembered; when they are full, the memory begins anew."""


class Met(NamedTuple):
    """By text the place of its template (`[n]`), and the texts whose templates are met for the first time."""

    places: NDArray[np.int64]
    first: NDArray[np.int64]


class Templates:
    """Places for templates, known by their names (`Batch.names`)."""

    def __init__(self, most: int = MOST) -> None:
        self._least = most
        self._clear(most)

    def _clear(self, most: int) -> None:
        self.most, self.count = most, 0
        self._names = np.zeros((1 << int(np.ceil(np.log2(2 * most))), 2), np.uint64)
        self._rows = np.zeros(len(self._names), np.int64)

    def forget(self) -> None:
        """Begin anew."""
        self._clear(self._least)

    def meet(self, names: NDArray[np.uint64]) -> Met:
        """The places of templates, by name `[n, 2]`; those given before hold as long as `count` does not fall back to 0."""
        if self.count + len(names) > self.most:
            self._clear(max(self._least, len(names)))
        met, before = Met(np.empty(len(names), np.int64), np.empty(len(names), np.int64)), self.count
        self.count = _meet(names, self._names, self._rows, before, *met)
        return met._replace(first=met.first[: self.count - before])


@njit(cache=True)
def _meet(
    asked: NDArray[np.uint64],
    names: NDArray[np.uint64],
    rows: NDArray[np.int64],
    count: int,
    places: NDArray[np.int64],
    first: NDArray[np.int64],
) -> int:
    """No name's first half is 0, which is that of an empty slot."""
    mask, new = np.uint64(len(names) - 1), 0
    for row in range(len(asked)):
        one, other = asked[row]
        slot = (one >> np.uint64(8)) & mask
        while names[slot, 0] != 0 and not (names[slot, 0] == one and names[slot, 1] == other):
            slot = (slot + np.uint64(1)) & mask
        if names[slot, 0] == 0:
            names[slot, 0], names[slot, 1], rows[slot] = one, other, count
            first[new] = row
            count += 1
            new += 1
        places[row] = rows[slot]
    return count
