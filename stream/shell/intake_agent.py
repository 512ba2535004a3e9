"""The intake agent: batches of raw records in, frames of the log and dead letters out."""

from faust.types import TP

from linewatch.stream.intake.intake import IntakeResult
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.in_flight import GiveUp, InFlight
from linewatch.stream.shell.outbox import Message, dead_message
from linewatch.stream.shell.sources import Sources
from linewatch.stream.shell.transport import Records


class IntakeAgent:
    """Of each source one batch at a time, acknowledged before its next: what a source wrote stays in its order."""

    def __init__(self, context: Context, sources: Sources, give_up: GiveUp) -> None:
        self._context = context
        self._sources = sources
        self.in_flight = InFlight("intake", give_up)

    async def take(self, topic: str, partition: int, records: Records) -> None:
        """Work one composite out, and begin to deliver what came of it."""
        context = self._context
        tp = TP(topic, partition)
        await self._sources.declare()
        await self.in_flight.landed(tp)
        kind = context.names.kind_of(topic)
        assert kind is not None
        at_end = self._sources.is_at_end(tp, records.last)
        context.stage("")
        result = context.intake.batch(
            self._sources.source(tp),
            kind,
            records.values,
            records.offsets,
            records.timestamps_ms,
            at_end,
        )
        context.stage("intake")
        await self.in_flight.begin(tp, self._deliver(tp, records.last, kind, result, at_end))

    async def _deliver(self, tp: TP, last: int, kind: str, result: IntakeResult, at_end: bool) -> None:
        """Send, and take the batch for worked off, if its partition was not taken away or given anew meanwhile."""
        context, state = self._context, self._sources.states.get(tp)
        frames = [Message(context.names.sightings, frame, None, number) for number, frame in enumerate(result.frames)]
        dead = [dead_message(context.names, letter) for letter in result.dead]
        await context.outbox.send([*frames, *dead])
        self._count(kind, result)
        if state is not None and self._sources.states.get(tp) is state:
            context.consumer.finished[tp] = last + 1
            self._sources.read(tp, result.clock_ms, at_end)
            self._sources.hold_back()

    def observe(self) -> None:
        """Bring the counts by trunk up to date."""
        for labels, calls in self._context.intake.fan_out.trunks.take_counts().items():
            self._context.metrics.trunk_calls.labels(*labels).inc(calls)

    def _count(self, kind: str, result: IntakeResult) -> None:
        metrics = self._context.metrics
        metrics.batches.labels("intake").inc()
        metrics.records.labels(kind, "read").inc(result.records)
        if result.dead:
            metrics.records.labels(kind, "dead").inc(len(result.dead))
        for letter in result.dead:
            metrics.dead_letters.labels(letter.reason).inc()
        self._context.progress.moved()
