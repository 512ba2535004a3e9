"""The intake agent: batches of raw records in, frames of the log and dead letters out."""

from typing import Any

from faust.types import TP

from linewatch.stream.shell.context import Context
from linewatch.stream.shell.outbox import Message, dead_message
from linewatch.stream.shell.sources import Sources
from linewatch.stream.shell.transport import Records


class IntakeAgent:
    """One batch at a time, each acknowledged before the next: what a source wrote stays in its order."""

    def __init__(self, context: Context, sources: Sources) -> None:
        self._context = context
        self._sources = sources

    async def take(self, topic: str, partition: int, records: Records) -> None:
        """Work one composite off."""
        context = self._context
        tp = TP(topic, partition)
        await self._sources.declare()
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
        frames = [Message(context.names.sightings, frame, None, number) for number, frame in enumerate(result.frames)]
        dead = [dead_message(context.names, letter) for letter in result.dead]
        await context.outbox.send([*frames, *dead])
        context.consumer.finished[tp] = records.last + 1
        self._sources.read(tp, result.clock_ms, at_end)
        self._sources.hold_back()
        self._count(kind, result)

    def _count(self, kind: str, result: Any) -> None:
        metrics = self._context.metrics
        metrics.batches.labels("intake").inc()
        metrics.records.labels(kind, "read").inc(result.records)
        if result.dead:
            metrics.records.labels(kind, "dead").inc(len(result.dead))
        for letter in result.dead:
            metrics.dead_letters.labels(letter.reason).inc()
        self._context.progress.moved()
