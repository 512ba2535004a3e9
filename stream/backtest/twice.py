"""A partition that decides by two policies: the second by the very same code, on the rows and model scores of the first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.decision.decide import SUSPICION, Decider
from linewatch.stream.decision.score import NumberScorer, Scorer
from linewatch.stream.order.batch import Batch
from linewatch.stream.profiles.partition import Output, Partition

BINS: Final = 50
EDGES: Final = np.linspace(0.0, 1.0, BINS + 1)
Peak = tuple[NDArray[np.uint64], NDArray[np.float32]]
"""Entities, and the highest score `[n, fraud types]` of each."""


class Remembered:
    """A number model that answers a second policy with what it said to the first about the same rows."""

    def __init__(self, model: NumberScorer) -> None:
        self.model = model
        self.version = model.version
        self.again = False
        self._last: NDArray[np.float64] = np.empty((0, len(FRAUD_TYPES)))

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `NumberScorer` says."""
        if not self.again:
            self._last = self.model.logits(rows)
        return self._last


class Watched(Scorer):
    """Keeps how often which score came, `[fraud types, BINS]`, and what it said last."""

    def __init__(self, policy: Policy, number_model: NumberScorer | None) -> None:
        super().__init__(policy, number_model, None)
        self.histogram = np.zeros((len(FRAUD_TYPES), BINS), np.int64)
        self.last: NDArray[np.float64] = np.empty((0, len(FRAUD_TYPES)))
        self.peaks: list[Peak] = []

    def scores(self, rows: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `Scorer` says."""
        self.last, by_rule = super().scores(rows)
        places = np.minimum((self.last * BINS).astype(np.int64), BINS - 1) + np.arange(len(FRAUD_TYPES)) * BINS
        self.histogram += np.bincount(places.ravel(), minlength=self.histogram.size).reshape(self.histogram.shape)
        return self.last, by_rule

    def note(self, entities: NDArray[np.uint64]) -> None:
        """Remember the last scores of these entities, where one of them is of any weight."""
        worth = self.last.max(axis=1) >= SUSPICION
        if worth.any():
            self.peaks.append(highest(entities[worth], self.last[worth].astype(np.float32)))


def highest(entities: NDArray[np.uint64], scores: NDArray[np.float32]) -> Peak:
    """Each entity once, with the highest of its scores by type."""
    order = np.argsort(entities, kind="stable")
    found, begins = np.unique(entities[order], return_index=True)
    return found, np.maximum.reduceat(scores[order], begins, axis=0)


class Twice(Partition):
    """Decides by the policy in force and, on the same rows, by `second`, whose flags and scores stand in `other`.

    Rows are kept and expire as the first policy has it. With no `second` it only keeps scores.
    """

    def __init__(self, sources: int, number_model: NumberScorer | None, second: Policy | None) -> None:
        self._model = Remembered(number_model) if number_model is not None else None
        super().__init__(0, sources, self._model)
        self._second = second
        self._other_decider = Decider()
        self._other_verdicts: dict[tuple[int, str], int] = {}
        self.other = Output([], [], [], 0, 0, [])

    @property
    def scorers(self) -> tuple[Watched, ...]:
        """The scorers of the first and, where there is one, of the second policy."""
        deciders = (self.decider, self._other_decider)[: 1 if self._second is None else 2]
        return tuple(decider.scorer for decider in deciders)  # type: ignore[misc]  # `_replace` puts no other there

    def _replace(self) -> None:
        super()._replace()
        if not self.ready:
            return
        operator = operator_from_toml(self.controls["operator"][1].decode())
        self.decider.replace(Watched(self.policy, self._model), operator)
        if self._second is not None:
            self._other_decider.replace(Watched(self._second, self._model), operator)

    @contextmanager
    def _as_second(self) -> Iterator[Output]:
        """The second policy is in force, and the number model says what it just said."""
        assert self._second is not None
        first = self.decider, self.policy, self._verdicts
        self.decider, self.policy, self._verdicts = self._other_decider, self._second, self._other_verdicts
        if self._model is not None:
            self._model.again = True
        try:
            yield self.other
        finally:
            self._other_verdicts = self._verdicts
            self.decider, self.policy, self._verdicts = first
            if self._model is not None:
                self._model.again = False

    def _decide(self, batch: Batch, gated: NDArray[np.void], output: Output) -> None:
        super()._decide(batch, gated, output)
        if self._second is not None:
            with self._as_second() as other:
                super()._decide(batch, gated, other)
                other.examples.clear()  # nothing is learned here
        entities = batch.rows["entity"][gated["sighting"]]
        for scorer in self.scorers:
            scorer.note(entities)

    def _has_due(self) -> bool:
        return super()._has_due() or (self._second is not None and self._other_decider.next_due_ms <= self.hold.released_ms)

    def _tick(self, output: Output) -> None:
        super()._tick(output)
        if self._second is not None:
            with self._as_second() as other:
                super()._tick(other)


def peaks_of(scorer: Watched) -> dict[int, NDArray[np.float32]]:
    """By entity the highest score of each type over all records, of those that had one of any weight."""
    if not scorer.peaks:
        return {}
    parts: list[Any] = [np.concatenate(arrays) for arrays in zip(*scorer.peaks, strict=True)]
    entities, scores = highest(parts[0], parts[1])
    return dict(zip(entities.tolist(), scores, strict=True))
