"""The source partitions that this worker reads: how far each is, when each fell silent, which must wait for others."""

import time
from typing import Any, Final

from faust.types import TP

from linewatch.stream.order.frame import Source, idle_frame
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.outbox import Message

IDLE_S: Final = 10.0
AHEAD_MS: Final = 600_000


class State:
    """One source partition."""

    __slots__ = ("at_end", "clock_ms", "idle", "since")

    def __init__(self) -> None:
        self.clock_ms = -(1 << 62)
        self.at_end = False
        self.idle = False
        self.since = time.monotonic()


class Sources:
    """Marks of the partitions owned; sends those of silent ones, pauses those that ran ahead."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.states: dict[TP, State] = {}
        self._paused: set[TP] = set()

    def own(self, assigned: set[TP]) -> None:
        """The partitions of source topics that this worker reads from now on; those it kept begin anew as well."""
        self.states = {tp: State() for tp in assigned if self._context.names.kind_of(tp.topic)}
        self._paused.clear()
        known = {self.source(tp) for tp in self.states}
        for source in self._context.intake.sources() - known:
            self._context.intake.forget_source(source)

    def source(self, tp: TP) -> Source:
        """The source that a topic partition is, by the topic's id."""
        return Source(self._context.topic_ids.get(tp.topic, tp.topic), tp.topic, tp.partition)

    def is_at_end(self, tp: TP, offset: int) -> bool:
        """Whether a record is the last that its partition has, as far as the last fetch told."""
        highwater = self._context.consumer.highwater(tp)
        return highwater is None or offset + 1 >= highwater

    def read(self, tp: TP, clock_ms: int, at_end: bool) -> None:
        """A batch of a partition was worked off."""
        state = self.states.setdefault(tp, State())
        state.clock_ms, state.at_end, state.idle, state.since = clock_ms, at_end, False, time.monotonic()

    async def announce_idle(self) -> None:
        """Tell every partition of the log which sources are at their end and silent, once each."""
        for tp, state in list(self.states.items()):
            if state.idle or time.monotonic() - state.since < IDLE_S or not await self._has_nothing(tp):
                continue
            if self.states.get(tp) is not state or time.monotonic() - state.since < IDLE_S:
                continue
            state.idle = state.at_end = True
            frame = idle_frame(self.source(tp), state.clock_ms, idle=True)
            log = self._context.names.sightings
            count = self._context.config.topics.partitions
            await self._context.outbox.send([Message(log, frame, None, number) for number in range(count)])

    async def _has_nothing(self, tp: TP) -> bool:
        """Whether what was committed or read is all that the partition has."""
        consumer: Any = self._context.consumer
        if tp not in consumer.assignment():
            return False
        ends = await consumer.highwaters(tp)
        read = consumer._read_offset.get(tp)
        position = await consumer.position(tp)
        return bool((read is not None and read + 1 >= ends[tp]) or (position is not None and position >= ends[tp] and read is None))

    def hold_back(self) -> None:
        """Pause partitions more than ten minutes of event time ahead of the slowest that is not at its end."""
        lagging = [s.clock_ms for s in self.states.values() if not s.at_end and s.clock_ms > -(1 << 62)]
        limit = min(lagging) + AHEAD_MS if lagging else 1 << 62
        ahead = {tp for tp, state in self.states.items() if not state.at_end and state.clock_ms > limit}
        consumer = self._context.consumer
        assigned = consumer.assignment()
        if stopped := (ahead - self._paused) & assigned:
            consumer.pause_partitions(stopped)
        if resumed := (self._paused - ahead) & assigned:
            consumer.resume_partitions(resumed)
        self._paused = ahead & assigned
