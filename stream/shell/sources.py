"""The source partitions that this worker reads: how far each is, when each fell silent, which wait for others."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

from aiokafka.errors import KafkaError
from faust.types import TP

from linewatch.config.errors import LinewatchError
from linewatch.stream.order.frame import Mark, Source, marks_frame
from linewatch.stream.order.hold import NEVER
from linewatch.stream.shell.admin import admin, topic_ids
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.outbox import Message

IDLE_S: Final = 10.0
AHEAD_MS: Final = 600_000
ANSWER_S: Final = 5.0
IDS_S: Final = 5.0
ASK_AGAIN_S: Final = 0.05
log = logging.getLogger("linewatch")


class State:
    """One source partition: the clock of its records, the mark that it was given, since when a broker had nothing new."""

    __slots__ = ("at_end", "batches", "clock_ms", "idle", "mark_ms", "quiet_since")

    def __init__(self) -> None:
        self.clock_ms = self.mark_ms = NEVER
        self.batches = 0
        self.at_end = False
        self.idle = False
        self.quiet_since: float | None = None


class Sources:
    """Marks of the partitions owned; sends those of silent ones, holds back those that ran ahead."""

    def __init__(self, context: Context, marks_in_log: Callable[[], Mapping[Source, Mark]]) -> None:
        self._context = context
        self._marks_in_log = marks_in_log
        self.states: dict[TP, State] = {}
        self._declared = True
        self._declaring = asyncio.Lock()
        self._asked = time.monotonic()
        self._client = admin(context.config)

    def own(self, assigned: set[TP]) -> None:
        """The partitions of source topics that this worker reads from now on; those it kept begin anew as well."""
        self.states = {tp: State() for tp in assigned if self._context.names.kind_of(tp.topic)}
        self._declared = False
        known = {self.source(tp) for tp in self.states}
        for source in self._context.intake.sources() - known:
            self._context.intake.forget_source(source)

    async def declare(self) -> None:
        """Before anything is read of them: the sources lag, for all that the log knows, until their first mark says otherwise.

        Without it the log would take them to be where their last owner left them, and let others run ahead of their backlog.
        Sources whose topic was deleted and made anew have ended: nobody is to wait for them.
        """
        async with self._declaring:
            while not self._declared:
                states, known = self.states, self._context.topic_ids
                self._context.topic_ids = known | await self._current_ids()
                await self._begin_anew({tp for tp in states if self._is_anew(tp, known.get(tp.topic))})
                if self.states is not states:  # partitions came or went meanwhile
                    self._context.topic_ids = known
                    continue
                ended = [(source, Mark(mark.clock_ms, True, True)) for source, mark in self._ended().items() if not mark.idle]
                await self._tell([*((self.source(tp), Mark(NEVER, False)) for tp in states), *ended])
                self._declared = self.states is states

    def _is_anew(self, tp: TP, known: str | None) -> bool:
        """Whether a topic is another than the one of its name before, by what this worker knew or by what the log has."""
        source, marks = self.source(tp), self._marks_in_log()
        if known not in {None, source.topic_id}:
            return True
        unread = source not in marks or marks[source].clock_ms == NEVER
        return unread and any((old.topic, old.partition) == tp for old in self._ended())

    async def _begin_anew(self, partitions: set[TP]) -> None:
        """From the beginning: what is committed of a topic made anew is an offset of the one before.

        Its offsets begin again, so that Faust, and every partition of the log, would take its records for repeats.
        """
        while partitions and self._context.app.rebalancing:  # at its end Faust goes on at what is committed
            await asyncio.sleep(ASK_AGAIN_S)
        for tp in partitions & self.states.keys() & self._context.consumer.assignment():
            log.warning("the topic %s was made anew: partition %d is read from its beginning", tp.topic, tp.partition)
            self.states[tp] = State()
            await self._context.consumer.begin_anew(tp)

    def _ended(self) -> dict[Source, Mark]:
        """Sources of topics that are no more."""
        ids = self._context.topic_ids
        marks = self._marks_in_log().items()
        return {source: mark for source, mark in marks if source.topic_id != ids.get(source.topic, source.topic_id)}

    async def look_for_new_topics(self) -> None:
        """Declare the sources again where a topic was deleted and made anew, once what was read of the one before is worked off."""
        now = time.monotonic()
        if not self._declared or now - self._asked < IDS_S:
            return
        self._asked = now
        known, ids = self._context.topic_ids, await self._current_ids()
        changed = [tp for tp in self.states if ids.get(tp.topic, known.get(tp.topic)) != known.get(tp.topic)]
        drained = [await self._context.consumer.is_drained(tp) for tp in changed]
        if changed and all(drained):
            self._declared = False

    async def _current_ids(self) -> dict[str, str]:
        """Which topics these are now; as before where no broker answers."""
        try:
            return await asyncio.to_thread(topic_ids, self._context.config, self._client)
        except LinewatchError as error:
            log.warning("the ids of the topics could not be asked for: %s", error)
            return {}

    async def _tell(self, marks: list[tuple[Source, Mark]]) -> None:
        topic, count = self._context.names.sightings, self._context.config.topics.partitions
        frame = marks_frame(marks)
        await self._context.outbox.send([Message(topic, frame, None, number) for number in range(count)])

    def source(self, tp: TP) -> Source:
        """The source that a topic partition is, by the topic's id."""
        return Source(self._context.topic_ids.get(tp.topic, tp.topic), tp.topic, tp.partition, self._context.sizes.epoch)

    def read(self, tp: TP, clock_ms: int, at_end: bool) -> None:
        """A batch of a partition was worked off."""
        state = self.states.setdefault(tp, State())
        state.batches += 1
        state.clock_ms = state.mark_ms = clock_ms
        state.at_end, state.idle, state.quiet_since = at_end, False, None

    def are_behind(self) -> bool:
        """Whether a partition is not at its end, as far as its last batch told; for any thread to ask."""
        return any(not state.at_end for state in list(self.states.values()))

    async def announce_silent(self) -> None:
        """Tell every partition of the log which sources are at their end, and let those that are silent move on.

        A source silent for `IDLE_S` is idle. Its mark then follows the furthest clock, as it was before the broker was asked
        whether the source has anything new: what is written to it later is younger, as far as the carrier writes in order.
        """
        if all(state.idle for state in self.states.values()) and all(mark.idle for mark in self._marks_in_log().values()):
            return
        clocks = [state.clock_ms for state in self.states.values()] + [mark.clock_ms for mark in self._marks_in_log().values()]
        furthest_ms = max(clocks, default=NEVER)
        batches = {tp: (state, state.batches) for tp, state in self.states.items()}
        reached = await self._reached_ends(batches)
        marks = [
            (self.source(tp), Mark(state.mark_ms, True, state.idle))
            for tp, state in self.states.items()
            if (state, state.batches) == batches.get(tp) and self._moved(tp, state, reached.get(tp), furthest_ms)
        ]
        if marks:
            await self._tell(marks)

    def _moved(self, tp: TP, state: State, end: int | None, furthest_ms: int) -> bool:
        """Bring the state of a source up to date; whether its mark is worth a message."""
        if end is None:
            state.quiet_since = None
            return False
        held = state.mark_ms, state.at_end, state.idle
        now = time.monotonic()
        state.quiet_since = state.quiet_since or now
        state.at_end = True
        state.idle = now - state.quiet_since >= IDLE_S
        if state.idle:
            state.mark_ms = max(state.mark_ms, furthest_ms)
            self._context.consumer.finished.setdefault(tp, end)
        return (state.mark_ms, state.at_end, state.idle) != held

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
