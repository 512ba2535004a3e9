"""The hold: sightings that wait until the order in which they count is known; driven by the log alone."""

import heapq
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from linewatch.stream.order.batch import EMPTY, Batch, by_time, cut, in_order, join
from linewatch.stream.order.frame import Mark, Source
from linewatch.stream.order.sighting import AHEAD, SIGHTING

OWNERLESS_MS = 60_000
"""A source that sent no mark for so long, by the log's own broker timestamps, holds nobody back."""
NEVER = -(1 << 62)
FOREVER = 1 << 62
STEP_MS = 10_000
"""The horizon moves in steps of event time, so that a message that changes little costs little."""


class Hold:
    """Holds sightings back until every source that lags has passed them, then gives them out in order.

    live: nothing waits while no source lags. canonical: all wait `settle_ms` behind the slowest source, and the order
    is that of (event time, record, role) whatever the keys and partitions were. A silent source moves with the others by
    the marks that it is given; when all are silent, nothing waits.
    """

    def __init__(self, sources: int) -> None:
        self.sources = sources
        self.mode: Literal["live", "canonical"] = "canonical"
        self.settle_ms = 0
        self.most = 1 << 40
        self.marks: dict[Source, Mark] = {}
        self.marked_ms: dict[Source, int] = {}
        self.furthest_ms = NEVER
        self.released_ms = NEVER
        self.overflowed = 0
        self._held: list[tuple[int, int, Batch]] = []  # a heap by the first event time; batches are by event time
        self._fresh: list[Batch] = []  # what came since the last release, as it came: mostly it goes at once
        self._serial = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def mark(self, source: Source, mark: Mark, timestamp_ms: int) -> None:
        """A source partition is so far; whoever reads it anew does not know how far it was, so a clock never goes back."""
        held = self.marks.get(source)
        self.marks[source] = Mark(max(mark.clock_ms, held.clock_ms if held else NEVER), mark.at_end, mark.idle)
        self.marked_ms[source] = timestamp_ms
        self.furthest_ms = max(self.furthest_ms, mark.clock_ms)

    def add(self, batch: Batch) -> None:
        """Sightings as the log has them."""
        if len(batch.rows):
            self._fresh.append(batch)
            self._count += len(batch.rows)

    def _keep(self) -> None:
        """Hold what came since the last release."""
        for batch in self._fresh:
            self._push(by_time(batch))
        self._fresh = []

    def _push(self, batch: Batch) -> None:
        self._serial += 1
        heapq.heappush(self._held, (int(batch.rows["event_ms"][0]), self._serial, batch))

    def _slowest_ms(self, timestamp_ms: int) -> int:
        """The least clock of those that others wait for, `FOREVER` where there is none or all are silent."""
        slowest_ms, all_wait, idle = FOREVER, self.mode == "canonical", True
        for source, mark in self.marks.items():
            idle = idle and mark.idle
            if (all_wait or not mark.at_end) and mark.clock_ms < slowest_ms:
                if timestamp_ms - self.marked_ms.get(source, timestamp_ms) <= OWNERLESS_MS:
                    slowest_ms = mark.clock_ms
        return FOREVER if idle else slowest_ms

    def late_before_ms(self, marks: Sequence[tuple[Source, Mark]], timestamp_ms: int) -> list[int]:
        """The clock of the log, for each source of a message that brings `marks`, as it stood before the message.

        That is the least clock of the sources that lag, or the furthest where none does. While the log catches up, or
        where the message shows that its source does, the source is held against its own clock as well: what it was
        behind is then no fault of the records.
        """
        if len(self.marks) < self.sources:
            return [NEVER] * len(marks)
        slowest_ms = self._slowest_ms(timestamp_ms)
        catches_up = self.mode == "live" and slowest_ms < FOREVER
        limit_ms = min(slowest_ms, self.furthest_ms)
        return [
            min(limit_ms, self.marks[source].clock_ms) if (catches_up or not mark.at_end) and source in self.marks else limit_ms
            for source, mark in marks
        ]

    def horizon_ms(self, timestamp_ms: int) -> int:
        """Up to which event time the order is known; `FOREVER` when nothing need wait."""
        if len(self.marks) < self.sources:
            return NEVER
        slowest_ms = self._slowest_ms(timestamp_ms)
        if slowest_ms == FOREVER:
            return FOREVER
        horizon = slowest_ms - (self.settle_ms if self.mode == "canonical" else 0)
        return horizon - horizon % STEP_MS

    def release(self, timestamp_ms: int) -> Batch:
        """What need not wait any longer, in the order in which it counts."""
        horizon = self.horizon_ms(timestamp_ms)
        if horizon > NEVER:
            self.released_ms = max(self.released_ms, min(horizon, self.furthest_ms))
        if not self._count:
            return EMPTY
        if horizon == FOREVER and not self._held:
            return self._at_once()
        self._keep()
        ready = self._take(horizon)
        while self._count > self.most:
            oldest = self._take((self._held[0][0] // STEP_MS + 1) * STEP_MS - 1)
            self.overflowed += sum(len(batch.rows) for batch in oldest)
            ready += oldest
        return self._in_order(ready)

    def _at_once(self) -> Batch:
        ready, self._fresh, self._count = self._fresh, [], 0
        return self._in_order(ready)

    def _in_order(self, ready: list[Batch]) -> Batch:
        """What goes out together; a row further than every source's clock is marked, for it is to move no clock."""
        if not ready:
            return EMPTY
        batch = in_order(join(ready))
        ahead = batch.rows["event_ms"] > self.furthest_ms
        if ahead.any():
            batch.rows["flags"][ahead] |= np.uint32(AHEAD)
        return batch

    def _take(self, horizon: int) -> list[Batch]:
        """What has come up to the horizon."""
        ready = []
        while self._held and self._held[0][0] <= horizon:
            _, _, batch = heapq.heappop(self._held)
            at = int(np.searchsorted(batch.rows["event_ms"], horizon, side="right"))
            if at < len(batch.rows):
                batch, rest = cut(batch, at)
                self._push(rest)
            self._count -= at
            ready.append(batch)
        return ready

    def drain(self) -> Batch:
        """Everything that is held, in order: no more will come."""
        self.released_ms = max(self.released_ms, self.furthest_ms)
        self._keep()
        return self._in_order(self._take(FOREVER))

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        self._keep()
        held = join([batch for _, _, batch in sorted(self._held, key=lambda entry: entry[:2])])
        held = by_time(held) if len(held.rows) else held
        return {
            "marks": [
                [list(msgspec.structs.astuple(s)), m.clock_ms, m.at_end, m.idle, self.marked_ms[s]] for s, m in self.marks.items()
            ],
            "furthest": [self.furthest_ms, self.released_ms, self.overflowed],
            "rows": held.rows.tobytes(),
            "text": held.text.tobytes(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.marks, self.marked_ms = {}, {}
        for source, clock_ms, at_end, idle, marked_ms in state["marks"]:
            self.marks[Source(*source)] = Mark(clock_ms, at_end, idle)
            self.marked_ms[Source(*source)] = marked_ms
        self.furthest_ms, self.released_ms, self.overflowed = state["furthest"]
        self._held, self._fresh, self._count = [], [], 0
        rows = np.frombuffer(state["rows"], SIGHTING).copy()
        self.add(Batch(rows, np.frombuffer(state["text"], np.uint8)))
