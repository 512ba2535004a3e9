"""The source partitions that this worker reads: how far each is, when each fell silent, which wait for others."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

from aiokafka.errors import KafkaError
from faust.types import TP

from linewatch.stream.order.frame import Mark, Source, idle_frame
from linewatch.stream.order.hold import NEVER
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.outbox import Message

IDLE_S: Final = 10.0
AHEAD_MS: Final = 600_000
ANSWER_S: Final = 5.0


class State:
    """One source partition; `quiet_since` is when a broker that answered first had nothing new."""

    __slots__ = ("at_end", "clock_ms", "idle", "quiet_since")

    def __init__(self) -> None:
        self.clock_ms = NEVER
        self.at_end = False
        self.idle = False
        self.quiet_since: float | None = None


class Sources:
    """Marks of the partitions owned; sends those of silent ones, holds back those that ran ahead."""

    def __init__(self, context: Context, marks_in_log: Callable[[], Mapping[Source, Mark]]) -> None:
        self._context = context
        self._marks_in_log = marks_in_log
        self.states: dict[TP, State] = {}

    def own(self, assigned: set[TP]) -> None:
        """The partitions of source topics that this worker reads from now on; those it kept begin anew as well."""
        self.states = {tp: State() for tp in assigned if self._context.names.kind_of(tp.topic)}
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
        state.clock_ms, state.at_end, state.idle, state.quiet_since = clock_ms, at_end, False, None

    def are_behind(self) -> bool:
        """Whether a partition is not at its end, as far as its last batch told."""
        return any(not state.at_end for state in self.states.values())

    async def announce_idle(self) -> None:
        """Tell every partition of the log which sources are at their end and silent, once each."""
        waiting = {tp: state for tp, state in self.states.items() if not state.idle}
        reached = await self._reached_ends(waiting) if waiting else {}
        now = time.monotonic()
        for tp, state in waiting.items():
            if self.states.get(tp) is not state or state.idle:
                continue
            if tp not in reached:
                state.quiet_since = None
            elif state.quiet_since is None:
                state.quiet_since = now
            elif now - state.quiet_since >= IDLE_S:
                await self._fall_silent(tp, state, reached[tp])

    async def _fall_silent(self, tp: TP, state: State, read: int) -> None:
        state.idle = state.at_end = True
        self._context.consumer.finished.setdefault(tp, read)
        frame = idle_frame(self.source(tp), state.clock_ms, idle=True)
        log, count = self._context.names.sightings, self._context.config.topics.partitions
        await self._context.outbox.send([Message(log, frame, None, number) for number in range(count)])

    async def _reached_ends(self, partitions: Collection[TP]) -> dict[TP, int]:
        """Those partitions of which all is worked off, with their ends; none where the broker does not answer."""
        consumer = self._context.consumer
        try:
            async with asyncio.timeout(ANSWER_S):
                ends = await consumer.highwaters(*(consumer.assignment() & set(partitions)))
                read = {tp: await consumer.worked_off(tp) for tp in ends}
        except (KafkaError, TimeoutError):
            return {}
        return {tp: end for tp, end in ends.items() if (offset := read[tp]) is not None and offset >= end}

    def hold_back(self) -> None:
        """Do not read on where the clock is ten minutes of event time ahead of the slowest source not at its end.

        The slowest one may be in another worker's hands: the log tells how far it is.
        """
        consumer = self._context.consumer
        own = {self.source(tp) for tp in self.states}
        lagging = [state.clock_ms for state in self.states.values() if not state.at_end]
        lagging += [
            mark.clock_ms for source, mark in self._marks_in_log().items() if source not in own and not (mark.at_end or mark.idle)
        ]
        known = [clock_ms for clock_ms in lagging if clock_ms > NEVER]
        limit = min(known) + AHEAD_MS if known else 1 << 62
        consumer.held_back = {tp for tp, state in self.states.items() if not state.at_end and state.clock_ms > limit}
