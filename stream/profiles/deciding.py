"""One policy at work on the gated rows of a partition: its episodes, and how far each source of verdicts has been heard."""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.config.policy import Policy
from linewatch.stream.decision.decide import SUSPICION, Decider, Look
from linewatch.stream.decision.score import Scorer
from linewatch.stream.learner.examples import Examples
from linewatch.stream.order import sighting as s
from linewatch.stream.order.batch import Batch
from linewatch.stream.profiles.output import Output

DAY_MS: Final = 86_400_000
_RECYCLED: Final = 5


class Deciding:
    """What is kept for one policy. Two of them on the same rows and scores know nothing of each other."""

    policy: Policy

    def __init__(self) -> None:
        self.decider = Decider()
        self._verdicts: dict[tuple[int, str], int] = {}

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

    def decide(
        self,
        batch: Batch,
        places: NDArray[np.int64],
        gated: NDArray[np.void],
        rows: NDArray[np.float32],
        scores: NDArray[np.float64],
        output: Output,
    ) -> None:
        """Gated rows in their order; `places` are those of their sightings in the batch."""
        sightings = batch.rows[places]
        worth = (scores.max(axis=1) >= SUSPICION) | (sightings["kind"] > s.SMS)
        chosen = self._concerned(sightings["entity"], worth)
        seen, last_ms = gated["row"]["seen"][chosen].tolist(), gated["row"]["last_ms"][chosen].tolist()
        some = sightings[chosen]
        columns = (some[name].tolist() for name in ("entity", "kind", "flags", "arrived_ms"))
        for turn, (entity, kind, flags, arrived_ms) in enumerate(zip(*columns, strict=True)):
            index = chosen[turn]
            if not worth[index] and not self.decider.holds(entity):
                continue
            place = places[index]
            if kind <= s.SMS:
                number = batch.beside(place) if flags & s.ODD_FORM else f"+{entity}"
                look = Look(entity, number, last_ms[turn], batch.record_id(place), seen[turn], rows[index], scores[index])
                self.decider.look(look)
            elif kind == s.VERDICT:
                self._judge(some[turn], batch.beside(place), batch.record_id(place), output)
            elif some["detail"][turn] == _RECYCLED:
                self.decider.recycle(entity, int(some["event_ms"][turn]))
            self._collect(output, arrived_ms)

    def _concerned(self, entities: NDArray[np.uint64], worth: NDArray[np.bool_]) -> list[int]:
        """The rows that may change anything: worth a look, or of a number that something is held of by then."""
        fresh = set(entities[worth].tolist())
        holds = self.decider.holds
        return [index for index, entity in enumerate(entities.tolist()) if entity in fresh or holds(entity)]

    def _judge(self, row: Any, said_by: str, record_id: str, output: Output) -> None:
        """A verdict, as far as its source counts: by its weight, up to its cap a day."""
        source = self.policy.verdict_sources.get(said_by)
        if source is None or source.weight <= 0:
            return
        event_ms, legitimate = int(row["event_ms"]), int(row["detail"]) == 0
        day = event_ms // DAY_MS
        said = self._verdicts.get((day, said_by), 0)
        if said >= source.cap_per_day:
            return
        if not said:
            self._verdicts = {key: count for key, count in self._verdicts.items() if key[0] >= day - 2}
        self._verdicts[day, said_by] = said + 1
        joined = self.decider.judge(int(row["entity"]), int(row["fraud_type"]), legitimate, source.weight, event_ms)
        for one in joined:
            fields = (event_ms, one.row, one.fraud_type, not legitimate, source.weight, said_by, record_id, int(row["record"]))
            output.examples.append(Examples.of_verdict(*fields, one.action))

    def _collect(self, output: Output, arrived_ms: int) -> None:
        if self.decider.flags:
            flags = self.decider.take_flags()
            output.flags.extend(flags)
            output.arrived_ms.extend([arrived_ms] * len(flags))

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {"decider": self.decider.state(), "verdicts": [[*key, count] for key, count in self._verdicts.items()]}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.decider.load(state["decider"])
        self._verdicts = {(day, name): count for day, name, count in state["verdicts"]}

    def copy(self) -> "Deciding":
        """Another that stands where this one does, and has no policy yet."""
        other = Deciding()
        other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(self.state()), strict=False))
        return other
