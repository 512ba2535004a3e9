"""The profiles agent: frames of the log in, flags out; owns the state of its partitions and makes it durable."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from uuid import uuid4

from faust.types import TP

from linewatch.config.errors import LinewatchError, UnusableInput
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.order.frame import Mark, Source, begins_anew
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.shell.admin import delete_before
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.durable import Unit, ahead_of, write_unit
from linewatch.stream.shell.in_flight import GiveUp, InFlight
from linewatch.stream.shell.outbox import Landed, Message, messages_of
from linewatch.stream.shell.places import Places
from linewatch.stream.shell.standby import Follower, Standbys
from linewatch.stream.shell.tracing import Seen
from linewatch.stream.shell.transport import Records

QUIET_S = 3.0
BEYOND_S = 5.0
MOST_OWN_BYTES = 1 << 20
"""Of a partition so much of what this worker wrote is kept for it."""
LARGEST_OWN_BYTES = 1 << 17
"""No message beyond is kept: those of a worker that catches up, which go better by many at once as the log brings them."""
log = logging.getLogger("linewatch")


class Owned:
    """One partition of the log in this worker's hands."""

    def __init__(self, state: Partition, ahead: int) -> None:
        self.state = state
        self.ahead = ahead  # of the group's generation: that of its units
        self.lock = asyncio.Lock()  # whoever changes or copies the state
        self.writing = asyncio.Lock()  # whoever writes a unit
        self.durable_offset = state.next_offset
        self.serial = 0
        self.full_before: int | None = None  # where the last full unit of this owner begins
        self.units = 0
        self.is_torn = False  # whether a unit was begun that may not stand in the topic: none may follow it but a full one
        self.is_broken = False  # whether a failure left the state half changed: it never becomes durable
        self.beyond_since: float | None = None  # since when what is read does not follow what it stands for
        self.written = self.touched = time.monotonic()
        self.own: dict[int, tuple[bytes, int]] = {}  # what this worker wrote to the log, by offset, with the broker's timestamp
        self.own_bytes = 0

    @property
    def is_due(self) -> bool:
        """Whether there is anything that is not durable yet and may be made so."""
        return self.state.next_offset > self.durable_offset and not self.state.is_arriving and not self.is_broken

    def apply(self, records: Records) -> Output:
        """Let the state take messages of the log in; a state that cannot take one is broken."""
        values = [value or b"" for value in records.values]
        try:
            return self.state.apply(list(zip(records.offsets, values, records.timestamps_ms, strict=True)))
        except Exception:
            self.is_broken = True
            raise

    def keep(self, landed: Landed, value: bytes) -> None:
        """A message that this worker wrote, as long as it is small and there are not many."""
        if len(value) <= LARGEST_OWN_BYTES and self.own_bytes + len(value) <= MOST_OWN_BYTES:
            self.own[landed.offset] = value, landed.timestamp_ms
            self.own_bytes += len(value)

    def take_own(self) -> Records | None:
        """Those that follow what the state stands for; what was applied meanwhile is dropped."""
        offset, run = self.state.next_offset, list[tuple[int, bytes, int]]()
        while (found := self.own.get(offset)) is not None:
            run.append((offset, *found))
            offset += 1
        self.own = {kept: found for kept, found in self.own.items() if kept >= offset}
        self.own_bytes = sum(len(value) for value, _ in self.own.values())
        if not run:
            return None
        offsets, values, timestamps_ms = map(list, zip(*run, strict=True))
        return Records(offsets, values, timestamps_ms, [None] * len(run), [()] * len(run))


class ProfilesAgent:
    """Applies composites of the log; checkpoints by time, when quiet, and when partitions go.

    What this worker wrote itself it applies once it is acknowledged, where nothing stands before it in the log: to fetch it would
    cost as long again as the records took to come. When the log brings it, it is a repeat.
    """

    def __init__(self, context: Context, give_up: GiveUp) -> None:
        self._context = context
        self._in_flight = InFlight("profiles", give_up)
        self._give_up = give_up
        self._places = Places()
        self._owned: dict[int, Owned] = {}
        self._recovering: dict[int, asyncio.Task[Owned]] = {}
        self.standbys = Standbys(context)
        self._generation = -1
        self._owner = uuid4().hex
        self._assigned: set[int] = set()
        self._wrote = asyncio.Event()
        context.outbox.on_landing = self._landed

    def own(self, partitions: set[int], standbys: set[int], generation: int, stayed: bool) -> None:
        """The partitions from this rebalance on, and those to follow. State stays where no other worker can have had it.

        `stayed` says that this worker was a member up to this generation of the group.
        """
        if not stayed:
            self._owned.clear()
        for task in self._recovering.values():
            task.cancel()
        self._recovering.clear()
        self._owned = {number: owned for number, owned in self._owned.items() if number in partitions}
        self._generation, self._assigned = generation, partitions
        self._context.metrics.partitions.set(len(partitions))
        for number in partitions:
            if number not in self._owned:
                self._begin_to_recover(number)
        self.standbys.keep(standbys)

    def _begin_to_recover(self, number: int) -> "asyncio.Task[Owned]":
        task = self._recovering[number] = asyncio.create_task(self._recover(number, self.standbys.take(number)))
        return task

    def missing(self) -> str:
        """Empty when all partitions are recovered and their controls stand, else what is missing; for any thread to ask."""
        if not self._assigned:
            return "no partition is assigned"
        held = dict(self._owned)
        waiting = len(self._assigned - held.keys())
        if waiting:
            return f"{waiting} partitions are being recovered"
        bare = sum(not owned.state.ready for owned in held.values())
        return f"{bare} partitions have no policy yet" if bare else ""

    async def _recover(self, number: int, follower: Follower) -> Owned:
        refused, at_hand = "", len(follower.taken)
        try:
            await follower.catch_up()
        except LinewatchError as error:
            refused = str(error)
        if refused:
            await self._give_up(f"partition {number} cannot be recovered: {refused}")
        state = follower.state
        state.clock = self._context.stage
        state.heard = self._context.intake.hear
        if self._context.tracer is not None:
            state.seen = self._context.tracer.see
        self._owned[number] = owned = Owned(state, ahead_of(follower.taken, self._generation))
        if follower.taken:
            units = len(follower.taken)
            log.info("partition %d recovered to offset %d from %d units, %d at hand", number, state.next_offset, units, at_hand)
        return owned

    async def _of(self, number: int) -> Owned:
        while number not in self._owned:
            task = self._recovering.get(number) or self._begin_to_recover(number)
            await asyncio.shield(task)
        return self._owned[number]

    def _landed(self, message: Message, landed: Landed) -> None:
        owned = self._owned.get(message.partition) if message.partition is not None else None
        if owned is not None and message.topic == self._context.names.sightings and message.value is not None:
            owned.keep(landed, message.value)
            self._wrote.set()

    async def work(self, guarded: Callable[[str, int, Records], Coroutine[None, None, None]]) -> None:
        """Apply what this worker wrote, for ever, by `guarded` for `take`; no partition waits for another."""
        under_way: set[asyncio.Task[None]] = set()
        while True:
            await self._wrote.wait()
            self._wrote.clear()
            for number, owned in list(self._owned.items()):
                if not owned.lock.locked() and (records := owned.take_own()) is not None:
                    task = asyncio.create_task(guarded(self._context.names.sightings, number, records))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)

    async def take(self, topic: str, number: int, records: Records) -> None:
        """Work one composite of the log off, and begin to publish what came of it: of each partition one at a time."""
        if number >= self._context.sizes.now:  # nobody's since a change of the count, which worked it off
            self._context.consumer.finished[TP(topic, number)] = records.last + 1
            return
        owned = await self._of(number)
        if records.last < owned.state.next_offset:
            return
        async with owned.lock:
            if await self._is_beyond(TP(topic, number), owned, records):
                return
            self._context.stage("")
            began_ns = time.time_ns()
            output = owned.apply(records)
            self._context.stage("order")
            applied_ns = time.time_ns()
            seen = self._context.tracer.take() if self._context.tracer is not None else []
            owned.touched = time.monotonic()
            await self._in_flight.follow(owned, self._deliver(output, seen, number, began_ns, applied_ns))
        self._let_own_follow(owned)

    def _let_own_follow(self, owned: Owned) -> None:
        """Nobody has the state any more: what was written meanwhile may be applied."""
        if owned.own:
            self._wrote.set()

    async def _is_beyond(self, tp: TP, owned: Owned, records: Records) -> bool:
        """Whether a composite does not follow what the state stands for: it is left, for the state would be that of nothing.

        One that was fetched before a rebalance may come ahead of those before it, which are fetched anew then; where the group
        has committed what stands in no unit, or these do not come, raises by name.
        """
        first, next_offset, now = records.offsets[0], owned.state.next_offset, time.monotonic()
        consumer = self._context.consumer
        follows = first <= next_offset or begins_anew(records.values[0] or b"")
        if follows or (await consumer.earliest_offsets(tp)).get(tp) == first:
            owned.beyond_since = None
            return False
        owned.beyond_since = owned.beyond_since or now
        if (consumer.known_committed(tp) or 0) <= next_offset and now - owned.beyond_since < BEYOND_S:
            return True
        raise UnusableInput(
            f"partition {tp.partition} has state up to offset {next_offset}, and the group goes on from {first}: "
            f"set the group's offsets of {tp.topic} to the earliest, to fold the log anew"
        )

    async def _deliver(self, output: Output, seen: list[Seen], number: int, began_ns: int, applied_ns: int) -> None:
        with self._context.metrics.publish.time():
            await self._publish(output)
        if self._context.tracer is not None:
            self._context.tracer.tell(seen, output.flags, number, began_ns, applied_ns)
        self._count(output)

    async def _publish(self, output: Output) -> None:
        if messages := messages_of(output, self._context.names, self._context.config.order.feedback):
            await self._context.outbox.send(messages)

    def _count(self, output: Output) -> None:
        metrics = self._context.metrics
        metrics.batches.labels("profiles").inc()
        metrics.scored.inc(output.scored)
        metrics.sightings.inc(output.released)
        now_ms = time.time() * 1000
        for flag, arrived_ms in zip(output.flags, output.arrived_ms, strict=True):
            metrics.flags.labels(flag.fraud_type, flag.action).inc()
            if flag.action in {"review", "block"}:
                metrics.flagged_places.labels(*self._places.of(flag.number)).inc()
            metrics.score.labels(flag.fraud_type).observe(flag.score)
            if arrived_ms:
                metrics.latency.observe(max(0.0, (now_ms - arrived_ms) / 1000))
        for one in output.examples:
            if one.action:
                metrics.answers.labels(FRAUD_TYPES[one.fraud_type], one.action, "fraud" if one.fraud else "legitimate").inc()
        for warning in output.warnings:
            metrics.warnings.labels(warning.fraud_type).inc()
        for flag in output.shadow:
            metrics.shadow_flags.labels(flag.fraud_type, flag.action).inc()
        self._context.progress.moved()

    async def checkpoint_due(self) -> None:
        """Write the units whose time has come; that of busy partitions comes one after the other, not all at once."""
        every_s, count = self._context.config.state.checkpoint_s, self._context.sizes.now
        for number, owned in list(self._owned.items()):
            now, shift_s = time.monotonic(), every_s * number / count
            quiet = now - owned.touched >= QUIET_S and now - owned.written >= QUIET_S
            if owned.is_due and (quiet or (now + shift_s) // every_s > (owned.written + shift_s) // every_s):
                await self.checkpoint(number, owned)

    async def checkpoint_all(self) -> None:
        """Write what is not durable yet: partitions are about to go."""
        for number, owned in list(self._owned.items()):
            if owned.is_due:
                await self.checkpoint(number, owned)

    async def checkpoint(self, number: int, owned: Owned) -> None:
        """One durable unit; only then may the log be committed so far. The state goes on meanwhile.

        One that is cut off, as a rebalance cuts those that take too long, has taken the changes that it was to hold with it.
        """
        context = self._context
        async with owned.writing:
            async with owned.lock:
                await self._in_flight.landed(owned)
                if not owned.is_due:  # it was, when this began to wait
                    return
                full = owned.state.begun_anew or owned.is_torn or owned.units % context.config.state.full_every == 0
                owned.is_torn = True
                offset = owned.state.next_offset
                chunks = owned.state.checkpoint(full)
                owned.serial += 1
                owned.units += 1
                unit = Unit(self._generation + owned.ahead, self._owner, owned.serial, full, False, len(chunks))
            self._let_own_follow(owned)
            first_offset = await write_unit(context.outbox, context.names.state, number, unit, chunks)
            owned.is_torn = False
            if full:
                await self._trim(number, owned, first_offset)
            owned.durable_offset, owned.written = offset, time.monotonic()
            if self._owned.get(number) is owned:
                context.consumer.finished[TP(context.names.sightings, number)] = offset
        context.metrics.checkpoints.labels("full" if full else "changes").inc()

    async def _trim(self, number: int, owned: Owned, first_offset: int) -> None:
        """Let go of units that no recovery reads: those before the last full one but one.

        The last but one, for a worker that was thought dead may still write: what it deletes is older than all that
        whoever took over has written.
        """
        if owned.full_before is not None:
            topic = self._context.names.state
            await asyncio.to_thread(delete_before, self._context.config, topic, number, owned.full_before)
        owned.full_before = first_offset

    def are_behind(self) -> bool:
        """Whether a partition of the log has more than was applied, as far as the last fetch told; for any thread to ask."""
        consumer, topic = self._context.consumer, self._context.names.sightings
        return any(
            (consumer.highwater(TP(topic, number)) or 0) > owned.state.next_offset for number, owned in list(self._owned.items())
        )

    def observe(self) -> None:
        """Bring the gauges up to date."""
        states = [owned.state for owned in self._owned.values()]
        metrics = self._context.metrics
        metrics.profiles.set(sum(state.store.numbers.count for state in states))
        metrics.evicted.set(sum(state.store.evicted for state in states))
        metrics.gave_way.set(sum(state.store.gave_way for state in states))
        metrics.pushed_out.set(sum(state.store.pushed_out for state in states))
        metrics.held.set(sum(len(state.hold) for state in states))
        metrics.overflowed.set(sum(state.hold.overflowed for state in states))
        metrics.repeats.set(sum(state.skipped for state in states))
        metrics.capped.set(sum(state.decider.capped for state in states))
        metrics.late.set(sum(state.late for state in states))
        furthest = max((state.hold.furthest_ms for state in states), default=0)
        metrics.event_lag.set(max(0.0, time.time() - furthest / 1000) if furthest > 0 else 0.0)
        metrics.policy.set(min((state.controls.get("policy", (0, b""))[0] for state in states), default=0))
        shadows = [state.controls["shadow"][0] if state.shadow is not None else 0 for state in states]
        metrics.shadow.set(min(shadows, default=0))
        self._observe_tally(states)

    def _observe_tally(self, states: list[Partition]) -> None:
        sums: dict[tuple[str, int], list[int]] = {}
        for state in states:
            for source, (applied, duplicates) in state.tally.items():
                total = sums.setdefault((source.topic, source.partition), [0, 0])
                total[0] += applied
                total[1] += duplicates
        for (topic, partition), (applied, duplicates) in sums.items():
            self._context.metrics.applied.labels(topic, str(partition)).set(applied)
            self._context.metrics.duplicates.labels(topic, str(partition)).set(duplicates)

    def marks(self) -> Mapping[Source, Mark]:
        """How far all sources are, those in other workers' hands too, by a partition of the log held here."""
        return next((owned.state.hold.marks for owned in self._owned.values()), {})
