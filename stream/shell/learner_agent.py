"""The learner's agent: learns, and is the one writer of control records to every partition of the log.

Its topic has one partition, so there is one owner. What it knows stands in a compacted topic: the policy and its shadow, the
operator list and the models in force with their versions, and its own state with the offset that it stands for. How policies
came about stands in a topic of their own.
"""

import logging
import time
from pathlib import Path
from uuid import uuid4

import msgspec
from faust.types import TP

from linewatch.config.policy import Policy, policy_from_toml, shipped_policy
from linewatch.stream.decision.policy_file import policy_of_file
from linewatch.stream.learner.examples import decode_examples
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order.frame import control_frame
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.durable import read_all
from linewatch.stream.shell.outbox import Message
from linewatch.stream.shell.policy_changes import KIND_OF, Change, History, change_of, changes_for, request_of
from linewatch.stream.shell.snapshot import Snapshot, snapshot_of
from linewatch.stream.shell.transport import Records

SAVE_S = 5.0
CONTROLS = ("policy", "shadow", "operator", "order", "models")
log = logging.getLogger("linewatch")


class LearnerAgent:
    """Idle until its partition is assigned."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._learner: Learner | None = None
        self._controls: dict[str, Snapshot] = {}
        self._history = History()
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
            if record.key and record.value:
                stored[record.key.decode()] = record.value
            elif record.key:
                stored.pop(record.key.decode(), None)
        self._controls = {k: snapshot_of(stored[k]) for k in CONTROLS if k in stored}
        lines = [record async for record in read_all(self._context.config, self._context.names.policy, 0)]
        self._history = History(change_of(record.value or b"") for record in lines)
        await self._fill()
        learner = Learner(FEATURES, self._policy())
        if "learner" in stored:
            state = snapshot_of(stored["learner"])
            learner.restore(state.payload)
            self._next = self._saved = state.version
        learner.version = max(learner.version, self._controls["models"].version)
        self._learner = learner
        await self._announce(tuple(kind for kind in CONTROLS if kind in self._controls))

    def _policy(self) -> Policy:
        return policy_from_toml(self._controls["policy"].payload.decode())

    async def _fill(self) -> None:
        """Policies as their topic has them, operator and order as the files have them now, no models where none were learned."""
        await self._fill_policy()
        if (shadow := self._history.last("shadow")) is not None and self._version("shadow") < shadow.version:
            await self._stand("shadow", shadow.version, shadow.text.encode())
        for kind, payload in (("operator", self._context.operator.source.encode()), ("order", self._order().payload())):
            held = self._controls.get(kind)
            if held is None or held.payload != payload:
                await self._stand(kind, held.version + 1 if held else 1, payload)
        if "models" not in self._controls:
            await self._stand("models", 1, b"")

    async def _fill_policy(self) -> None:
        """The last one of the topic; the file's where there is none."""
        last = self._history.last("policy")
        if last is None:
            held = self._controls.get("policy")
            file = self._context.config.policy.file
            text = held.payload.decode() if held else (policy_of_file(Path(file)) if file else shipped_policy()).source
            why = "already in force" if held else f"[policy] file = {file}" if file else "shipped with the package"
            identity, version = policy_from_toml(text).identity, max(1, self._version("policy"))
            last = Change(uuid4().hex, "first", version, identity, "worker", _now_ms(), why, text)
            await self._record(last)
        if self._version("policy") < last.version:
            await self._stand("policy", last.version, last.text.encode())

    def _version(self, kind: str) -> int:
        return self._controls[kind].version if kind in self._controls else 0

    async def _record(self, change: Change) -> None:
        self._history.add(change)
        await self._context.outbox.send([Message(self._context.names.policy, change.encode(), change.act.encode(), 0)])

    def _order(self) -> OrderSettings:
        config = self._context.config
        model = self._context.number_model.version
        return OrderSettings(
            config.order.mode, config.order.settle_s, config.policy.report_only, model, self._context.sizes.sources
        )

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
        """Work one composite off: examples, requests about policies, numbers to forget."""
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
            await self._change(value)
        elif key == b"forget":
            await self._to_all([control_frame("forget", 0, value)])
        elif key == b"examples" and self._context.config.order.feedback:
            await self._learn(value)

    async def _change(self, value: bytes) -> None:
        """Do what a command asks about policies, once; a refusal is answered too, and changes nothing."""
        try:
            request = request_of(value)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._context.metrics.refused.inc()
            log.error("a request about policies cannot be read; a command of another version may have sent it")
            return
        if self._history.answered(request):
            return
        held = {kind: self._version(kind) for kind in ("policy", "shadow")}
        for change in changes_for(request, self._history, held, _now_ms(), self._check):
            await self._record(change)
            if change.refusal:
                self._context.metrics.refused.inc()
                log.error("refused: %s", change.refusal)
            else:
                await self._enforce(change)

    def _check(self, policy: Policy) -> None:
        """Raises where a policy names a number model that this worker does not have."""
        self._context.number_model.of(policy.number_model)

    async def _enforce(self, change: Change) -> None:
        assert self._learner is not None
        kind = KIND_OF[change.act]
        await self._stand(kind, change.version, change.text.encode())
        if kind == "policy":
            self._learner.policy = policy_from_toml(change.text)
        await self._announce((kind,))
        log.info("%s version %d by %s: %s", change.act, change.version, change.by, change.policy_version or "no policy")

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


def _now_ms() -> int:
    return int(time.time() * 1000)
