"""The learner's agent: learns, and is the one writer of control records to every partition of the log.

Its topic has one partition, so there is one owner. What it knows stands in a compacted topic: the policy, the
operator list and the models in force with their versions, and its own state with the offset that it stands for.
"""

import logging
import time

from faust.types import TP

from linewatch.config.errors import LinewatchError
from linewatch.config.policy import Policy, load_policy, policy_from_toml, shipped_policy
from linewatch.stream.learner.examples import decode_examples
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order.frame import control_frame
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.durable import read_all
from linewatch.stream.shell.outbox import Message
from linewatch.stream.shell.snapshot import Snapshot, snapshot_of
from linewatch.stream.shell.transport import Records

SAVE_S = 5.0
CONTROLS = ("policy", "operator", "order", "models")
log = logging.getLogger("linewatch")


class LearnerAgent:
    """Idle until its partition is assigned."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._learner: Learner | None = None
        self._controls: dict[str, Snapshot] = {}
        self._next = 0
        self._saved = 0
        self._saved_at = time.monotonic()
        self._snapshot_at = time.monotonic()

    @property
    def _tp(self) -> TP:
        return TP(self._context.names.learner, 0)

    def drop(self) -> None:
        """The partition went: whoever has it next reads what stands."""
        self._learner = None

    async def take_over(self) -> None:
        """Read what stands, fill what is missing from the configuration, and tell every partition."""
        if self._learner is not None:
            return
        stored: dict[str, bytes] = {}
        async for record in read_all(self._context.config, self._context.names.snapshots, 0):
            if record.key and record.value is not None:
                stored[record.key.decode()] = record.value
        self._controls = {k: snapshot_of(stored[k]) for k in CONTROLS if k in stored}
        await self._fill()
        learner = Learner(FEATURES, self._policy())
        if "learner" in stored:
            state = snapshot_of(stored["learner"])
            learner.restore(state.payload)
            self._next = self._saved = state.version
        learner.version = max(learner.version, self._controls["models"].version)
        self._learner = learner
        await self._announce(CONTROLS)

    def _policy(self) -> Policy:
        return policy_from_toml(self._controls["policy"].payload.decode())

    async def _fill(self) -> None:
        """The first policy from the file, operator and order as the files have them now, no models where none were learned."""
        from pathlib import Path

        file = self._context.config.policy.file
        if "policy" not in self._controls:
            policy = load_policy(Path(file)) if file else shipped_policy()
            await self._stand("policy", 1, policy.source.encode())
        for kind, payload in (("operator", self._context.operator.source.encode()), ("order", self._order().payload())):
            held = self._controls.get(kind)
            if held is None or held.payload != payload:
                await self._stand(kind, held.version + 1 if held else 1, payload)
        if "models" not in self._controls:
            await self._stand("models", 1, b"")

    def _order(self) -> OrderSettings:
        config = self._context.config
        model = self._context.number_model.version
        return OrderSettings(config.order.mode, config.order.settle_s, config.policy.report_only, model)

    async def _stand(self, kind: str, version: int, payload: bytes) -> None:
        self._controls[kind] = Snapshot(version, payload)
        value = self._controls[kind].encode()
        await self._context.outbox.send([Message(self._context.names.snapshots, value, kind.encode(), 0)])

    async def _announce(self, kinds: tuple[str, ...]) -> None:
        frames = [control_frame(k, self._controls[k].version, self._controls[k].payload) for k in kinds]
        await self._to_all(frames)

    async def _to_all(self, frames: list[bytes]) -> None:
        """Append to every partition of the log, one record after the other, so that their order is the same in each."""
        names, count = self._context.names, self._context.config.topics.partitions
        for frame in frames:
            await self._context.outbox.send([Message(names.sightings, frame, None, number) for number in range(count)])

    async def take(self, topic: str, number: int, records: Records) -> None:
        """Work one composite off: examples, pushed policies, numbers to forget."""
        if self._learner is None:
            await self.take_over()
        for offset, key, value in zip(records.offsets, records.keys, records.values, strict=True):
            if offset < self._next:
                continue
            self._next = offset + 1
            if value is not None:
                await self._one(key, value)
        await self.save(force=False)

    async def _one(self, key: bytes | None, value: bytes) -> None:
        if key == b"policy":
            await self._push(value)
        elif key == b"forget":
            await self._to_all([control_frame("forget", 0, value)])
        elif key == b"examples" and self._context.config.order.feedback:
            await self._learn(value)

    async def _push(self, text: bytes) -> None:
        """Put a policy in force; one that does not validate changes nothing."""
        assert self._learner is not None
        try:
            policy = policy_from_toml(text.decode())
        except (LinewatchError, UnicodeDecodeError) as error:
            self._context.metrics.refused.inc()
            log.error("a pushed policy was refused: %s", error)
            return
        await self._stand("policy", self._controls["policy"].version + 1, text)
        self._learner.policy = policy
        await self._announce(("policy",))
        log.info("policy %s is in force", policy.identity)

    async def _learn(self, value: bytes) -> None:
        assert self._learner is not None
        newest = None
        for examples in decode_examples(value):
            for _, _, payload in self._learner.learn(examples):
                newest = payload
        metrics = self._context.metrics
        metrics.drift.set(self._learner.drift.drifts)
        metrics.verdicts.set(self._learner.verdicts_learned)
        if newest is not None:
            self._snapshot_at = time.monotonic()
            await self._stand("models", self._learner.version, newest)
            await self._announce(("models",))

    async def save(self, force: bool) -> None:
        """Make the learner's state durable, then let its topic be committed so far."""
        due = force or time.monotonic() - self._saved_at >= SAVE_S
        if self._learner is None or self._next == self._saved or not due:
            return
        state = Snapshot(self._next, self._learner.state()).encode()
        await self._context.outbox.send([Message(self._context.names.snapshots, state, b"learner", 0)])
        self._saved, self._saved_at = self._next, time.monotonic()
        self._context.consumer.finished[self._tp] = self._saved

    def observe(self) -> None:
        """Bring the gauges up to date."""
        if self._learner is not None:
            self._context.metrics.snapshot_age.set(time.monotonic() - self._snapshot_at)
