"""The hold: sightings that wait until the order in which they count is known; driven by the log alone."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order.frame import Mark, Source
from linewatch.stream.order.sighting import SIGHTING

OWNERLESS_MS = 60_000
"""A source that sent no mark for so long, by the log's own broker timestamps, holds nobody back."""
NEVER = -(1 << 62)
FOREVER = 1 << 62
BUCKET_MS = 10_000


class Batch(NamedTuple):
    """Sightings with the strings that belong to them, by row."""

    rows: NDArray[np.void]
    record_ids: NDArray[np.object_]
    arrived_ms: NDArray[np.int64]  # the broker's timestamp of the log message
    verdict_sources: NDArray[np.object_]

    def take(self, places: Any) -> "Batch":
        """The rows at these places, or under this mask."""
        return Batch(*(column[places] for column in self))


EMPTY = Batch(np.zeros(0, SIGHTING), np.zeros(0, object), np.zeros(0, np.int64), np.zeros(0, object))


def join(batches: list[Batch]) -> Batch:
    """All rows of several batches, in their order."""
    if len(batches) == 1:
        return batches[0]
    return Batch(*map(np.concatenate, zip(*batches, strict=True))) if batches else EMPTY


class Hold:
    """Holds sightings back until every source that lags has passed them, then gives them out in order.

    live: nothing waits while no source lags. canonical: all wait `settle_s` behind the slowest source, and the order
    is that of (event time, record, role) whatever the keys and partitions were.
    """

    def __init__(self, sources: int, mode: Literal["live", "canonical"], settle_s: float, most: int) -> None:
        self.sources = sources
        self.mode = mode
        self.settle_ms = round(settle_s * 1000)
        self.most = most
        self.marks: dict[Source, Mark] = {}
        self.marked_ms: dict[Source, int] = {}
        self.furthest_ms = NEVER
        self.released_ms = NEVER
        self.overflowed = 0
        self._held: dict[int, list[Batch]] = {}  # by event time, `BUCKET_MS` each
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def mark(self, source: Source, mark: Mark, timestamp_ms: int) -> None:
        """A source partition is so far."""
        self.marks[source] = mark
        self.marked_ms[source] = timestamp_ms
        self.furthest_ms = max(self.furthest_ms, mark.clock_ms)

    def add(self, batch: Batch) -> None:
        """Sightings as the log has them."""
        buckets = batch.rows["event_ms"] // BUCKET_MS
        for bucket in np.unique(buckets).tolist():
            self._held.setdefault(bucket, []).append(batch.take(buckets == bucket))
        self._count += len(batch.rows)

    def horizon_ms(self, timestamp_ms: int) -> int:
        """Up to which event time the order is known; `FOREVER` when nothing need wait."""
        lagging = [
            mark.clock_ms
            for source, mark in self.marks.items()
            if not mark.idle
            and (self.mode == "canonical" or not mark.at_end)
            and timestamp_ms - self.marked_ms[source] <= OWNERLESS_MS
        ]
        if len(self.marks) < self.sources:
            return NEVER
        settle = self.settle_ms if self.mode == "canonical" else 0
        return min(lagging) - settle if lagging else FOREVER

    def release(self, timestamp_ms: int) -> Batch:
        """What need not wait any longer, in the order in which it counts."""
        horizon = self.horizon_ms(timestamp_ms)
        if horizon > NEVER:
            self.released_ms = max(self.released_ms, min(horizon, self.furthest_ms))
        if not self._count:
            return EMPTY
        ready = self._take(horizon)
        while self._count > self.most:
            oldest = join(self._held.pop(min(self._held)))
            self._count -= len(oldest.rows)
            self.overflowed += len(oldest.rows)
            ready.append(oldest)
        return self._sorted(join(ready)) if ready else EMPTY

    def _take(self, horizon: int) -> list[Batch]:
        """Whole buckets up to the horizon, and the part of the last one."""
        last = horizon // BUCKET_MS
        ready = []
        for bucket in sorted(bucket for bucket in self._held if bucket <= last):
            batch = join(self._held.pop(bucket))
            self._count -= len(batch.rows)
            if bucket == last:
                now = batch.rows["event_ms"] <= horizon
                if not now.all():
                    self.add(batch.take(~now))
                batch = batch.take(now)
            if len(batch.rows):
                ready.append(batch)
        return ready

    def _sorted(self, batch: Batch) -> Batch:
        rows = batch.rows
        return batch.take(np.lexsort((rows["role"], rows["record"], rows["event_ms"])))

    def drain(self) -> Batch:
        """Everything that is held, in order: no more will come."""
        self.released_ms = max(self.released_ms, self.furthest_ms)
        ready = self._take(FOREVER)
        return self._sorted(join(ready)) if ready else EMPTY

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        held = join([batch for bucket in sorted(self._held) for batch in self._held[bucket]])
        return {
            "marks": [
                [[s.topic_id, s.topic, s.partition], m.clock_ms, m.at_end, m.idle, self.marked_ms[s]] for s, m in self.marks.items()
            ],
            "furthest": [self.furthest_ms, self.released_ms, self.overflowed],
            "rows": held.rows.tobytes(),
            "record_ids": held.record_ids.tolist(),
            "arrived_ms": held.arrived_ms.tobytes(),
            "verdict_sources": held.verdict_sources.tolist(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.marks, self.marked_ms = {}, {}
        for source, clock_ms, at_end, idle, marked_ms in state["marks"]:
            self.marks[Source(*source)] = Mark(clock_ms, at_end, idle)
            self.marked_ms[Source(*source)] = marked_ms
        self.furthest_ms, self.released_ms, self.overflowed = state["furthest"]
        rows = np.frombuffer(state["rows"], SIGHTING).copy()
        ids = np.array([*state["record_ids"], None], object)[:-1]
        sources = np.array([*state["verdict_sources"], None], object)[:-1]
        self._held, self._count = {}, 0
        self.add(Batch(rows, ids, np.frombuffer(state["arrived_ms"], np.int64).copy(), sources))
