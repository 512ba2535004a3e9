"""The columns of the subscriber model from records: what a plain count over the same calls and messages gives."""

import json
import statistics
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from linewatch.config.errors import UnusableInput
from linewatch.config.operator import Operator
from linewatch.models.pretrained.subscriber import COLUMNS, UNTOLD
from linewatch.stream.history.columns import Histories, Places, histories, read_places
from linewatch.stream.history.events import Events
from linewatch.stream.history.groups import Groups
from linewatch.stream.records.files import Line, blocks_of_lines

BEGIN_MS = 1_767_225_600_000  # 2026-01-01 in UTC
ZONE = "Asia/Bangkok"
OPERATOR = Operator(country="TH", timezone=ZONE)
CELLS = {"c0": ("North", "a"), "c1": ("North", "b"), "c2": ("South", "a"), "c3": ("South", "a")}
PLACES_CSV = "cell,city,county\n" + "".join(f"{cell},{city},{county}\n" for cell, (city, county) in CELLS.items())


def made(records: list[dict[str, Any]], operator: Operator = OPERATOR, places: Places | None = None, size: int = 1000) -> Histories:
    events = Events(operator)
    lines = (Line("", number, json.dumps(record).encode()) for number, record in enumerate(records, 1))
    for block in blocks_of_lines(lines, size):
        events.take(block)
    return histories(events, operator, places or read_places(None))


def row(found: Histories, number: str) -> dict[str, float]:
    place = found.numbers.tolist().index(int(number[1:]))
    return dict(zip(COLUMNS, found.rows[place].tolist(), strict=True))


def call(record_id: str, calling: str, called: str, at_s: float = 0, duration_s: float = 30, **more: Any) -> dict[str, Any]:
    known = {"kind": "call", "record_id": record_id, "calling": calling, "called": called}
    return known | {"start_ms": BEGIN_MS + int(1000 * at_s), "duration_s": duration_s} | more


def sms(record_id: str, sender: str, recipient: str, at_s: float = 0) -> dict[str, Any]:
    return {
        "kind": "sms",
        "record_id": record_id,
        "sender": sender,
        "recipient": recipient,
        "submit_ms": BEGIN_MS + int(1000 * at_s),
    }


A, B, C, D = (f"+6692123000{place}" for place in range(4))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    path = tmp_path / "cells.csv"
    path.write_text(PLACES_CSV)
    return read_places(path)


def random_month(seed: int) -> list[dict[str, Any]]:
    """Calls and messages between eight numbers, in whole seconds, no two at once; handsets and cells of the callers."""
    random = np.random.default_rng(seed)
    numbers = [f"+669211100{place:02d}" for place in range(8)]
    records = []
    for place in range(600):
        one, two = random.choice(8, 2, replace=False).tolist()
        at_s = 4000.0 * place
        if random.random() < 0.6:
            known = {"imei": f"h{random.integers(3)}", "cell": f"c{random.integers(4)}"} if random.random() < 0.8 else {}
            lasts = int(random.integers(0, 200))
            records.append(call(f"r{place}", numbers[one], numbers[two], at_s, lasts, leg="mo", **known))
        else:
            records.append(sms(f"r{place}", numbers[one], numbers[two], at_s))
    return records


def plain(records: list[dict[str, Any]], number: str) -> dict[str, float]:
    """The columns of one number, counted one by one; every caller's record is of leg `mo`, nobody forwards."""
    answered = [r for r in records if r["kind"] == "call" and r["duration_s"] > 0 and number in (r["calling"], r["called"])]
    texts = [r for r in records if r["kind"] == "sms" and number in (r["sender"], r["recipient"])]
    others: dict[str, list[float]] = defaultdict(list)
    for record in answered:
        others[record["called"] if record["calling"] == number else record["calling"]].append(record["duration_s"])
    out = [r for r in answered if r["calling"] == number]
    lasted = [r["duration_s"] for r in answered]
    times, sums = [len(v) for v in others.values()], [sum(v) for v in others.values()]
    nan = float("nan")
    found = {
        "opposite_count": len(answered),
        "opposite_unique": len(others),
        "voccalltype1": len(out),
        "imeis": len({r["imei"] for r in out if "imei" in r}) or nan,
        "voc_calltype1": len(out) / len(answered),
        "city_name_call": len({CELLS[r["cell"]][0] for r in out if "cell" in r}) or nan,
        "county_name_call": len({CELLS[r["cell"]] for r in out if "cell" in r}) or nan,
        "city_name_nunique": len({CELLS[r["cell"]][0] for r in out if "cell" in r}) or nan,
        "county_name_nunique": len({CELLS[r["cell"]] for r in out if "cell" in r}) or nan,
        "call_dur_min": min(lasted),
        "calltype_id_unique": len({r["calling"] == number for r in answered}),
    }
    for name, values in (("phone2opposite", times), ("phone2oppo_sum", sums), ("call_dur", lasted)):
        found |= {f"{name}_mean": statistics.mean(values), f"{name}_median": statistics.median(values), f"{name}_max": max(values)}
    received = sum(r["recipient"] == number for r in texts)
    partners = {r["sender"] if r["recipient"] == number else r["recipient"] for r in texts}
    found |= {"sms_count": len(texts), "sms_nunique": len(partners), "sms_rate": len(texts) / len(partners)}
    found |= {"calltype_2": received, "calltype_rate": received / len(texts)}
    for prefix, moments in (("voc_", [r["start_ms"] for r in answered]), ("", [r["submit_ms"] for r in texts])):
        local = [datetime.fromtimestamp(ms / 1000, ZoneInfo(ZONE)) for ms in moments]
        for name, values in (("hour", [t.hour for t in local]), ("day", [t.day for t in local])):
            counts = Counter(values)
            most = max(counts.values())
            mode = min(value for value, count in counts.items() if count == most)
            found |= {f"{prefix}{name}_mode": mode, f"{prefix}{name}_mode_count": most, f"{prefix}{name}_nunique": len(counts)}
    return {name: float(found[name]) for name in COLUMNS}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_columns_are_those_of_a_plain_count(seed: int, places: Places) -> None:
    records = random_month(seed)
    found = made(records, places=places)
    assert len(found.numbers) == 8
    for number in found.numbers.tolist():
        assert row(found, f"+{number}") == pytest.approx(plain(records, f"+{number}"), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_neither_blocks_nor_order_nor_repeats_matter(size: int, places: Places) -> None:
    records = random_month(4)
    shuffled = [records[place] for place in np.random.default_rng(5).permutation(len(records))]
    one, other = made(records, places=places), made([*shuffled, *records[::3]], places=places, size=size)
    assert np.array_equal(one.rows, other.rows, equal_nan=True)
    assert one.first_ms.tolist() == other.first_ms.tolist()
    assert one.last_ms.tolist() == other.last_ms.tolist()


@pytest.mark.parametrize("reference", [{}, {"call_ref": "x"}])
def test_both_legs_are_one_call_and_each_tells_its_side(reference: dict[str, str], places: Places) -> None:
    mo = call("1", A, B, leg="mo", imei="h1", cell="c0", **reference)
    mt = call("2", A, B, at_s=2, leg="mt", imei="h2", cell="c2", **reference)
    found = made([mt, mo], places=places)
    assert (row(found, A)["opposite_count"], row(found, A)["voccalltype1"], row(found, A)["imeis"]) == (1, 1, 1)
    assert (row(found, A)["city_name_nunique"], row(found, B)["city_name_nunique"]) == (1, 1)
    assert row(found, B)["opposite_count"] == 1
    assert np.isnan(row(found, B)["imeis"]), "handsets are those of outgoing calls"


def test_like_calls_further_apart_are_two() -> None:
    found = made([call("1", A, B, leg="mo"), call("2", A, B, at_s=4, leg="mt"), call("3", A, C, leg="mo")])
    assert row(found, A)["opposite_count"] == 3


def test_a_reference_that_is_used_again_later_is_another_call() -> None:
    found = made([call("1", A, B, call_ref="x"), call("2", A, B, at_s=3600, call_ref="x")])
    assert row(found, A)["opposite_count"] == 2


@pytest.mark.parametrize("reference", [{}, {"call_ref": "x"}])
def test_a_forwarded_call_is_of_three_kinds(reference: dict[str, str]) -> None:
    mo = call("1", A, B, leg="mo", **reference)
    mt = call("2", A, C, at_s=1, leg="mt", redirecting=B, **reference)
    found = made([mo, mt, call("3", B, D, at_s=9000)])
    assert found.numbers.tolist() == [int(number[1:]) for number in (A, B, C, D)]
    assert (row(found, A)["opposite_count"], row(found, C)["opposite_count"]) == (1, 1)
    assert (row(found, B)["opposite_count"], row(found, B)["calltype_id_unique"]) == (2, 2)
    assert np.isnan(row(found, C)["voccalltype1"])


def test_nobody_answers_and_nothing_counts() -> None:
    found = made([call("1", A, B, duration_s=0, cause=19), sms("2", A, C)])
    assert found.numbers.tolist() == [int(A[1:]), int(C[1:])]
    assert np.isnan(row(found, A)["opposite_count"])
    assert (row(found, A)["sms_count"], row(found, C)["calltype_rate"]) == (1, 1)
    assert np.isnan(row(found, A)["calltype_2"])


def test_withheld_callers_short_codes_and_senders_are_counterparties_and_no_subscribers() -> None:
    found = made([call("1", "", B), call("2", B, "1669", at_s=99), sms("3", "MyBank", B)])
    assert found.numbers.tolist() == [int(B[1:])]
    assert (row(found, B)["opposite_unique"], row(found, B)["sms_nunique"]) == (2, 1)


def test_a_national_form_is_the_same_number() -> None:
    found = made([call("1", "092 123 0000", B), call("2", A, C, at_s=99)])
    assert row(found, A)["opposite_count"] == 2


def test_own_prefixes_leave_others_out() -> None:
    own = Operator(country="TH", timezone=ZONE, own_prefixes=("+66921230000", "+66921230001"))
    found = made([call("1", A, C), sms("2", D, B)], own)
    assert found.numbers.tolist() == [int(A[1:]), int(B[1:])]


def test_without_an_operator_a_number_lives_by_its_own_countrys_clock() -> None:
    found = made([call("1", A, "+4520310001")], Operator())
    assert (row(found, A)["voc_hour_mode"], row(found, "+4520310001")["voc_hour_mode"]) == (7, 1)


def test_without_places_they_are_untold() -> None:
    found = made(random_month(6))
    untold = [COLUMNS.index(name) for name in UNTOLD if name != "imeis"]
    assert np.isnan(found.rows[:, untold]).all()
    assert np.isfinite(found.rows[:, COLUMNS.index("imeis")]).all()


def test_what_cannot_be_read_is_counted_and_left_out() -> None:
    events = Events(OPERATOR)
    good = json.dumps(call("1", A, B)).encode()
    bad = [b"{", b'{"kind":"call"}', b'{"kind":"none"}', json.dumps(call("2", A, B, duration_s=-1)).encode()]
    ahead = json.dumps(sms("3", A, B) | {"submit_ms": 1 << 52}).encode()
    for block in blocks_of_lines((Line("", number, raw) for number, raw in enumerate([*bad, good, ahead], 1)), 100):
        events.take(block)
    assert (events.read, events.left_out) == (6, 5)
    assert len(events.calls().who) == 2
    assert len(events.messages().who) == 0


def test_nothing_at_all() -> None:
    found = made([])
    assert found.rows.shape == (0, len(COLUMNS))


@pytest.mark.parametrize("text", ["cell,city\nx,y\n", None])
def test_a_file_of_cells_that_is_none_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "cells.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UnusableInput, match="cell, city and county"):
        read_places(path)


def test_groups_with_no_row_say_nothing() -> None:
    groups = Groups(np.array([2, 0, 2, 2]), 4)
    values = np.array([5.0, 1.0, 3.0, 3.0])
    lowest, median, highest = groups.lowest_median_highest(values)
    mode, times = groups.mode(values.astype(np.int64))
    for made_, wanted in (
        (groups.counts(), [1, None, 3, None]),
        (groups.mean(values), [1, None, 11 / 3, None]),
        (lowest, [1, None, 3, None]),
        (median, [1, None, 3, None]),
        (highest, [1, None, 5, None]),
        (groups.distinct(values), [1, None, 2, None]),
        (mode, [1, None, 3, None]),
        (times, [1, None, 2, None]),
    ):
        assert made_ == pytest.approx([float("nan") if one is None else one for one in wanted], nan_ok=True)
