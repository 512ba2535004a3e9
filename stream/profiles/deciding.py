"""One policy at work on the gated rows of a partition: its episodes, and how far each source of verdicts has been heard."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.decision.decide import SUSPICION, Decider, Look
from linewatch.stream.decision.score import Scorer
from linewatch.stream.decision.warning import Turn, Types, Warner
from linewatch.stream.learner.daily import Daily
from linewatch.stream.learner.examples import Examples
from linewatch.stream.order import sighting as s
from linewatch.stream.order.batch import Batch
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.tables import NEVER

_RECYCLED: Final = 5


class Gated:
    """Gated rows of a batch on their way to decisions, in columns that are made once for all who decide on them.

    `rows` are their feature rows `[n, features]`.
    """

    def __init__(self, batch: Batch, gated: NDArray[np.void], rows: NDArray[np.float32]) -> None:
        self.rows = rows
        self.places = gated["sighting"]
        self.sightings = batch.rows[self.places]
        self.entities = self.sightings["entity"]
        self.kinds = self.sightings["kind"]
        self.entity: list[int] = self.entities.tolist()
        self.kind: list[int] = self.kinds.tolist()
        self.arrived_ms: list[int] = self.sightings["arrived_ms"].tolist()
        self.seen: list[int] = gated["seen"].tolist()
        self.last_ms: list[int] = gated["last_ms"].tolist()
        self.since_ms: list[int] = (1000 * gated["first_s"].astype(np.int64)).tolist()
        self.campaign: list[int] = np.where(self.kinds == s.SMS, self.sightings["detail"], 0).tolist()
        flags = self.sightings["flags"]
        self.clock_ms: list[int] = np.where(flags & s.AHEAD, NEVER, self.sightings["event_ms"]).tolist()
        self.shown: list[int] = np.where(self.kinds == s.SMS, (flags & s.TEXT_SHOWS) >> s.TEXT_SHIFT, 0).tolist()
        self._odd: list[int] = (flags & s.ODD_FORM).tolist()
        self._batch = batch
        self._named: dict[int, tuple[str, str]] = {}

    def named(self, index: int) -> tuple[str, str]:
        """Of a call or message the number as it is reported, and the record's id."""
        found = self._named.get(index)
        if found is None:
            place = self.places[index]
            number = self._batch.beside(place) if self._odd[index] else f"+{self.entity[index]}"
            found = self._named[index] = number, self._batch.record_id(place)
        return found

    def said(self, index: int) -> tuple[str, str]:
        """Of a verdict who says so, and the record's id."""
        place = self.places[index]
        return self._batch.beside(place), self._batch.record_id(place)


class Deciding:
    """What is kept for one policy. Two of them on the same rows and scores know nothing of each other."""

    policy: Policy

    def __init__(self) -> None:
        self.decider = Decider()
        self._verdicts = Daily()
        self._warner = Warner()
        self._turns: list[Turn] = []

    def replace(self, scorer: Scorer, operator: Operator) -> None:
        """Decide from here on by this scorer's policy and this operator's lists."""
        self.policy = scorer.policy
        self.decider.replace(scorer, operator)

    def enforce(self, at_ms: int, output: Output) -> None:
        """Bring down at once what is no longer allowed."""
        self.decider.enforce(at_ms)
        self._collect(output, 0)

    def tick(self, now_ms: int, output: Output) -> None:
        """Event time has come so far."""
        self.decider.tick(now_ms)
        self._collect(output, 0)

    def decide(self, gated: Gated, scores: NDArray[np.float64], output: Output) -> None:
        """Gated rows in their order, by their scores `[n, fraud types]`."""
        decider, kinds = self.decider, gated.kind
        decider.turned, self._turns = [], []
        worth = (scores.max(axis=1) >= SUSPICION) | (gated.kinds > s.SMS)
        chosen = self._concerned(gated, worth)
        for index, row_scores, worth_it in zip(chosen, scores[chosen].tolist(), worth[chosen].tolist(), strict=True):
            entity = gated.entity[index]
            if not worth_it and not decider.holds(entity):
                continue
            decider.tick(gated.clock_ms[index])
            if kinds[index] <= s.SMS:
                number, record_id = gated.named(index)
                decider.look(
                    Look(
                        entity,
                        number,
                        gated.last_ms[index],
                        record_id,
                        gated.seen[index],
                        gated.rows[index],
                        row_scores,
                        gated.campaign[index],
                        gated.shown[index],
                        gated.since_ms[index],
                    )
                )
            elif kinds[index] == s.VERDICT:
                self._judge(gated.sightings[index], *gated.said(index), output)
            elif gated.sightings["detail"][index] == _RECYCLED:
                decider.recycle(entity, int(gated.sightings["event_ms"][index]))
            if decider.flags:
                self._tell_blocks(entity, int(gated.sightings["record"][index]), output)
                self._collect(output, gated.arrived_ms[index])
            if decider.turned:
                self._note_turns(int(gated.places[index]))

    def warn(self, batch: Batch, before: Mapping[int, Types], output: Output) -> None:
        """Warn those whom flagged numbers reached in a batch that was just decided on; `before` is how they stood ahead of it."""
        turns, self._turns = self._turns, []
        if before or turns:
            output.warnings += self._warner.warnings(batch, before, turns, self.policy.identity)

    def _note_turns(self, place: int) -> None:
        turned, self.decider.turned = self.decider.turned, []
        self._turns += [Turn(place, entity, self.decider.dangerous.get(entity, ())) for entity in turned]

    def _concerned(self, gated: Gated, worth: NDArray[np.bool_]) -> list[int]:
        """The rows that may change anything: worth a look, or of a number that something is held of by then."""
        fresh = set(gated.entities[worth].tolist())
        holds = self.decider.holds
        return [index for index, entity in enumerate(gated.entity) if entity in fresh or holds(entity)]

    def _judge(self, row: Any, said_by: str, record_id: str, output: Output) -> None:
        """A verdict, as far as its source counts: by its weight, up to its cap a day."""
        source = self.policy.verdict_sources.get(said_by)
        if source is None or source.weight <= 0:
            return
        event_ms, legitimate = int(row["event_ms"]), int(row["detail"]) == 0
        if not self._verdicts.take(said_by, event_ms, source.cap_per_day):
            return
        joined = self.decider.judge(int(row["entity"]), int(row["fraud_type"]), legitimate, source.weight, event_ms)
        for one in joined:
            fields = (event_ms, one.row, one.fraud_type, not legitimate, source.weight, said_by, record_id, int(row["record"]))
            output.examples.append(Examples.of_verdict(*fields, one.action, int(row["entity"])))

    def _tell_blocks(self, entity: int, record: int, output: Output) -> None:
        """Let the learner pass on that a number was blocked, to those who know where it acts from."""
        for flag in self.decider.flags:
            if flag.action == "block":
                fraud_type = FRAUD_TYPES.index(flag.fraud_type)
                output.examples.append(Examples.of_block(flag.flagged_ms, fraud_type, flag.flag_id, record, entity))

    def _collect(self, output: Output, arrived_ms: int) -> None:
        if self.decider.flags:
            flags = self.decider.take_flags()
            output.flags.extend(flags)
            output.arrived_ms.extend([arrived_ms] * len(flags))

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {"decider": self.decider.state(), "verdicts": self._verdicts.state(), "warned": self._warner.state()}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.decider.load(state["decider"])
        self._verdicts = Daily(state["verdicts"])
        self._warner.load(state.get("warned", b""))  # nothing from versions that warned nobody

    def copy(self) -> "Deciding":
        """Another that stands where this one does, and has no policy yet."""
        other = Deciding()
        other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(self.state()), strict=False))
        return other
