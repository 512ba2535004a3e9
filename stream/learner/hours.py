"""The learner in replay: what an hour showed is learned at its end, and counts from ten minutes later on.

A pure function of the records: examples are learned in the order of their event times and records, however they came.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np

from linewatch.stream.learner.examples import ORDINARY, Examples
from linewatch.stream.learner.learner import Learner

Row = tuple[int, int, int, str, bytes, Examples]


class HourlyLearner:
    """Examples come in at any time; `close` learns them and gives what counts from some minutes after the full hour on."""

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self._waiting: list[Examples] = []
        self._verdicts = 0
        self._period: int | None = None

    def take(self, examples: Iterable[Examples]) -> None:
        """Examples of sightings before the next full hour."""
        self._waiting.extend(examples)

    def close(self, hour_ms: int) -> tuple[int, bytes] | None:
        """Learn what was taken; returns version and payload of a snapshot, where one is due at this full hour."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return None
        for examples in in_order(waiting):
            self._verdicts += int(self.learner.absorb(examples))
        settings = self.learner.policy.learner
        period = int(hour_ms / 1000 // settings.snapshot_s)
        if period == self._period and self._verdicts < settings.verdicts_per_snapshot:
            return None
        self._period, self._verdicts = period, 0
        version, _, payload = self.learner.snapshot(self.learner.in_force_ms(hour_ms))
        return version, payload


def in_order(waiting: Iterable[Examples]) -> Iterator[Examples]:
    """The same rows by event time, record and type; those that are ordinary and stand together as one."""
    rows = sorted((row for examples in waiting for row in _rows(examples)), key=lambda row: row[:5])
    for ordinary, group in groupby(rows, key=lambda row: row[2] == ORDINARY):
        members = list(group)
        if ordinary:
            yield Examples([row[0] for row in members], b"".join(row[4] for row in members), records=[row[1] for row in members])
        else:
            yield from (row[5] for row in members)


def _rows(examples: Examples) -> Iterator[Row]:
    matrix = examples.matrix()
    records = examples.records or np.zeros(len(matrix), np.int64).tolist()
    for event_ms, record, row in zip(examples.event_ms, records, matrix, strict=True):
        yield event_ms, record, examples.fraud_type, examples.record_id, row.tobytes(), examples
