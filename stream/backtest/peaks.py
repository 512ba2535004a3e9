"""The highest score of each type that a number ever had: kept in as much room as there are numbers, however long the log is."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

AT_ONCE: Final = 8192
"""So many rows may stand beside those that are merged."""
Peak = tuple[NDArray[np.uint64], NDArray[np.float32]]
"""Entities, and the highest score `[n, fraud types]` of each."""


class Peaks:
    """Takes scores chunk after chunk; what stands of a number more than once is merged when it has doubled."""

    def __init__(self) -> None:
        self.parts: list[Peak] = []
        self._most = AT_ONCE

    @property
    def rows(self) -> int:
        """How many rows stand, of a number more than one."""
        return sum(len(entities) for entities, _ in self.parts)

    def add(self, entities: NDArray[np.uint64], scores: NDArray[np.float32]) -> None:
        """Scores `[n, fraud types]` of entities, of which one may come often."""
        self.parts.append(highest(entities, scores))
        if self.rows > self._most:
            self.parts = [_merged(self.parts)]
            self._most = 2 * self.rows + AT_ONCE


def highest(entities: NDArray[np.uint64], scores: NDArray[np.float32]) -> Peak:
    """Each entity once, with the highest of its scores by type."""
    order = np.argsort(entities, kind="stable")
    found, begins = np.unique(entities[order], return_index=True)
    return found, np.maximum.reduceat(scores[order], begins, axis=0)


def peaks_of(every: Iterable[Peaks]) -> dict[int, NDArray[np.float32]]:
    """By entity the highest score of each type in all of them."""
    parts = [part for peaks in every for part in peaks.parts]
    if not parts:
        return {}
    entities, scores = _merged(parts)
    return dict(zip(entities.tolist(), scores, strict=True))


def _merged(parts: Sequence[Peak]) -> Peak:
    whole: list[Any] = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    return highest(whole[0], whole[1])
