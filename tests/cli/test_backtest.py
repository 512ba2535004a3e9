"""`linewatch backtest`: one pass says of a second policy what a replay under it says."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linewatch.config.folding import folded_apart
from linewatch.config.operator import load_operator
from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.backtest.compare import Height, accuracies, changes, heights, judged_accuracies, wilson
from linewatch.stream.backtest.run import backtest
from linewatch.stream.backtest.truth import judged_by
from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import blocks
from linewatch.stream.replay import BATCH, Replay
from stream_helpers import BEGIN_MS
from stream_helpers import flag as made

COMMAND = [sys.executable, "-m", "linewatch", "backtest"]


def _other(**replaced: str) -> str:
    """The shipped policy with other text in places."""
    text = shipped_policy().source
    for old, new in {"review = 0.75\nblock = 0.97": "review = 0.6\nblock = 0.9", **replaced}.items():
        assert old in text
        text = text.replace(old, new)
    return text + '[[segments]]\nprefix = "+6692"\nthresholds.sim_box = { watch = 0.2, review = 0.5, block = 0.8 }\n'


def _replayed(policy: Any, simulated: Path, text_model: TextModel) -> list[Flag]:
    flags: list[Flag] = []
    operator, number = load_operator(simulated / "operator.toml"), NumberModel.load(FEATURES)
    replay = Replay(policy, operator, text_model, number, lambda output, dead: flags.extend(output.flags), feedback=False)
    replay.run_blocks(blocks([simulated / "records.jsonl.gz"], BATCH))
    return flags


@pytest.mark.parametrize("apart", [{}, {"min_attempts = 4.0": "min_attempts = 6.0"}])
def test_each_policy_flags_as_a_replay_under_it(simulated: Path, text_model: TextModel, apart: dict[str, str]) -> None:
    policies = [shipped_policy(), policy_from_toml(_other(**apart))]
    assert folded_apart(*policies) == (["gate"] if apart else [])
    operator, number = load_operator(simulated / "operator.toml"), NumberModel.load(FEATURES)
    result = backtest(policies, operator, text_model, number, lambda: blocks([simulated / "records.jsonl.gz"], BATCH))
    for outcome in result.outcomes:
        flags = _replayed(outcome.policy, simulated, text_model)
        assert len(flags) > 50
        assert outcome.flags == flags
    found = changes(*(heights(outcome.flags) for outcome in result.outcomes), ["+6692"])
    assert {"raised"} <= {one.change for one in found}
    assert {one.segment for one in found} == {"", "+6692"}
    histogram = result.outcomes[0].histogram
    assert histogram.sum() == result.scored * histogram.shape[0]


def test_the_command_writes_a_table_json_and_a_page(simulated: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(_other())
    (tmp_path / "first.toml").write_text(shipped_policy().source)
    made = {name: tmp_path / f"report.{name}" for name in ("json", "html")}
    truth = [f"--{name}={simulated / name}.jsonl" for name in ("labels", "related")]
    policies = ["--policy", str(tmp_path / "first.toml"), "--policy", str(other), "--operator", str(simulated / "operator.toml")]
    outputs = [f"--{name}={path}" for name, path in made.items()]
    command = [*COMMAND, str(simulated / "records.jsonl.gz"), *policies, *truth, *outputs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(made["json"].read_bytes())
    assert [len(side["accuracy"]) for side in report["sides"]] == 2 * [3 * (len(FRAUD_TYPES) + 1)], (
        "three actions; each type, and all of them"
    )
    assert "raised" in done.stdout
    raised = next(change for change in report["changes"] if change["change"] == "raised")
    page = made["html"].read_text()
    assert page.count("<svg") == 3
    assert raised["number"] in page
    assert raised["reasons"][0]["text"] in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )


def test_what_cannot_be_compared_is_refused(linewatch: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "verdict").write_text('{"number":"+1","fraud_type":"irsf","verdict":"fraud"}')
    (tmp_path / "label").write_text('{"number":"+1","fraud_type":"irsf","first_ms":1}')
    for arguments, said in (
        (["nowhere.jsonl"], "nowhere.jsonl is not there"),
        (["a", *["--policy", "p"] * 3], "more than two policies"),
        (["empty", "--hours", "3"], "--hours"),
        (["empty", "--config", "worker.toml"], "--config"),
        (["empty"], "there are no records"),
        (["empty", "--json", "empty"], "would write over"),
        (["empty", "--json", "same", "--html", "same"], "both name same"),
        (["empty", "--html", "nowhere/page.html"], "nowhere/page.html cannot be written"),
        (["empty", "--labels", "verdict"], "first_ms"),
        (["empty", "--verdicts", "label"], "verdict"),
    ):
        done = linewatch("backtest", *arguments)
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
        assert said in done.err


def test_intervals_of_shares_hold_where_counts_are_few() -> None:
    assert wilson(0, 0).value is None
    few = wilson(9, 10)  # worked out by hand from Wilson (1927)
    assert (round(few.low or 0, 4), round(few.high or 0, 4)) == (0.5958, 0.9821)
    assert wilson(10, 10).high == pytest.approx(1.0)


def test_accuracy_by_verdicts_is_of_the_numbers_that_were_judged() -> None:
    """Four judged, three of them flagged, two of those fraud; a fourth fraud was not flagged, others were not judged."""
    levels = {"+66921000001": 3, "0921000002": 2, "+66921000003": 2, "+66921000009": 3}
    flag: Any = None
    top = {(number, "irsf"): Height(level, {}, flag) for number, level in levels.items()}
    judged = {"irsf": {66921000001: True, 66921000002: True, 66921000003: False, 66921000004: True}}
    found = {(one.fraud_type, one.least): one for one in judged_accuracies(top, judged, "TH")}
    review, block = found["irsf", "review"], found["irsf", "block"]
    assert [(one.part, one.whole) for one in (review.precision, review.recall)] == [(2, 3), (2, 3)]
    assert [(one.part, one.whole) for one in (block.precision, block.recall)] == [(1, 1), (1, 3)]
    assert found["all", "watch"] == msgspec.structs.replace(review, fraud_type="all", least="watch")
    assert found["wangiri", "watch"].precision.value is None


def test_a_fraud_of_no_named_type_is_one_fraud() -> None:
    """Two frauds of no named type, of which one was flagged; one of a named type, flagged as another."""
    flag: Any = None
    top = {("+66921000001", "irsf"): Height(2, {}, flag), ("+66921000003", "irsf"): Height(2, {}, flag)}
    said = [("+66921000001", None), ("+66921000002", None), ("+66921000003", "wangiri")]
    judged = judged_by([{"number": number, "verdict": "fraud", "fraud_type": of} for number, of in said], "TH")
    found = {(one.fraud_type, one.least): one for one in judged_accuracies(top, judged, "TH")}
    parts = {key: [(one.part, one.whole) for one in (found[key].precision, found[key].recall)] for key in found}
    assert parts["irsf", "review"] == [(1, 1), (0, 0)]
    assert parts["wangiri", "review"] == [(0, 0), (0, 1)]
    assert parts["all", "review"] == [(1, 1), (1, 3)]
    assert parts["all", "block"] == [(0, 0), (0, 3)]


def test_a_number_reported_in_two_forms_counts_as_it_came_highest() -> None:
    flag: Any = None
    top = {("+66921000001", "irsf"): Height(3, {}, flag), ("0921000001", "irsf"): Height(1, {}, flag)}
    found = judged_accuracies(top, {"irsf": {66921000001: True}}, "TH")
    assert [one.recall.part for one in found if one.fraud_type == "irsf"] == [1, 1, 1]


def test_the_time_to_detect_of_all_is_that_of_the_numbers() -> None:
    waits_s = {"+1": ("irsf", 10), "+2": ("irsf", 20), "+3": ("irsf", 30), "+4": ("wangiri", 1000)}
    labels = [{"number": number, "fraud_type": of, "first_ms": BEGIN_MS} for number, (of, _) in waits_s.items()]
    flags = [
        made(f"{number}{late}", number=number, fraud_type=of, flagged_ms=BEGIN_MS + 1000 * (wait_s + late))
        for late in (500, 0)
        for number, (of, wait_s) in waits_s.items()
    ]
    found = {(one.fraud_type, one.least): one.detect_s for one in accuracies(flags, labels, [], 100)}
    assert found["irsf", "review"] == 20
    assert found["wangiri", "review"] == 1000
    assert found["all", "review"] == 25, "of four numbers, not of two types"
    assert found["all", "block"] is None


def test_verdicts_of_a_file_are_held_against_the_flags(simulated: Path, tmp_path: Path) -> None:
    labels = [msgspec.json.decode(line) for line in (simulated / "labels.jsonl").read_bytes().splitlines()]
    said = tmp_path / "verdicts.jsonl"
    lines = [{"number": one["number"], "fraud_type": one["fraud_type"], "verdict": "fraud"} for one in labels[:40]]
    said.write_bytes(b"\n".join(map(msgspec.json.encode, lines)))
    made = tmp_path / "report.json"
    files = [str(simulated / "records.jsonl.gz"), "--operator", str(simulated / "operator.toml")]
    command = [*COMMAND, *files, "--verdicts", str(said), "--json", str(made), "--html", str(tmp_path / "page.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "of the numbers that were judged" in done.stdout
    report = msgspec.json.decode(made.read_bytes())
    whole = next(one for one in report["sides"][0]["accuracy"] if (one["fraud_type"], one["least"]) == ("all", "watch"))
    assert report["truth"] == "verdicts"
    assert whole["recall"]["whole"] == 40
    assert whole["precision"]["value"] == 1.0
    assert 20 < whole["recall"]["part"] <= 40
    assert "no sample of all" in (tmp_path / "page.html").read_text()
