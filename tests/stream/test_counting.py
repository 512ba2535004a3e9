"""What counts and when: duplicates, legs, late records, withheld numbers, impossible records, by the contract."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from linewatch.stream.profiles.decay import values_of
from linewatch.stream.profiles.row import SLOW, C
from stream_helpers import call


def attempts(replay: Any, number: str) -> float:
    """How many attempts a number made, by the slow half-life, which hardly decays within a test."""
    rows = replay.partition.store.numbers.rows
    row = rows[rows["entity"] == int(number[1:])]
    return float(values_of(row["counts"])[0, SLOW, C["attempts"]]) if len(row) else 0.0


def test_a_record_id_counts_once(score: Callable[..., Any]) -> None:
    _, replay = score([call(1), call(1), call(2)])
    assert attempts(replay, "+66921000001") == pytest.approx(2, abs=0.01)
    assert replay.summary.duplicates == 1


LEGS = [
    ({"call_ref": "x", "leg": "mo"}, {"call_ref": "x", "leg": "mt"}, 1),
    ({"leg": "mo"}, {"leg": "mt", "start_ms": 1_767_250_002_900}, 1),
    ({"leg": "mo"}, {"leg": "mt", "start_ms": 1_767_250_003_100}, 2),
    ({"leg": "mo"}, {"leg": "mo"}, 2),
    ({"leg": "mo"}, {"leg": "mt", "duration_s": 5}, 2),
    ({"leg": "mo", "call_ref": "x"}, {"leg": "mt"}, 1),
    ({"leg": "mo", "call_ref": "x"}, {"leg": "mt", "call_ref": "y"}, 2),
    ({"leg": "mo", "called": "+66925550000"}, {"leg": "mt", "redirecting": "+66925550000"}, 1),
]


@pytest.mark.parametrize(("first", "second", "calls"), LEGS)
def test_legs_of_one_call_count_once(score: Callable[..., Any], first: Any, second: Any, calls: int) -> None:
    both = {"start_ms": 1_767_250_000_000, "duration_s": 30, "called": "+66925551234"}
    _, replay = score([call(1, **(both | first)), call(2, **(both | second))])
    assert attempts(replay, "+66921000001") == pytest.approx(calls, abs=0.01)
    assert sum(applied for applied, _ in replay.partition.tally.values()) == 2


def test_a_withheld_number_is_accounted_for_at_the_called_party(score: Callable[..., Any]) -> None:
    _, replay = score([call(1, calling=""), call(2)])
    assert sum(applied for applied, _ in replay.partition.tally.values()) == 2


def test_impossible_records_are_dead_letters(score: Callable[..., Any]) -> None:
    _, replay = score([call(1, duration_s=-1), call(2, start_ms=1 << 62), call(3, start_ms=4_102_444_800_000), call(4)])
    assert (replay.summary.dead_letters, replay.summary.records) == (3, 1)


@pytest.mark.parametrize("digits", [20, 400])
def test_numbers_that_nothing_can_hold_are_impossible_where_they_are_times(score: Callable[..., Any], digits: int) -> None:
    """A release cause is no time: it is merely none that is known."""
    huge = "9" * digits
    times = {"call": "start_ms", "sms": "submit_ms", "subscriber": "at_ms", "verdict": "at_ms"}
    others = {
        "sms": {"sender": "+66921000001", "recipient": "+66921000002", "submit_ms": 0},
        "subscriber": {"number": "+66921000001", "event": "activated", "at_ms": 0},
        "verdict": {"number": "+66921000001", "verdict": "fraud", "source": "analyst", "at_ms": 0},
    }
    made = [call(1), *({"kind": kind, "record_id": kind} | fields for kind, fields in others.items())]

    def with_number(record: dict[str, Any], field: str, number: str) -> bytes:
        return json.dumps(record | {field: "?"}).replace('"?"', number).encode()

    raws = [with_number(one, times[one["kind"]], sign + huge) for one in made for sign in ("", "-")]
    cause = with_number(call(2), "cause", huge)
    _, replay = score([*raws, cause, call(3)])
    assert replay.summary.dead_letters == len(raws)
    assert sum(sum(counts) for counts in replay.partition.tally.values()) == 2


def test_a_late_record_counts_and_is_said_to_be_late(score: Callable[..., Any]) -> None:
    records = [call(index) for index in range(100)] + [call(200 + index) for index in range(8000)]
    late = call(9000, start_ms=call(100)["start_ms"])
    _, replay = score([*records, late])
    assert replay.summary.late == 1
    assert sum(applied for applied, _ in replay.partition.tally.values()) == len(records) + 1


def test_one_record_from_the_future_moves_no_clock(score: Callable[..., Any]) -> None:
    wild = call(50, start_ms=call(50)["start_ms"] + 20 * 3_600_000)
    _, replay = score([*(call(index) for index in range(4000)), wild, *(call(index) for index in range(4001, 8000))])
    assert replay.summary.late == 0
