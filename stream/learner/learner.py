"""The learner: owns the river models, learns in the order of its messages, and gives out versioned snapshots."""

from collections import deque
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from linewatch.config.errors import ArtifactRefused
from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.drift import ScoreDrift
from linewatch.models.online.half_space_trees import AnomalyLearner, arrays, score
from linewatch.models.online.snapshot import Judged, Snapshot
from linewatch.models.online.squash import scales, squash
from linewatch.models.online.verdict_model import VerdictLearner
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.learner.daily import Daily
from linewatch.stream.learner.examples import ORDINARY, Examples

_MEND = "run the version that wrote it, or send an empty message with the key `learner` to the topic `snapshots` to learn anew"
SETTLED_S = 600.0
LAYOUT = 2
"""Of the learner's state, raised with every change of it; 1 had neither a layout nor the features of which it was learned."""
_REMEMBERED = 10_000
_JUDGED = 2000
_JUDGED_MS = 3 * DAY_MS
"""How many trusted verdicts, and how many blocks, a snapshot has at most, and from how far back: as far as campaigns remember."""


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
        self._said = Daily()
        self._known: dict[str, None] = {}
        self._judged = {is_verdict: deque[Judged](maxlen=_JUDGED) for is_verdict in (False, True)}

    def learn(self, examples: Examples) -> list[tuple[int, int, bytes]]:
        """Learn, and return snapshots that are due: (version, event time from which it counts in ms, payload)."""
        due = []
        latest = max(examples.event_ms)
        hour = int(latest / 1000 // self.policy.learner.snapshot_s)
        if hour > self._hour:
            if self._hour > -(1 << 40):
                due.append(self.snapshot(self.in_force_ms(round(hour * self.policy.learner.snapshot_s * 1000))))
            self._hour = hour
        if self.absorb(examples) and self._since_snapshot >= self.policy.learner.verdicts_per_snapshot:
            due.append(self.snapshot(latest))
        return due

    def in_force_ms(self, learned_ms: int) -> int:
        """When a snapshot counts that has what was shown until then: late enough to stand in every partition of the log by then,
        for it is to count from one event time on everywhere, in live order and in any other.
        """
        return learned_ms + round(min(SETTLED_S, self.policy.learner.snapshot_s / 6) * 1000)

    def absorb(self, examples: Examples) -> bool:
        """Learn and give out nothing; returns whether a verdict was learned."""
        if examples.fraud_type == ORDINARY:
            self._ordinary(examples)
            return False
        if examples.is_block:
            self._hear(examples, 0.0)
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
        if not self._said.take(examples.source, examples.event_ms[0], source.cap_per_day):
            return False
        self._known[known] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        if examples.rows:
            row = squash(examples.matrix(), self._scales)[0]
            self.verdicts.learn(row, examples.fraud_type, examples.fraud, source.weight)
        if source.weight >= self.policy.trusted_weight:
            self._hear(examples, source.weight)
        self.verdicts_learned += 1
        self._since_snapshot += 1
        return True

    def _hear(self, examples: Examples, weight: float) -> None:
        """Keep what is said of a number, for those who know its texts, its campaigns and where it acted from."""
        one = Judged(examples.entity, FRAUD_TYPES[examples.fraud_type], examples.fraud, examples.event_ms[0], weight)
        self._judged[one.is_verdict].append(one)

    def _judged_of_late(self) -> list[Judged]:
        """Blocks and then verdicts, each in their order, but for those that are long past."""
        judged = list(chain(*self._judged.values()))
        since_ms = max((one.event_ms for one in judged), default=0) - _JUDGED_MS
        return [one for one in judged if one.event_ms >= since_ms]

    def snapshot(self, effective_ms: int) -> tuple[int, int, bytes]:
        """A new version of what is learned so far: (version, event time from which it counts in ms, payload)."""
        self.version += 1
        self._since_snapshot = 0
        return self.version, effective_ms, self.payload(effective_ms)

    def payload(self, from_ms: int = 0) -> bytes:
        """The snapshot of what is learned so far, to count from an event time on."""
        forest, weights = self.anomaly.forest(), np.ascontiguousarray(self.verdicts.weights()).tobytes()
        judged, most, texts_h = self._judged_of_late(), self.policy.learner.max_adjust_logit, self.policy.retention.texts_h
        snapshot = Snapshot(self.version, list(self.features), forest, weights, self.drift.drifts, judged, from_ms, most, texts_h)
        return msgspec.msgpack.encode(snapshot)

    def state(self) -> bytes:
        """All of it, as plain numbers."""
        said = self._said.state()
        running = [self.version, self._hour, self._since_snapshot, self.verdicts_learned, self.drift.drifts]
        learned = [self.anomaly.state(), self.verdicts.state(), running, said, list(self._known), self._judged_of_late()]
        return msgspec.msgpack.encode([LAYOUT, list(self.features), *learned])

    def restore(self, state: bytes) -> None:
        """The inverse of `state`; one of another layout or of other features is refused, never misread."""
        anomaly, verdicts, running, said, known, judged = self._parts(state)
        try:
            self.anomaly.load(anomaly)
            self.verdicts.load(verdicts)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ArtifactRefused(f"the learner's state does not fit this version: {error}; {_MEND}") from None
        self.version, self._hour, self._since_snapshot, self.verdicts_learned, self.drift.drifts = running
        self._said = Daily(said)
        self._known = dict.fromkeys(known)
        for kept in self._judged.values():
            kept.clear()
        for one in msgspec.convert(judged, list[Judged]):
            self._judged[one.is_verdict].append(one)

    def _parts(self, state: bytes) -> list[Any]:
        """What was learned."""
        try:
            layout, *parts = msgspec.msgpack.decode(state)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise ArtifactRefused(f"the learner's state cannot be read: {error}; {_MEND}") from None
        if layout != LAYOUT:
            found = layout if isinstance(layout, int) else 1
            raise ArtifactRefused(f"the learner's state has layout {found}, this version reads {LAYOUT}: {_MEND}")
        features, *learned = parts
        if tuple(features) != self.features:
            raise ArtifactRefused(f"the learner's state was learned on {len(features)} features of another version: {_MEND}")
        return learned
