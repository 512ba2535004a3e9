"""What the report counts: plain and stealthy forms apart, who the false alarms are, and marks that can fail."""

from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.decision.flag import Flag
from linewatch.training.evaluate import report
from linewatch.training.evaluate.baseline import Reached
from linewatch.training.evaluate.counters import Counted
from linewatch.training.evaluate.trial import ORDINARY, Trial, judge, kinds_of, per_million


def flag(number: str, fraud_type: str, action: str, at_ms: int = 1_000_000) -> Flag:
    plain: dict[str, Any] = dict.fromkeys(Flag.__struct_fields__, 0)
    plain |= {"flag_id": "f", "role": "actor", "reasons": [], "evidence": [], "policy_version": "p", "model_version": "m"}
    plain |= {"number": number, "fraud_type": fraud_type, "action": action, "flagged_ms": at_ms, "score": 0.5}
    return msgspec.convert(plain, Flag)


LABELS = [
    {"number": "+1", "fraud_type": "irsf", "first_ms": 400_000, "stealthy": False},
    {"number": "+2", "fraud_type": "irsf", "first_ms": 400_000, "stealthy": True, "variant": "slow"},
    {"number": "+3", "fraud_type": "wangiri", "first_ms": 400_000, "stealthy": False},
]


def trial() -> Trial:
    flags = [
        flag("+1", "irsf", "watch"),
        flag("+1", "irsf", "block", 2_000_000),
        flag("+3", "robocall", "review"),
        flag("+7", "sim_box", "block"),
        flag("+7", "sim_box", "clear"),
        flag("+8", "sim_box", "watch"),
        flag("+9", "irsf", "block"),
    ]
    related = [{"number": "+9", "fraud_type": "irsf", "role": "destination"}]
    acts = {"+1": np.array([[400_000, 450_000], [700_000, 1_300_000], [1_000_000, 1_000_000], [1_100_000, 1_200_000]])}
    return judge(flags, LABELS, related, [{"number": "+7", "kind": "gateway"}], 500_000, acts)


def test_outcomes_and_false_numbers() -> None:
    done = trial()
    assert [(o.fraud_type, o.stealthy, o.detect_s, o.only_wrong) for o in done.outcomes] == [
        ("irsf", False, 600.0, False),
        ("irsf", True, None, False),
        ("wangiri", False, None, True),
    ]
    assert [(o.level, o.exact, o.top_right, o.acts) for o in done.outcomes] == [
        (3, True, True, (3, 2)),
        (0, False, False, None),
        (0, False, False, None),
    ], "three had begun and two of them were over"
    assert [(f.number, f.level, f.kind) for f in done.false] == [("+7", 2, "gateway"), ("+8", 0, ORDINARY)]
    assert [per_million(done.false, level, done.records) for level in range(3)] == [4.0, 2.0, 2.0]
    assert done.scored == [(0.5, True), (0.5, True), (0.5, False), (0.5, False)], "neither wrong types nor related numbers"
    assert report.calibration_table([done])[2:] == ["| 0.5 to 0.75 | 4 | 0.500 | 0.500 |"]
    assert kinds_of(done.false)["gateway as sim_box block"] == 1


def test_marks_that_do_not_hold_are_named() -> None:
    missed = report.misses([trial()])
    assert any(line.startswith("wangiri in its plain form is recalled at 0.000") for line in missed)
    assert any(line.startswith("irsf in its evasive form is recalled at 0.000") for line in missed)
    assert not any(line.startswith("irsf in its plain form") for line in missed), "each form has a mark of its own"
    assert "irsf is flagged after" not in "".join(missed)
    late = trial().outcomes[0]._replace(acts=(9, 4))
    assert "irsf is flagged after 4 acts, over 3" in report.misses([trial()._replace(outcomes=[late])])
    boxes = [late._replace(fraud_type="sim_box", detect_s=3 * 3600.0, top_right=right) for right in (True, False)]
    missed = report.misses([trial()._replace(outcomes=boxes)])
    assert "sim_box in its plain form is flagged after 3.0 h" in missed
    assert "the type of the highest score is right for 0.500, under 0.9" in missed
    many = trial()._replace(records=100_000)
    assert any("per million at block" in line for line in report.misses([many]))


def test_tables_have_a_row_for_every_type() -> None:
    table = report.detection_table([trial()])
    rows = [line.split("|") for line in table[2 : table.index("")]]
    assert [row[1].strip() for row in rows if row[1].strip()] == list(FRAUD_TYPES)
    assert [row[2].strip() for row in rows if not row[1].strip()] == ["slow"]
    assert {line.count("|") for line in table[: table.index("")]} == {len(report.HEADS) + 1}
    areas = {row[1].strip(): row[report.HEADS.index("PR-AUC") + 1].strip() for row in rows}
    assert (areas["irsf"], areas["wangiri"], areas["tdos"]) == ("1.000", "0.000", ""), "found, never found, not there"


def test_the_interval_of_a_share_is_wilsons() -> None:
    """As in Newcombe 1998, table I: 81 of 263, and none of 20."""
    assert report.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert report.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_tables_of_what_stands_beside_have_a_row_for_every_type() -> None:
    figures = {name: Reached(0.5, 0.1, {"plain": 0.2, "slow": 0.05}) for name in FRAUD_TYPES}
    ones = [report.Beside(figures, Counted(500_000, dict.fromkeys(FRAUD_TYPES, (4, found)), 3)) for found in (1, 2)]
    assert len(report.baseline_table({2000: ones, 9000: ones})) == 2 + 3 * len(FRAUD_TYPES), "of all forms, plain and slow"
    lines = report.counters_section({2000: ones, 9000: ones[:1]}, {"calls a day": 30.0})
    assert f"| {FRAUD_TYPES[0]} | 0.375 | 0.250 |" in lines
    assert lines[-2] == "A number is flagged at more than 30 calls a day. Legitimate numbers flagged per million records: 6.0."


def test_the_document_has_the_marks_that_figures_are_written_between() -> None:
    text = report.DOCUMENT.read_text()
    assert text.count(report.BEGIN) == text.count(report.END) == 1
