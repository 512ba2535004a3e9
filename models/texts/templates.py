"""Which template each text of a batch has: a memory of those met of late, so that a campaign's copies cost no model."""

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.models.texts.fold import Points

MOST: Final = 1 << 16
"""Templates remembered; when they are full, the memory begins anew."""


class Met(NamedTuple):
    """By text the place of its template (`[n]`), the texts whose templates are met for the first time, and by text the hash of its
    template, which stays what it is as long as the process.
    """

    places: NDArray[np.int64]
    first: NDArray[np.int64]
    names: NDArray[np.uint64]


class Templates:
    """Places for templates, known by a hash of 128 bits; its seed is drawn anew by each process, so that nobody can aim at it."""

    def __init__(self, most: int = MOST) -> None:
        self._least = most
        self._seed = np.frombuffer(np.random.default_rng().bytes(32), np.uint64) | np.uint64(1)
        self._clear(most)

    def _clear(self, most: int) -> None:
        self.most, self.count = most, 0
        self._hashes = np.zeros((1 << int(np.ceil(np.log2(2 * most))), 2), np.uint64)
        self._rows = np.zeros(len(self._hashes), np.int64)

    def forget(self) -> None:
        """Begin anew."""
        self._clear(self._least)

    def meet(self, points: Points, starts: NDArray[np.int64]) -> Met:
        """The places of templates; those given before hold as long as `count` does not fall back to 0."""
        texts = len(starts) - 1
        if self.count + texts > self.most:
            self._clear(max(self._least, texts))
        met, before = Met(np.empty(texts, np.int64), np.empty(texts, np.int64), np.empty(texts, np.uint64)), self.count
        self.count = _meet(points, starts, self._seed, self._hashes, self._rows, before, *met)
        return met._replace(first=met.first[: self.count - before])


@njit(cache=True)
def _mixed(value: Any, point: Any, odd: Any) -> Any:
    value = (value ^ np.uint64(point)) * odd
    return value ^ (value >> np.uint64(32))


@njit(cache=True)
def _meet(
    points: Points,
    starts: NDArray[np.int64],
    seed: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    rows: NDArray[np.int64],
    count: int,
    places: NDArray[np.int64],
    first: NDArray[np.int64],
    names: NDArray[np.uint64],
) -> int:
    mask, new = np.uint64(len(hashes) - 1), 0
    for row in range(len(starts) - 1):
        one, other = seed[0], seed[1]
        for at in range(starts[row], starts[row + 1]):
            one = _mixed(one, points[at], seed[2])
            other = _mixed(other, points[at], seed[3])
        one |= np.uint64(1)
        slot = (one >> np.uint64(8)) & mask
        while hashes[slot, 0] != 0 and not (hashes[slot, 0] == one and hashes[slot, 1] == other):
            slot = (slot + np.uint64(1)) & mask
        if hashes[slot, 0] == 0:
            hashes[slot, 0], hashes[slot, 1], rows[slot] = one, other, count
            first[new] = row
            count += 1
            new += 1
        places[row], names[row] = rows[slot], one
    return count
