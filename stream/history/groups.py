"""Counts, means, medians and modes of many groups at once."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Groups:
    """Rows that belong to one of `count` groups each; every result is `[count]`, NaN for a group with no row."""

    def __init__(self, of: Ints, count: int) -> None:
        self.of = of
        self.sizes = np.bincount(of, minlength=count)
        self._none = self.sizes == 0

    def _told(self, values: NDArray[np.generic]) -> Floats:
        return np.where(self._none, np.nan, values.astype(np.float64))

    def counts(self, which: NDArray[np.bool_] | None = None) -> Floats:
        """How many rows, or how many of some."""
        return self._told(self.sizes if which is None else np.bincount(self.of[which], minlength=len(self.sizes)))

    def mean(self, values: Floats) -> Floats:
        """The mean of each group."""
        return self._told(np.bincount(self.of, values, minlength=len(self.sizes))) / np.maximum(self.sizes, 1)

    def lowest_median_highest(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """All three; the median of an even number is the mean of the middle two."""
        if not len(values):
            nothing = np.full(len(self.sizes), np.nan)
            return nothing, nothing, nothing
        held = values[np.lexsort((values, self.of))].astype(np.float64)
        begins = np.minimum(np.cumsum(self.sizes) - self.sizes, len(held) - 1)
        last = np.maximum(self.sizes - 1, 0)
        middle = (held[begins + last // 2] + held[begins + (last + 1) // 2]) / 2
        return self._told(held[begins]), self._told(middle), self._told(held[begins + last])

    def distinct(self, values: NDArray[np.generic], told: NDArray[np.bool_] | None = None) -> Floats:
        """How many different values, or how many of those told; NaN for a group of which none is told."""
        if told is not None:
            return Groups(self.of[told], len(self.sizes)).distinct(values[told])
        return self._told(np.bincount(self.pairs(values).of, minlength=len(self.sizes)))

    def mode(self, values: Ints) -> tuple[Floats, Floats]:
        """The commonest value, the lowest of those that are as common, and how often it stands."""
        pairs = self.pairs(values)
        order = np.lexsort((pairs.values, -pairs.sizes, pairs.of))
        first = order[np.flatnonzero(np.diff(pairs.of[order], prepend=-1))]
        mode, times = np.full(len(self.sizes), np.nan), np.full(len(self.sizes), np.nan)
        mode[pairs.of[first]], times[pairs.of[first]] = pairs.values[first], pairs.sizes[first]
        return mode, times

    def pairs(self, values: NDArray[np.generic]) -> "Pairs":
        """Each different value of each group."""
        order = np.lexsort((values, self.of))
        held, of = values[order], self.of[order]
        new = np.ones(len(of), np.bool_)
        new[1:] = (of[1:] != of[:-1]) | (held[1:] != held[:-1])
        place = np.empty(len(of), np.int64)
        place[order] = np.cumsum(new) - 1
        return Pairs(of[new], held[new], np.bincount(place, minlength=int(new.sum())), place)


class Pairs:
    """Different values by group: whose, which, in how many rows, and the pair of each row."""

    def __init__(self, of: Ints, values: NDArray[np.generic], sizes: Ints, place: Ints) -> None:
        self.of, self.values, self.sizes, self.place = of, values, sizes, place

    def sums(self, values: Floats) -> Floats:
        """The sum over the rows of each pair."""
        return np.bincount(self.place, values, minlength=len(self.of)).astype(np.float64)
