"""A partition that decides by two policies: the second as a shadow does in a worker, on the rows and model scores of the first."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.snapshot import OnlineModels
from linewatch.stream.decision.decide import SUSPICION
from linewatch.stream.decision.score import Asked, NumberScorer, OnlineScorer, Scorer
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.order.batch import Batch
from linewatch.stream.order.frame import Control
from linewatch.stream.profiles.deciding import Deciding
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition

BINS: Final = 50
EDGES: Final = np.linspace(0.0, 1.0, BINS + 1)
Peak = tuple[NDArray[np.uint64], NDArray[np.float32]]
"""Entities, and the highest score `[n, fraud types]` of each."""


class Watched(Scorer):
    """Keeps how often which score came, `[fraud types, BINS]`, and what it said last."""

    def __init__(self, policy: Policy, number_model: NumberScorer | None, online: OnlineScorer | None) -> None:
        super().__init__(policy, number_model, online)
        self.histogram = np.zeros((len(FRAUD_TYPES), BINS), np.int64)
        self.last: NDArray[np.float64] = np.empty((0, len(FRAUD_TYPES)))
        self.peaks: list[Peak] = []

    def scores(self, asked: Asked) -> NDArray[np.float64]:
        """As `Scorer` says."""
        self.last = super().scores(asked)
        places = np.minimum((self.last * BINS).astype(np.int64), BINS - 1) + np.arange(len(FRAUD_TYPES)) * BINS
        self.histogram += np.bincount(places.ravel(), minlength=self.histogram.size).reshape(self.histogram.shape)
        return self.last

    def note(self, entities: NDArray[np.uint64]) -> None:
        """Remember the last scores of these entities, where one of them is of any weight."""
        worth = self.last.max(axis=1) >= SUSPICION
        if worth.any():
            self.peaks.append(highest(entities[worth], self.last[worth].astype(np.float32)))

    def follow(self, before: "Watched") -> None:
        """Go on with what another has kept: new models are in force, under the same policy."""
        self.histogram, self.peaks = before.histogram, before.peaks


def highest(entities: NDArray[np.uint64], scores: NDArray[np.float32]) -> Peak:
    """Each entity once, with the highest of its scores by type."""
    order = np.argsort(entities, kind="stable")
    found, begins = np.unique(entities[order], return_index=True)
    return found, np.maximum.reduceat(scores[order], begins, axis=0)


class Twice(Partition):
    """Decides by `first` and, as its shadow, by `second`, whatever policies its frames bring; keeps scores of both.

    Rows are kept and expire as the first policy has it. With no `second` there is no shadow.
    """

    def __init__(self, number: int, sources: int, number_model: NumberScorer | None, first: Policy, second: Policy | None) -> None:
        super().__init__(number, sources, number_model)
        self._watched: dict[str, Watched] = {}
        self.hours: set[int] = set()
        given = {"policy": first.source, "shadow": second.source if second is not None else ""}
        for kind, text in given.items():
            self.install(kind, 1, text.encode())
        self._given = dict(self.controls)

    @property
    def scorers(self) -> tuple[Watched, ...]:
        """The scorers of the first and, where there is one, of the second policy."""
        return tuple(deciding.decider.scorer for deciding in self._both())  # type: ignore[misc]  # `_scorer` makes no others

    def _scorer(self, kind: str, policy: Policy, online: OnlineModels | None) -> Scorer:
        scorer = Watched(policy, self.number_model, online)
        before = self._watched.get(kind)
        if before is not None:
            scorer.follow(before)
        self._watched[kind] = scorer
        return scorer

    def _control(self, control: Control, output: Output) -> None:
        if control.kind not in getattr(self, "_given", ()):
            super()._control(control, output)

    def restore(self, chunks: Iterable[bytes]) -> None:
        """The rows of a state that the log brings. What its own policies had flagged stands of no policy that is tried here."""
        super().restore(chunks)
        self.controls |= self._given
        self.live, self.shadow = Deciding(), None
        self._replace()

    def _chunk(self, batch: Batch, output: Output) -> int:
        done = super()._chunk(batch, output)
        self.hours.update(np.unique(batch.rows["event_ms"][:done] // HOUR_MS).tolist())
        return done

    def _decide(self, batch: Batch, gated: NDArray[np.void], output: Output) -> None:
        super()._decide(batch, gated, output)
        entities = batch.rows["entity"][gated["sighting"]]
        for scorer in self.scorers:
            scorer.note(entities)


def peaks_of(scorers: Iterable[Watched]) -> dict[int, NDArray[np.float32]]:
    """By entity the highest score of each type over all records, of those that had one of any weight."""
    peaks = [peak for scorer in scorers for peak in scorer.peaks]
    if not peaks:
        return {}
    parts: list[Any] = [np.concatenate(arrays) for arrays in zip(*peaks, strict=True)]
    entities, scores = highest(parts[0], parts[1])
    return dict(zip(entities.tolist(), scores, strict=True))
