"""Watches: times that go round are never mistaken, what is told or forwarded is remembered, a roamer's calls are its own."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from linewatch.config.operator import Operator, operator_from_toml
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.trunks import Trunks, begins_with
from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.decay import values_of
from linewatch.stream.profiles.row import NUMBER_ROW, TICK_MS, TIMES, A
from linewatch.stream.profiles.watches import (
    AT_HOME,
    AWAY,
    FORWARDS_ABROAD,
    FORWARDS_HOT,
    NEW_PLACE,
    SAME_PLACE,
    forget_stale,
    tick,
    ticks_since,
    within,
)
from stream_helpers import call

OPERATOR = 'country = "TH"\nplmn = ["52088"]\nown_prefixes = ["+6692"]\ninternational_trunks = ["INT-*"]\n'
ME = 66921000001
BEGIN_MS = 1_767_250_000_000


def row_of(score: Callable[..., Any], records: list[dict[str, Any]], number: int = ME) -> Any:
    _, replay = score(records, operator=operator_from_toml(OPERATOR))
    table = replay.partition.store.numbers
    (place,) = np.flatnonzero(table.rows["entity"][: table.count] == np.uint64(number))
    return table.rows[place].copy()


def acts(row: Any) -> dict[str, float]:
    return dict(zip(A, values_of(row["acts"], 1)[0].tolist(), strict=True))


def test_time_since_is_right_for_weeks_and_wherever_the_clock_goes_round() -> None:
    for begin in range(0, (1 << 17) * TICK_MS, 997 * TICK_MS):
        for later in (0, 1, 143, 432, 6480, 20_000):
            since = ticks_since(tick(begin), begin + later * TICK_MS)
            assert abs(since - later) <= 1, "one step where the clock goes round: 0 stands for never"
        assert ticks_since(tick(begin + 500 * TICK_MS), begin) <= 1, "what lies ahead of a late record is now"
        assert tick(begin) != 0


def test_what_was_long_ago_becomes_never_before_it_comes_round() -> None:
    row = np.zeros(1, NUMBER_ROW)
    for name in TIMES:
        row[name] = tick(BEGIN_MS)
    forget_stale(row[0], BEGIN_MS + 44 * DAY_MS)
    assert all(row[name] == tick(BEGIN_MS) for name in TIMES)
    assert within(row["sim_at"][0], BEGIN_MS + 44 * DAY_MS, 44 * 144)
    forget_stale(row[0], BEGIN_MS + 46 * DAY_MS)
    assert not any(row[name].any() for name in TIMES)


@pytest.mark.parametrize(
    ("target", "marks"), [("+5399000001", FORWARDS_ABROAD | FORWARDS_HOT), ("+442079460001", FORWARDS_ABROAD), ("+66291000001", 0)]
)
def test_an_event_says_whereto_calls_are_forwarded(score: Callable[..., Any], target: str, marks: int) -> None:
    event = {
        "kind": "subscriber",
        "record_id": "e",
        "number": f"+{ME}",
        "event": "forwarding_set",
        "at_ms": BEGIN_MS,
        "target": target,
    }
    row = row_of(score, [event])
    assert row["marks"] & (FORWARDS_ABROAD | FORWARDS_HOT) == marks
    assert row["forwarding_at"] == tick(BEGIN_MS)


def test_a_forwarded_call_is_seen_by_the_number_that_forwarded_and_accounted_for_once(score: Callable[..., Any]) -> None:
    some = [
        call(i, calling="+442079460001", called="+5399000001", redirecting=f"+{ME}", duration_s=100, leg="mt") for i in range(3)
    ]
    again = some[2] | {"leg": "transit", "record_id": "other leg"}
    records = [*some, again, some[0]]
    row = row_of(score, records)
    assert acts(row)["forwarded_abroad"] == pytest.approx(3, rel=0.02)
    assert acts(row)["forwarded_seconds"] == pytest.approx(300, rel=0.02)
    assert row["seen"] == 0, "it did nothing itself"
    _, replay = score(records, operator=operator_from_toml(OPERATOR))
    assert [sum(pair) for pair in zip(*replay.partition.tally.values(), strict=True)] == [4, 1]


def test_calls_from_abroad_are_taken_back_when_a_leg_says_that_it_roams(score: Callable[..., Any]) -> None:
    entering = [call(i, leg="mt", trunk_in="INT-3", duration_s=20) for i in range(5)]
    assert acts(row_of(score, entering))["spoofed"] == pytest.approx(5, rel=0.02)
    roams = call(6, leg="mo", plmn="23488", cell="23488-1", imei="1", duration_s=20)
    row = row_of(
        score,
        [
            *entering,
            roams,
            *(record | {"record_id": f"x{i}", "start_ms": record["start_ms"] + 400_000} for i, record in enumerate(entering)),
        ],
    )
    assert acts(row)["spoofed"] == 0
    assert row["marks"] & (AWAY | AT_HOME) == AWAY


def test_one_who_is_answered_for_or_serves_itself_is_not_spoofed(score: Callable[..., Any]) -> None:
    served = [call(i, leg="mo", plmn="52088", cell="52088-1", imei="1", duration_s=20) for i in range(5)]
    assert acts(row_of(score, served))["spoofed"] == 0


HANDSETS = {"A": {"imei": "1", "cell": "52088-1"}, "B": {"imei": "2", "cell": "52088-2"}, "": {}}


@pytest.mark.parametrize("handsets", [*product("AB", repeat=4), ("",) * 4])
@pytest.mark.parametrize("lasts_s", [20, 300])
def test_a_late_call_counts_for_clones_and_overlaps_as_in_its_place(
    score: Callable[..., Any], handsets: tuple[str, ...], lasts_s: int
) -> None:
    calls = [
        call(i, start_ms=BEGIN_MS + i * 250_000, duration_s=lasts_s, leg="mo", plmn="52088", **HANDSETS[handset])
        for i, handset in enumerate(handsets)
    ]
    first, second, late, third = calls
    clock = call(9, calling="+66921999999", start_ms=third["start_ms"] + 320_000 + lasts_s * 1000)
    after = call(10, calling="+66921999999", start_ms=clock["start_ms"] + 1_000_000)
    in_order = acts(row_of(score, [first, second, late, third, clock, after]))
    found = acts(row_of(score, [first, second, third, clock, late, after]))
    assert found["clones"] == pytest.approx(in_order["clones"], rel=0.03)
    assert found["overlaps"] == pytest.approx(in_order["overlaps"], rel=0.03)


def test_the_callers_own_leg_is_looked_at_though_the_other_came_first(score: Callable[..., Any]) -> None:
    """It alone knows the handset: what it tells of a clone is not to wait for the next call."""
    records = []
    for i in range(16):
        one = call(i, start_ms=BEGIN_MS + i * 120_000, duration_s=20, call_ref=f"r{i}")
        records.append(one | {"leg": "mt", "plmn": "52088"})
        served = {"leg": "mo", "plmn": "52088", "record_id": f"own{i}", "start_ms": one["start_ms"] + 500}
        records.append(one | served | HANDSETS["AB"[i % 2]])
    flags, _ = score(records, operator=operator_from_toml(OPERATOR))
    found = [flag for flag in flags if flag.fraud_type == "device_cloning"]
    assert found
    assert found[0].flagged_ms % 1000 == 500, "by a leg of its own"


@pytest.mark.parametrize(
    ("first", "then", "marks"), [("1", "2", SAME_PLACE | NEW_PLACE), ("2", "2", NEW_PLACE), ("2", "1", NEW_PLACE)]
)
def test_where_a_new_sim_is_used_first_says_whether_it_is_its_owners(
    score: Callable[..., Any], first: str, then: str, marks: int
) -> None:
    """Its owner is where he was before; in the thief's place it is new, and what comes later does not undo that."""
    served = {"leg": "mo", "plmn": "52088", "imei": "1", "duration_s": 20}
    before = [call(i, cell="52088-1", **served) for i in range(3)]
    change = {"kind": "subscriber", "record_id": "e", "number": f"+{ME}", "event": "sim_changed", "at_ms": BEGIN_MS + 3_600_000}
    after = [call(9 + i, start_ms=BEGIN_MS + 4_000_000 + i, cell=f"52088-{cell}", **served) for i, cell in enumerate((first, then))]
    row = row_of(score, [*before, change, *after])
    assert row["marks"] & (SAME_PLACE | NEW_PLACE) == marks


def test_what_is_given_up_before_the_third_ring_is_counted_where_the_ring_is_told(score: Callable[..., Any]) -> None:
    rings = [1.0, 5.0, 9.9, 10.1, 30.0, None]
    found = acts(row_of(score, [call(i, ring_s=ring) for i, ring in enumerate(rings)]))
    assert found["few_rings"] == pytest.approx(3, rel=0.02)
    assert found["brief_rings"] == pytest.approx(1, rel=0.02)
    assert acts(row_of(score, [call(1, ring_s=5.0, duration_s=9)]))["few_rings"] == 0, "it was answered"


def test_codes_carry_the_id_of_their_record_to_whom_they_reach(score: Callable[..., Any]) -> None:
    """It is evidence for a stolen number; other messages carry theirs to the sender alone."""
    from linewatch.models.pretrained.text import TextModel
    from linewatch.stream.intake.intake import Intake, Part
    from linewatch.stream.order.batch import Batch
    from linewatch.stream.order.frame import Source, decode

    texts = ("Your login code is 482913. Do not share it with anyone.", "see you at the station tomorrow")
    values = [
        b'{"record_id":"m%d","sender":"MyBank","recipient":"+%d","submit_ms":%d,"text":"%s"}' % (i, ME, BEGIN_MS, text.encode())
        for i, text in enumerate(texts)
    ]
    part = Part(Source("m", "messages", 0), "sms", values, [0, 1], [BEGIN_MS] * 2, True)
    result = Intake(Operator(), 1, TextModel.load()).batch([part])
    frame = decode(result.frames[0])
    batch = Batch(frame.sightings(), np.frombuffer(frame.text, np.uint8))
    ids = [batch.record_id(i) for i in range(4) if batch.rows["role"][i] == s.CALLED]
    assert ids == ["m0", ""]
    assert [batch.record_id(i) for i in range(4) if batch.rows["role"][i] == s.CALLER] == ["m0", "m1"]


def test_trunks_by_the_operators_patterns() -> None:
    trunks = Trunks(operator_from_toml(OPERATOR))
    outside, abroad = s.FROM_OUTSIDE, s.FROM_OUTSIDE | s.FROM_ABROAD
    assert trunks.bits(trunks.codes(["INT-1", "IC-1", "", None, "INT-1"])).tolist() == [abroad, outside, 0, 0, abroad]
    assert trunks.bits(trunks.codes(["INT-9"] * 3)).tolist() == [abroad] * 3
    assert Trunks.signed(["A", "B", "C", None, ""]).tolist() == [s.SIGNED, s.SIGNED, 0, 0, 0]


def test_calls_are_told_by_trunk_and_by_what_became_of_them() -> None:
    trunks = Trunks(operator_from_toml(OPERATOR))
    names = ["INT-1", "INT-1", "INT-1", "IC-1", "IC-1", "", None]
    duration_s = np.array([20, 0, 0, 0, 0, 9, 0], np.float32)
    ring_s = np.array([3, 2, 20, 2, np.nan, 1, 1])
    cause = np.array([16, 16, 19, 1, np.nan, 16, 16])
    trunks.count(trunks.codes(names), duration_s, ring_s, cause)
    one_each = {("INT-1", what): 1 for what in ("answered", "rang_briefly", "unanswered")}
    assert trunks.take_counts() == one_each | {("IC-1", "unallocated"): 1, ("IC-1", "unanswered"): 1}
    assert trunks.take_counts() == {}
    many = [f"T-{index}" for index in range(600)]
    trunks.count(trunks.codes(many), np.ones(600, np.float32), np.ones(600), np.ones(600))
    found = trunks.take_counts()
    assert len(found) <= 501, "the metric's label has so many values at most"
    assert sum(found.values()) == 600
    assert found["other", "answered"] > 90


def test_own_ranges_are_those_that_a_text_would_begin_with() -> None:
    random = np.random.default_rng(5)
    numbers = (10 ** random.uniform(4, 15, 3000)).astype(np.uint64)
    prefixes = [int(str(number)[: random.integers(1, 6)]) for number in numbers[:20].tolist()]
    expected = [any(str(number).startswith(str(prefix)) for prefix in prefixes) for number in numbers.tolist()]
    assert begins_with(numbers, prefixes).tolist() == expected
    assert sum(expected) > 100
    assert not begins_with(numbers, []).any()
    assert not begins_with(np.array([(1 << 56) + 66, 0], np.uint64), [7, 66]).any()
