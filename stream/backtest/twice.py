"""A partition that decides by two policies: the second as a shadow does in a worker, on the rows and model scores of the first."""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.snapshot import OnlineModels
from linewatch.stream.backtest.peaks import Peaks
from linewatch.stream.decision.decide import SUSPICION
from linewatch.stream.decision.score import Asked, NumberScorer, OnlineScorer, Scorer
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.order.batch import Batch
from linewatch.stream.order.frame import Control
from linewatch.stream.order.settings import order_settings
from linewatch.stream.profiles.deciding import Deciding
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition

BINS: Final = 50
EDGES: Final = np.linspace(0.0, 1.0, BINS + 1)


class Watched(Scorer):
    """Keeps how often which score came, `[fraud types, BINS]`, and what it said last."""

    def __init__(self, policy: Policy, number_model: NumberScorer | None, online: OnlineScorer | None) -> None:
        super().__init__(policy, number_model, online)
        self.histogram = np.zeros((len(FRAUD_TYPES), BINS), np.int64)
        self.last: NDArray[np.float64] = np.empty((0, len(FRAUD_TYPES)))
        self.peaks = Peaks()

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
            self.peaks.add(entities[worth], self.last[worth].astype(np.float32))

    def follow(self, before: "Watched") -> None:
        """Go on with what another has kept: new models are in force, under the same policy."""
        self.histogram, self.peaks = before.histogram, before.peaks


class Twice(Partition):
    """Decides by `first` and, as its shadow, by `second`, whatever policies its frames bring; keeps scores of both.

    Rows are kept and expire as the first policy has it. With no `second` there is no shadow. The worker's own `report_only`
    holds neither back: what a policy would block is the question.
    """

    def __init__(self, number: int, sources: int, number_model: NumberScorer | None, first: Policy, second: Policy | None) -> None:
        super().__init__(number, sources, number_model)
        self._watched: dict[str, Watched] = {}
        self.hours: set[int] = set()
        self._carried = 0
        given = {"policy": first.source, "shadow": second.source if second is not None else ""}
        for kind, text in given.items():
            self.install(kind, 1, text.encode())
        self._given = dict(self.controls)

    @property
    def scorers(self) -> tuple[Watched, ...]:
        """The scorers of the first and, where there is one, of the second policy."""
        return tuple(deciding.decider.scorer for deciding in self._both())  # type: ignore[misc]  # `_scorer` makes no others

    @property
    def records(self) -> int:
        """How many records were worked off here, those that came twice too; what a state had counted before is not of them."""
        return self._counted() - self._carried

    def _counted(self) -> int:
        return sum(applied + duplicates for applied, duplicates in self.tally.values())

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
        self._carried = self._counted()
        self.controls |= self._given
        self.live, self.shadow = Deciding(), None
        self._replace()

    def _replace(self) -> None:
        if "order" in self.controls:
            version, payload = self.controls["order"]
            uncapped = msgspec.structs.replace(order_settings(payload), report_only=False)
            self.controls["order"] = version, uncapped.payload()
        super()._replace()

    def _chunk(self, batch: Batch, output: Output) -> int:
        done = super()._chunk(batch, output)
        self.hours.update(np.unique(batch.rows["event_ms"][:done] // HOUR_MS).tolist())
        return done

    def _decide(self, batch: Batch, gated: NDArray[np.void], output: Output) -> None:
        super()._decide(batch, gated, output)
        entities = batch.rows["entity"][gated["sighting"]]
        for scorer in self.scorers:
            scorer.note(entities)
