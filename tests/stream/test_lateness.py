"""Lateness: against the source's own clock at intake, and against the clock of the log where the log is read."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.stream.intake.clock import SourceClock
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.order.frame import Source, control_frame, decode
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.order.sighting import LATE
from linewatch.stream.profiles.partition import Partition
from stream_helpers import call

ONE, TWO = Source("a", "calls", 0), Source("a", "calls", 1)
BEGIN_MS = 1_767_250_000_000
MINUTE_MS = 60_000
NOW_MS = 1_800_000_000_000


def at(minute: float, index: int, **changes: Any) -> dict[str, Any]:
    return call(index, start_ms=BEGIN_MS + round(minute * MINUTE_MS), ring_s=None, **changes)


class Log:
    """One partition behind one intake, fed batch by batch."""

    def __init__(self, mode: Any = "live") -> None:
        self.intake = Intake(Operator(), 1, None)
        self.partition = Partition(0, 2, None)
        self._offset = 0
        self._offsets = {ONE: 0, TWO: 0}
        self.flags: list[Any] = []
        order = OrderSettings(mode).payload()
        for kind, payload in (("policy", shipped_policy().source.encode()), ("operator", b""), ("order", order), ("models", b"")):
            self._apply(control_frame(kind, 1, payload))

    def _apply(self, frame: bytes) -> None:
        self.flags += self.partition.apply([(self._offset, frame, 1)]).flags
        self._offset += 1

    def write(self, source: Source, records: Sequence[dict[str, Any]], at_end: bool = True) -> list[bool]:
        """Returns which of the batch's sightings intake found late."""
        values = [msgspec.json.encode(record) for record in records]
        first = self._offsets[source]
        self._offsets[source] += len(values)
        places = list(range(first, first + len(values)))
        result = self.intake.batch([Part(source, "call", values, places, [NOW_MS] * len(values), at_end)])
        self._apply(result.frames[0])
        return (decode(result.frames[0]).sightings()["flags"] & LATE > 0).tolist()


def test_intake_marks_what_is_behind_its_own_source_within_a_batch() -> None:
    log = Log()
    late = log.write(ONE, [at(0, 1), at(30, 2, calling="+66921000009"), at(31, 3), at(20.9, 4), at(21.1, 5)])
    assert late[::2] == late[1::2] == [False, False, False, True, False]
    log.write(TWO, [at(31, 6)])
    assert log.partition.late == 1


@pytest.mark.parametrize("cut", range(1, 6))
def test_clock_and_lateness_do_not_depend_on_batches(cut: int) -> None:
    times = np.array([0, 1, 12, 12, 2, 25, 24, 13, 1, 40, 41, 29], np.int64) * MINUTE_MS
    numbers = np.array([1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9, 9], np.uint64)

    def run(size: int) -> tuple[list[bool], list[int], int]:
        clock = SourceClock()
        clock.advance(times[:1], numbers[:1], clock.now_ms)
        late: list[bool] = []
        met_ms: list[int] = []
        for begin in range(1, len(times), size):
            part = slice(begin, begin + size)
            seen = clock.advance(times[part], numbers[part], clock.now_ms)
            late += seen.late.tolist()
            met_ms += seen.met_ms.tolist()
        return late, met_ms, clock.now_ms

    assert run(cut) == run(len(times))


def test_one_number_from_the_future_moves_no_clock_and_a_second_one_does() -> None:
    clock = SourceClock()
    minutes, numbers = [0, 100, 101, 1, 99, 100], [1, 2, 2, 1, 3, 4]
    seen = clock.advance(np.array(minutes, np.int64) * MINUTE_MS, np.array(numbers, np.uint64), 0)
    assert seen.late.tolist() == [False] * 6
    assert (seen.met_ms // MINUTE_MS).tolist() == [0, 0, 0, 1, 99, 100], "memories go by the clock"
    assert clock.now_ms == 100 * MINUTE_MS


def test_before_a_source_has_a_clock_memories_go_by_that_of_the_others() -> None:
    seen = SourceClock().advance(np.array([100, 20]) * MINUTE_MS, np.array([1, 2], np.uint64), 30 * MINUTE_MS)
    assert (seen.met_ms // MINUTE_MS).tolist() == [30, 20]


def test_a_record_behind_the_log_is_late_though_its_own_source_has_no_later_one() -> None:
    log = Log()
    log.write(TWO, [at(0, 1)])
    log.write(ONE, [at(0, 2)])
    log.write(ONE, [at(30, 3, calling="+66921000009")])
    log.write(ONE, [at(35, 4)])
    assert log.write(TWO, [at(19, 5)]) == [False, False]
    assert log.partition.late == 1


def test_catching_up_makes_nothing_late() -> None:
    """Both sources were away for an hour; one is read to its end before the other's first record."""
    log = Log()
    for source in (ONE, TWO):
        log.write(source, [at(0, 1 if source is ONE else 2)])
    hour = [at(minute, 10 + minute, calling=f"+6692100{minute:04d}") for minute in range(61)]
    log.write(ONE, hour[:30], at_end=False)
    log.write(ONE, hour[30:], at_end=True)
    log.write(TWO, [at(minute, 100 + minute) for minute in range(30)], at_end=False)
    log.write(TWO, [at(minute, 200 + minute) for minute in range(30, 61)], at_end=True)
    assert log.partition.late == 0
    assert sum(applied for applied, _ in log.partition.tally.values()) == 2 + 61 + 61


def one_ring(index: int, minute: float) -> dict[str, Any]:
    return at(minute, index, duration_s=0, called=f"+6692{2_000_000 + 37 * index:07d}") | {"ring_s": 2.0}


def test_late_records_count_and_raise_no_flag_by_themselves() -> None:
    """The calls of a one-ring caller, handed in an hour late, raise nothing; those on time do, and more with the late ones."""
    on_time, late = Log(), Log()
    for log in (on_time, late):
        log.write(TWO, [at(0, 1, calling="+66921000009")])
        log.write(ONE, [at(0, 2, calling="+66921000009")])
    calls = [one_ring(10 + index, 1 + index / 20) for index in range(120)]
    on_time.write(ONE, calls)
    assert {flag.fraud_type for flag in on_time.flags} == {"wangiri"}
    late.write(ONE, [at(60, 3, calling="+66921000008"), at(60, 4, calling="+66921000007")])
    late.write(ONE, [at(65, 5, calling="+66921000008")])
    late.write(ONE, calls)
    assert late.flags == []
    assert late.partition.late == len(calls)
    late.write(ONE, [one_ring(500 + index, 65 + index / 40) for index in range(40)])
    assert {flag.fraud_type for flag in late.flags} == {"wangiri"}, "they had counted"
