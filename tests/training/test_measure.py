"""The arithmetic of evaluation, on flags made by hand."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from linewatch.config.errors import UnusableInput
from linewatch.training.evaluate.measure import Flagged, Judged, Label, Measure, Related, count_lines, evaluate, read_lines


def flag(number: str, fraud_type: str, action: str = "watch", at_ms: int = 1_000_000) -> dict[str, Any]:
    return {"number": number, "fraud_type": fraud_type, "action": action, "flagged_ms": at_ms}


def label(number: str, fraud_type: str, first_ms: int = 400_000, **more: Any) -> dict[str, Any]:
    return {"number": number, "fraud_type": fraud_type, "first_ms": first_ms, **more}


def measured(
    flags: list[dict[str, Any]], labels: list[dict[str, Any]], related: list[dict[str, Any]] | None = None, records: int = 1000
) -> dict[str, Measure]:
    return {measure.fraud_type: measure for measure in evaluate(flags, labels, related or [], records)}


def test_recall_precision_and_time() -> None:
    flags = [
        flag("+1", "wangiri", at_ms=1_000_000),
        flag("+1", "wangiri", "block", 2_000_000),
        flag("+2", "wangiri", "review", 700_000),
        flag("+9", "wangiri", "review"),
    ]
    labels = [label("+1", "wangiri"), label("+2", "wangiri"), label("+3", "wangiri")]
    measure = measured(flags, labels)["wangiri"]
    assert (measure.truth, measure.found) == (3, 2)
    assert measure.recall == pytest.approx(2 / 3)
    assert measure.precision == pytest.approx(2 / 3)
    assert measure.detect_s == pytest.approx(450.0)
    assert measure.false_numbers == {"watch": 1, "review": 1, "block": 0}
    assert measure.false_per_million == {"watch": 1000.0, "review": 1000.0, "block": 0.0}


def test_a_false_number_counts_as_strongly_as_it_ever_was() -> None:
    flags = [flag("+9", "irsf", "block"), flag("+9", "irsf", "watch"), flag("+9", "irsf", "clear"), flag("+9", "wangiri")]
    found = measured(flags, [])
    assert found["irsf"].false_numbers == {"watch": 1, "review": 1, "block": 1}
    assert found["all"].false_numbers == {"watch": 1, "review": 1, "block": 1}, "one number, though of two types"


def test_the_wrong_type_finds_nothing_and_is_no_false_alarm() -> None:
    found = measured([flag("+1", "robocall")], [label("+1", "wangiri")])
    assert found["wangiri"].recall == 0.0
    assert found["robocall"].false_numbers["watch"] == 0


def test_a_type_that_is_as_right_finds_it() -> None:
    found = measured([flag("+1", "sms_spam", at_ms=401_000)], [label("+1", "smishing", also=["sms_spam"])])
    assert found["smishing"].recall == 1.0
    assert found["smishing"].detect_s == 1.0


def test_related_numbers_are_neither_right_nor_wrong() -> None:
    related = [{"number": "+5", "fraud_type": "irsf", "role": "destination"}]
    measure = measured([flag("+5", "irsf", "block")], [label("+1", "irsf")], related)["irsf"]
    assert measure.false_numbers["watch"] == 0
    assert measure.precision is None


def test_a_clear_alone_flags_nobody() -> None:
    assert measured([flag("+9", "irsf", "clear")], [])["all"].found == 0


def test_a_number_of_two_types_counts_twice() -> None:
    labels = [label("+1", "irsf"), label("+1", "robocall")]
    found = measured([flag("+1", "irsf")], labels)
    assert (found["irsf"].recall, found["robocall"].recall, found["all"].recall) == (1.0, 0.0, 0.5)


def test_a_flag_before_the_first_record_waited_nothing() -> None:
    assert measured([flag("+1", "irsf", at_ms=0)], [label("+1", "irsf")])["irsf"].detect_s == 0.0


def test_nothing_at_all() -> None:
    (together,) = evaluate([], [], [], 0)
    assert (together.recall, together.precision) == (None, None)


def test_lines_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"number":"+1"}\n\n{"number":"+2"}\n')
    assert [line["number"] for line in read_lines(path)] == ["+1", "+2"]
    assert count_lines(path) == 2
    path.write_text('{"number":"+1"}\n[1]\n')
    with pytest.raises(UnusableInput, match="line 2"):
        read_lines(path)


@pytest.mark.parametrize(
    ("of", "right", "wrong", "said"),
    [
        (Label, label("+1", "irsf", also=["wangiri"]), {"number": "+1"}, "fraud_type"),
        (Label, label("+1", "irsf"), label("+1", "irsf", also="wangiri"), "also"),
        (Related, {"number": "+1", "role": "victim"}, {"role": "victim"}, "number"),
        (Flagged, flag("+1", "irsf"), label("+1", "irsf"), "action"),
        (Judged, {"number": "+1", "verdict": "fraud"}, {"number": "+1"}, "verdict"),
        (Judged, {"number": "+1", "verdict": "legitimate", "fraud_type": "irsf"}, {"number": "+1", "verdict": "+669"}, "verdict"),
    ],
)
def test_a_line_of_another_kind_is_named_with_what_it_lacks(tmp_path: Path, of: Any, right: Any, wrong: Any, said: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(msgspec.json.encode(right))
    assert read_lines(path, of)[0].items() <= right.items()
    path.write_bytes(b"\n".join(map(msgspec.json.encode, (right, wrong))))
    with pytest.raises(UnusableInput, match=rf"lines\.jsonl line 2: .*{said}") as refused:
        read_lines(path, of)
    assert "+669" not in str(refused.value), "a number must not stand in an error"


def test_null_is_as_a_field_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(msgspec.json.encode(label("+1", "irsf", also=None)))
    assert read_lines(path, Label) == [label("+1", "irsf")]


def test_a_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl.gz"
    path.write_bytes(b"no gzip")
    for read in (count_lines, read_lines):
        with pytest.raises(UnusableInput, match=r"records\.jsonl\.gz breaks off or is damaged"):
            read(path)
