"""The learner: owns the river models, learns in the order of its messages, and gives out versioned snapshots."""

from typing import Any

import msgspec
import numpy as np

from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.drift import ScoreDrift
from linewatch.models.online.half_space_trees import AnomalyLearner, arrays, score
from linewatch.models.online.snapshot import Judged, Snapshot
from linewatch.models.online.squash import scales, squash
from linewatch.models.online.verdict_model import VerdictLearner
from linewatch.stream.learner.examples import ORDINARY, Examples

DAY_MS = 86_400_000
_REMEMBERED = 10_000
_OF_TEXTS = ("smishing", "sms_spam")
"""Fraud types whose verdicts are also ones on campaigns."""
_JUDGED = 1000
_JUDGED_MS = 3 * DAY_MS
"""How many verdicts on senders of texts a snapshot has at most, and from how far back: as far as campaigns remember."""


class Learner:
    """Driven by event time alone: the same messages give the same snapshots."""

    def __init__(self, features: tuple[str, ...], policy: Policy) -> None:
        self.features = features
        self.policy = policy
        self._scales = scales(features)
        self.anomaly = AnomalyLearner(len(features))
        self.verdicts = VerdictLearner(len(features), len(FRAUD_TYPES))
        self.drift = ScoreDrift(policy.learner.drift_delta)
        self.version = 0
        self.verdicts_learned = 0
        self._hour = -(1 << 40)
        self._since_snapshot = 0
        self._said: dict[tuple[int, str], int] = {}
        self._known: dict[str, None] = {}
        self._judged: list[Judged] = []

    def learn(self, examples: Examples) -> list[tuple[int, int, bytes]]:
        """Learn, and return snapshots that are due: (version, event time from which it counts in ms, payload)."""
        due = []
        latest = max(examples.event_ms)
        hour = int(latest / 1000 // self.policy.learner.snapshot_s)
        if hour > self._hour:
            if self._hour > -(1 << 40):
                due.append(self.snapshot(round(hour * self.policy.learner.snapshot_s * 1000)))
            self._hour = hour
        if self.absorb(examples) and self._since_snapshot >= self.policy.learner.verdicts_per_snapshot:
            due.append(self.snapshot(latest))
        return due

    def absorb(self, examples: Examples) -> bool:
        """Learn and give out nothing; returns whether a verdict was learned."""
        if examples.fraud_type == ORDINARY:
            self._ordinary(examples)
            return False
        return self._verdict(examples)

    def _ordinary(self, examples: Examples) -> None:
        rows = squash(examples.matrix(), self._scales)
        forest = self.anomaly.forest()
        if forest.warm:
            for value in score(rows, *arrays(forest)).tolist():
                self.drift.see(value)
        self.anomaly.learn(rows)

    def _verdict(self, examples: Examples) -> bool:
        """Learn a verdict as far as its source's weight and cap a day allow, both as the policy has them."""
        source = self.policy.verdict_sources.get(examples.source)
        known = f"{examples.record_id}|{examples.fraud_type}"
        if source is None or source.weight <= 0 or known in self._known:
            return False
        day = examples.event_ms[0] // DAY_MS
        said = self._said.get((day, examples.source), 0)
        if said >= source.cap_per_day:
            return False
        self._said = {key: count for key, count in self._said.items() if key[0] >= day - 2}
        self._said[day, examples.source] = said + 1
        self._known[known] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        row = squash(examples.matrix(), self._scales)[0]
        self.verdicts.learn(row, examples.fraud_type, examples.fraud, source.weight)
        self._hear(examples, source.weight)
        self.verdicts_learned += 1
        self._since_snapshot += 1
        return True

    def _hear(self, examples: Examples, weight: float) -> None:
        """Keep what a trusted source says of a sender of texts, for those who know its campaigns."""
        fraud_type, event_ms = FRAUD_TYPES[examples.fraud_type], examples.event_ms[0]
        if fraud_type in _OF_TEXTS and weight >= self.policy.trusted_weight:
            kept = [one for one in self._judged[1 - _JUDGED :] if one.event_ms >= event_ms - _JUDGED_MS]
            self._judged = [*kept, Judged(examples.entity, fraud_type, examples.fraud, event_ms)]

    def snapshot(self, effective_ms: int) -> tuple[int, int, bytes]:
        """A new version of what is learned so far: (version, event time from which it counts in ms, payload)."""
        self.version += 1
        self._since_snapshot = 0
        return self.version, effective_ms, self.payload()

    def payload(self) -> bytes:
        """The snapshot of what is learned so far."""
        weights = np.ascontiguousarray(self.verdicts.weights())
        snapshot = Snapshot(
            self.version, list(self.features), self.anomaly.forest(), weights.tobytes(), self.drift.drifts, self._judged
        )
        return msgspec.msgpack.encode(snapshot)

    def state(self) -> bytes:
        """All of it, as plain numbers."""
        said = [[*key, count] for key, count in self._said.items()]
        running = [self.version, self._hour, self._since_snapshot, self.verdicts_learned, self.drift.drifts]
        parts = [self.anomaly.state(), self.verdicts.state(), running, said, list(self._known), self._judged]
        return msgspec.msgpack.encode(parts)

    def restore(self, state: bytes) -> None:
        """The inverse of `state`."""
        anomaly, verdicts, running, said, known, judged = self._parts(state)
        self.anomaly.load(anomaly)
        self.verdicts.load(verdicts)
        self.version, self._hour, self._since_snapshot, self.verdicts_learned, self.drift.drifts = running
        self._said = {(day, source): count for day, source, count in said}
        self._known = dict.fromkeys(known)
        self._judged = msgspec.convert(judged, list[Judged])

    @staticmethod
    def _parts(state: bytes) -> Any:
        return msgspec.msgpack.decode(state)
