"""The intake agent: batches of raw records in, frames of the log and dead letters out."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from faust.types import TP

from linewatch.stream.intake.intake import IntakeResult, Part
from linewatch.stream.order.parted import parted
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.in_flight import GiveUp, InFlight
from linewatch.stream.shell.outbox import Message, dead_message
from linewatch.stream.shell.sources import Sources, State
from linewatch.stream.shell.topics import LARGEST_MESSAGE
from linewatch.stream.shell.transport import MOST_BYTES, MOST_RECORDS, Records

log = logging.getLogger("linewatch")
LARGEST: Final = LARGEST_MESSAGE - (64 << 10)
"""Bytes of a message of the log, without what goes around it."""
PACE_S: Final = 0.01
"""How far small batches are apart: each costs a frame for every partition of the log."""
Alone = Callable[[str, int, Records], Awaitable[None]]


class Waiting(NamedTuple):
    """A composite of a source, and how many bytes its records have."""

    tp: TP
    records: Records
    size: int


class IntakeAgent:
    """Works out together what several sources brought, for a frame has its price, whatever is in it.

    Of each source one batch is under way, acknowledged before its next: what a source wrote stays in its order. While one is,
    what comes waits for it, up to a full batch. Nothing that waits is ever dropped, not at a rebalance either: what comes
    after it might still come, and be accepted without it.
    """

    def __init__(self, context: Context, sources: Sources, give_up: GiveUp) -> None:
        self._context = context
        self._sources = sources
        self._waiting: deque[Waiting] = deque()
        self._changed, self._room = asyncio.Event(), asyncio.Event()
        self._begun = 0.0
        self.worked_out = 0
        """Batches so far."""
        self.in_flight = InFlight("intake", give_up, self._changed.set)

    async def take(self, topic: str, partition: int, records: Records) -> None:
        """Let one composite wait, once there is room for it."""
        await self._sources.declare()
        while sum(len(one.records) for one in self._waiting) >= MOST_RECORDS:
            self._room.clear()
            await self._room.wait()
        self._waiting.append(Waiting(TP(topic, partition), records, sum(len(value or b"") for value in records.values)))
        self._changed.set()

    async def work(self, alone: Alone) -> None:
        """Work off what waits, for ever; where a batch fails, each composite of it by `alone`."""
        while True:
            batch = await self._next()
            await self._context.sure.wait()
            try:
                await self._begin(batch)
            except Exception:  # whatever it is: who brings it out is found alone
                log.exception("a batch of %d sources failed", len(batch))
                for one in batch:
                    await alone(one.tp.topic, one.tp.partition, one.records)

    async def take_alone(self, topic: str, partition: int, records: Records) -> None:
        """Work one composite out by itself, and begin to deliver what came of it."""
        tp = TP(topic, partition)
        await self.in_flight.landed(tp)
        await self._begin([Waiting(tp, records, 0)])

    async def _next(self) -> list[Waiting]:
        """What to work out next: a full batch at once, any other when none is under way, and not right after the last."""
        while True:
            self._changed.clear()
            batch, is_full = self._ready()
            pause_s = 0.0 if is_full else self._begun + PACE_S - time.monotonic()
            if not batch or (self.in_flight and not is_full):
                await self._changed.wait()
            elif pause_s > 0:
                await asyncio.sleep(pause_s)
            else:
                for one in batch:
                    self._waiting.remove(one)
                self._room.set()
                return batch

    def _ready(self) -> tuple[list[Waiting], bool]:
        """Of each source of which none is under way what has waited longest, as much as fits; whether that is a full batch."""
        batch: dict[TP, Waiting] = {}
        records = size = 0
        for one in self._waiting:
            if one.tp in batch or one.tp in self.in_flight:
                continue
            records, size = records + len(one.records), size + one.size
            if batch and (records > MOST_RECORDS or size > MOST_BYTES):
                return list(batch.values()), True
            batch[one.tp] = one
        return list(batch.values()), records >= MOST_RECORDS // 2 or size >= MOST_BYTES // 2

    async def _begin(self, batch: Sequence[Waiting]) -> None:
        """Work a batch out, and begin to deliver what came of it."""
        context, sources = self._context, self._sources
        self._begun = time.monotonic()
        parts = []
        for tp, records, _ in batch:
            kind = context.names.kind_of(tp.topic)
            assert kind is not None
            columns = records.values, records.offsets, records.timestamps_ms
            parts.append(Part(sources.source(tp), kind, *columns, records.at_end))
        context.stage("")
        result = context.intake.batch(parts)
        context.stage("intake")
        self.worked_out += 1
        states = [sources.states.get(one.tp) for one in batch]
        await self.in_flight.begin([one.tp for one in batch], self._deliver(batch, states, result))

    async def _deliver(self, batch: Sequence[Waiting], states: Sequence[State | None], result: IntakeResult) -> None:
        """Send, and take for worked off what was not taken away or given anew meanwhile."""
        context, sources = self._context, self._sources
        dead = [dead_message(context.names, context.sizes.dead_letters, letter) for letter in result.dead]
        for turn in zip_longest(*(parted(frame, LARGEST) for frame in result.frames)):
            frames = [Message(context.names.sightings, part, None, number) for number, part in enumerate(turn) if part is not None]
            await context.outbox.send([*frames, *dead])
            dead = []
        self._count(result)
        for (tp, records, _), state, (_, mark) in zip(batch, states, result.marks, strict=True):
            if state is not None and sources.states.get(tp) is state and context.sure.is_set():
                context.consumer.finished[tp] = records.last + 1
                sources.read(tp, mark.clock_ms, mark.at_end)
        sources.hold_back()

    def observe(self) -> None:
        """Bring the counts by trunk, and of texts learned, up to date."""
        for labels, calls in self._context.intake.fan_out.trunks.take_counts().items():
            self._context.metrics.trunk_calls.labels(*labels).inc(calls)
        self._context.metrics.texts_learned.set(self._context.intake.texts_learned)

    def _count(self, result: IntakeResult) -> None:
        metrics = self._context.metrics
        metrics.batches.labels("intake").inc()
        for kind, event_ms in result.counted.items():
            metrics.records.labels(kind, "read").inc(len(event_ms))
        for letter in result.dead:
            metrics.records.labels(self._context.names.kind_of(letter.topic), "dead").inc()
            metrics.dead_letters.labels(letter.reason).inc()
        self._context.progress.moved()
