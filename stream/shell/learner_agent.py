"""The learner's agent: learns, and is the one writer of control records to every partition of the log.

Its topic has one partition, so there is one owner. What it knows stands in a compacted topic: the policy and its shadow, the
operator list and the models in force with their versions, and its own state with the offset that it stands for. How policies
came about stands in a topic of their own.
"""

import asyncio
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
SURE_S = 5.0
"""So long after the group confirmed it the partition is this worker's without a doubt: half of a session."""
CONTROLS = ("policy", "shadow", "operator", "order", "models")
log = logging.getLogger("linewatch")


class LearnerAgent:
    """Idle until its partition is assigned.

    One thing at a time: taking over, working a composite off, saving. The partition may go meanwhile, or have gone unnoticed
    while the process stood still; then what is known is dropped, and nothing is written of it.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = asyncio.Lock()
        self._losses = 0
        self._sure_at = -SURE_S
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

    def own(self, is_assigned: bool, stayed: bool) -> None:
        """After a rebalance. What is known stays where nobody else can have had the partition, as this one stayed a member."""
        if not (is_assigned and stayed):
            self._drop()
        self._sure_at = time.monotonic()

    def _drop(self) -> None:
        """Whoever has the partition next reads what stands."""
        self._learner = None
        self._losses += 1

    async def _is_ours(self) -> bool:
        """Whether the partition is still this worker's; the group is asked where it did not confirm it of late."""
        now = time.monotonic()
        if now - self._sure_at >= SURE_S:
            if not await self._context.consumer.owns(self._tp):
                self._drop()
                return False
            self._sure_at = now
        return True

    async def take_over(self) -> None:
        """Read what stands, fill what is missing from the configuration, and tell every partition."""
        async with self._lock:
            await self._take_over()

    async def _take_over(self) -> None:
        if self._learner is not None or not await self._is_ours():
            return
        losses = self._losses
        stored: dict[str, bytes] = {}
        async for record in read_all(self._context.config, self._context.names.snapshots, 0):
            if record.key and record.value:
                stored[record.key.decode()] = record.value
            elif record.key:
                stored.pop(record.key.decode(), None)
        lines = [record async for record in read_all(self._context.config, self._context.names.policy, 0)]
        if self._losses > losses:
            return
        self._controls = {k: snapshot_of(stored[k]) for k in CONTROLS if k in stored}
        self._history = History(change_of(record.value or b"") for record in lines)
        await self._fill()
        learner = Learner(FEATURES, self._policy())
        self._next = self._saved = 0
        if "learner" in stored:
            state = snapshot_of(stored["learner"])
            learner.restore(state.payload)
            self._next = self._saved = state.version
        learner.version = max(learner.version, self._controls["models"].version)
        if self._losses > losses:
            return
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

    async def _record(self, *changes: Change) -> None:
        """All lines of a request together: whoever goes on after a crash does what stands there, and asks for no more."""
        for change in changes:
            self._history.add(change)
        topic = self._context.names.policy
        await self._context.outbox.send([Message(topic, change.encode(), change.act.encode(), 0) for change in changes])

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
        """Work one composite off: examples, requests about policies, numbers to forget. What is not ours any more is left."""
        async with self._lock:
            await self._take_over()
            learner = self._learner
            if learner is None or not await self._is_ours():
                return
            for offset, key, value in zip(records.offsets, records.keys, records.values, strict=True):
                if offset < self._next:
                    continue
                if self._learner is not learner:
                    return
                self._next = offset + 1
                if value is not None:
                    await self._one(learner, key, value)
            await self._save(force=False)

    async def _one(self, learner: Learner, key: bytes | None, value: bytes) -> None:
        try:
            if key == b"policy":
                await self._change(learner, value)
            elif key == b"forget":
                await self._to_all([control_frame("forget", 0, value)])
            elif key == b"examples" and self._context.config.order.feedback:
                await self._learn(learner, value)
        except Exception:
            self._drop()  # what failed is not to be saved as done
            raise

    async def _change(self, learner: Learner, value: bytes) -> None:
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
        changes = changes_for(request, self._history, held, _now_ms(), self._check)
        await self._record(*changes)
        for change in changes:
            if change.refusal:
                self._context.metrics.refused.inc()
                log.error("refused: %s", change.refusal)
            else:
                await self._enforce(learner, change)

    def _check(self, policy: Policy) -> None:
        """Raises where a policy names a number model that this worker does not have."""
        self._context.number_model.of(policy.number_model)

    async def _enforce(self, learner: Learner, change: Change) -> None:
        kind = KIND_OF[change.act]
        await self._stand(kind, change.version, change.text.encode())
        if kind == "policy":
            learner.policy = policy_from_toml(change.text)
        await self._announce((kind,))
        log.info("%s version %d by %s: %s", change.act, change.version, change.by, change.policy_version or "no policy")

    async def _learn(self, learner: Learner, value: bytes) -> None:
        newest = None
        for examples in decode_examples(value):
            for _, _, payload in learner.learn(examples):
                newest = payload
        metrics = self._context.metrics
        metrics.drift.set(learner.drift.drifts)
        metrics.verdicts.set(learner.verdicts_learned)
        if newest is not None:
            self._snapshot_at = time.monotonic()
            await self._stand("models", learner.version, newest)
            await self._announce(("models",))

    async def save(self, force: bool) -> None:
        """Make the learner's state durable, then let its topic be committed so far."""
        if self._learner is None:
            return
        async with self._lock:
            await self._save(force)

    async def _save(self, force: bool) -> None:
        due = force or time.monotonic() - self._saved_at >= SAVE_S
        if self._learner is None or self._next == self._saved or not due or not await self._is_ours():
            return
        state = Snapshot(self._next, self._learner.state()).encode()
        await self._context.outbox.send([Message(self._context.names.snapshots, state, b"learner", 0)])
        self._saved, self._saved_at = self._next, time.monotonic()
        if self._learner is not None:
            self._context.consumer.finished[self._tp] = self._saved

    def observe(self) -> None:
        """Bring the gauges up to date."""
        if self._learner is not None:
            self._context.metrics.snapshot_age.set(time.monotonic() - self._snapshot_at)


def _now_ms() -> int:
    return int(time.time() * 1000)
