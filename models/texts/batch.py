"""Texts read together, as templates: each is made into features once, whoever asks for them first."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.models.texts.features import Read, Rows, Squeezed, read_templates, rows_of_read, squeezed
from linewatch.models.texts.fingerprint import Fingerprints, fingerprints
from linewatch.models.texts.fold import Points
from linewatch.models.texts.shown import shown

Seed = NDArray[np.uint64]


def drawn() -> Seed:
    """Four odd numbers at random, by which templates are named, so that nobody can aim at a name."""
    return np.frombuffer(np.random.default_rng().bytes(32), np.uint64) | np.uint64(1)


_OF_PROCESS: Final = drawn()


class Made:
    """Some templates of a batch as they were read together, and what is made of them."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.rows: Rows = rows_of_read(read)
        self._prints: Fingerprints | None = None

    def shown(self, asked: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Of the templates that are asked for the code of what speaks against them, see `texts.shown`; 0 of the others."""
        made, which = np.zeros(len(asked), np.uint8), np.flatnonzero(asked)
        made[which] = shown([self._read.links[row] for row in which.tolist()], self.rows.concepts[which])
        return made

    @property
    def prints(self) -> Fingerprints:
        """Their fingerprints, made when they are first asked for."""
        if self._prints is None:
            self._prints = fingerprints(self._read.folded)
        return self._prints


class Batch:
    """The texts, and of each the name of its template: a hash of 128 bits `[n, 2]`, the same by one seed."""

    def __init__(self, texts: Sequence[str], seed: Seed = _OF_PROCESS) -> None:
        self.texts = texts
        self._templates = squeezed(texts)
        self.names = np.empty((len(texts), 2), np.uint64)
        _names(*self._templates, seed, self.names)
        self._made: dict[int, tuple[Made, int]] = {}

    def keys(self, which: Sequence[int] | NDArray[np.int64]) -> list[int]:
        """The first halves of the names of some texts."""
        keys: list[int] = self.names[which, 0].tolist()
        return keys

    def make(self, which: NDArray[np.int64]) -> Made:
        """Some texts, whose templates differ from each other and were not made into anything before."""
        made = Made(read_templates(_taken(self._templates, which)))
        self._made.update((key, (made, row)) for row, key in enumerate(self.keys(which)))
        return made

    def made(self, which: Sequence[int]) -> list[tuple[Made, int]]:
        """By text where its template is among those that were made with it."""
        keys = self.keys(which)
        missing = {key: place for key, place in zip(keys, which, strict=True) if key not in self._made}
        if missing:
            self.make(np.array(list(missing.values()), np.int64))
        return [self._made[key] for key in keys]


def _taken(templates: Squeezed, which: NDArray[np.int64]) -> Squeezed:
    """Some of the templates."""
    if len(which) == len(templates.starts) - 1:
        return templates
    sizes = (templates.starts[1:] - templates.starts[:-1])[which]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    places = np.arange(starts[-1]) + np.repeat(templates.starts[which] - starts[:-1], sizes)
    return Squeezed(templates.points[places], starts)


@njit(cache=True)
def _mixed(value: Any, point: Any, odd: Any) -> Any:
    value = (value ^ np.uint64(point)) * odd
    return value ^ (value >> np.uint64(32))


@njit(cache=True)
def _names(points: Points, starts: NDArray[np.int64], seed: NDArray[np.uint64], names: NDArray[np.uint64]) -> None:
    for row in range(len(starts) - 1):
        one, other = seed[0], seed[1]
        for at in range(starts[row], starts[row + 1]):
            one = _mixed(one, points[at], seed[2])
            other = _mixed(other, points[at], seed[3])
        names[row, 0], names[row, 1] = one | np.uint64(1), other
