"""What a number's counts say does not hang on the date, nor on a single record whose time is far off."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from linewatch.stream.profiles import recent
from linewatch.stream.profiles.decay import values_of
from linewatch.stream.profiles.recent import RECORD, Recent, _find, _put, _remove
from linewatch.stream.profiles.row import ACTS, HALF_LIVES, C
from linewatch.stream.records.columns import mix
from stream_helpers import BEGIN_MS, call

ME, ENTITY = "+66921000001", 66_921_000_001
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
AT = {"1971": 31_536_000_000, "2026": BEGIN_MS, "a first stretch": BEGIN_MS + 23 * DAY_MS}


def row_of(replay: Any) -> Any:
    numbers = replay.partition.store.numbers
    return numbers.rows[: numbers.count][numbers.rows["entity"][: numbers.count] == ENTITY][0]


def sums(replay: Any, counter: str) -> list[float]:
    """By half-life."""
    found: list[float] = values_of(row_of(replay)["counts"], HALF_LIVES)[:, C[counter]].tolist()
    return found


def acts(replay: Any) -> dict[str, float]:
    return dict(zip(ACTS, values_of(row_of(replay)["acts"], 1).ravel().tolist(), strict=True))


@pytest.mark.parametrize("begin_ms", AT.values(), ids=AT)
@pytest.mark.parametrize(("others", "distinct"), [(1, 1), (4, 4)])
def test_distinct_counterparties_are_counted_in_every_half_life_and_year(
    score: Callable[..., Any], begin_ms: int, others: int, distinct: float
) -> None:
    calls = [call(i, start_ms=begin_ms + i * 2000, called=f"+6692200{i % others:04d}", ring_s=12) for i in range(40)]
    _, replay = score(calls)
    for found in sums(replay, "distinct"):
        assert distinct * 0.9 <= found <= 2.2 * distinct, "a stretch may end in between"


def test_records_that_come_late_meet_what_there_is(score: Callable[..., Any]) -> None:
    """As where partners' records come hours after one's own."""
    calls = []
    for index in range(40):
        late_ms = 20 * HOUR_MS if index % 2 else 0
        calls.append(call(index, start_ms=BEGIN_MS + index * 60_000 - late_ms, called=f"+6692200{index % 4:04d}"))
    _, replay = score(calls)
    assert sums(replay, "distinct")[1] < 9


def test_one_record_ahead_of_all_clocks_blinds_nobody(score: Callable[..., Any]) -> None:
    others = [call(130 + index, calling=f"+6692777{index:04d}") for index in range(10)]
    ahead = call(999, start_ms=BEGIN_MS + 20 * HOUR_MS, calling=ME)
    calls = [call(index, start_ms=BEGIN_MS + 200_000 + index * 10_000, calling=ME) for index in range(200)]
    found = [sums(score([*others, *before, *calls])[1], "attempts") for before in ([], [ahead])]
    assert found[1] == pytest.approx(found[0], rel=0.05, abs=1.5)


@pytest.mark.parametrize("days_late", [50, 100, 2000])
def test_one_record_of_long_ago_disarms_nothing(score: Callable[..., Any], days_late: int) -> None:
    begun = [
        {"kind": "subscriber", "record_id": "s", "number": ME, "event": "sim_changed", "at_ms": BEGIN_MS},
        call(1, start_ms=BEGIN_MS + HOUR_MS, plmn="23488", leg="mo", cell="a"),
    ]
    _, replay = score([*begun, call(2, start_ms=BEGIN_MS - days_late * DAY_MS)])
    assert row_of(replay)["sim_at"] > 0


def test_a_call_that_comes_late_does_not_overlap_itself(score: Callable[..., Any]) -> None:
    bare = call(1, start_ms=BEGIN_MS + 1_200_000, duration_s=60)
    named = call(2, start_ms=BEGIN_MS, duration_s=60, leg="mo", imei="359000000000001", cell="a")
    assert [acts(score(order)[1])["overlaps"] for order in ([named, bare], [bare, named])] == [0.0, 0.0]


def test_keys_of_one_home_cannot_spoil_the_index_of_what_was_seen_of_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever chooses references of calls could choose many of one place: those beyond what a slot can tell are not known."""
    held = Recent(RECORD)
    held.make_room(6000)
    mask = len(held.slots) - 1
    random = np.random.default_rng(5)
    chosen = [key for key in random.integers(1, 1 << 62, 1 << 22, np.uint64) if int(mix(key)) & mask & ~0x3 == 0][:3000]
    assert len(chosen) > 400
    keys = np.array(chosen, np.uint64)
    monkeypatch.setattr(recent, "_HOME", 255)
    for place, key in enumerate(keys):
        held.ring[place]["key"] = key
        _put(held.slots, held.ring, key, place)
    known = [place for place, key in enumerate(keys) if _find(held.slots, held.ring, key) == place]
    assert len(known) > 100
    for place in range(0, len(keys), 2):
        _remove(held.slots, held.ring, place)
    left = [place for place in known if place % 2]
    assert all(_find(held.slots, held.ring, keys[place]) == place for place in left)
    for place in range(1, len(keys), 2):
        _remove(held.slots, held.ring, place)
    assert not held.slots.any()


@pytest.mark.parametrize("days", [14, 22, 31])
def test_memory_of_counterparties_begins_anew_whenever_a_number_is_first_seen(score: Callable[..., Any], days: int) -> None:
    """Ten others in turn, once a minute for most of a day: of late it met all ten."""
    calls = [call(i, start_ms=BEGIN_MS + days * DAY_MS + i * 60_000, called=f"+6692200{i % 10:04d}") for i in range(1200)]
    _, replay = score(calls)
    fast, medium, _ = sums(replay, "distinct")
    assert fast > 2
    assert medium > 2
