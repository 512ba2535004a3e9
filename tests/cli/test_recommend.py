"""`linewatch policy recommend`: a policy that keeps a budget, written, shown as a diff, and replayed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from linewatch.config.errors import InvalidSetting
from linewatch.config.policy import load_policy, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.cli.recommendation import checked

COMMAND = [sys.executable, "-m", "linewatch", "policy", "recommend"]


def test_a_budget_becomes_a_policy(simulated: Path, tmp_path: Path) -> None:
    out = tmp_path / "next.toml"
    files = [str(simulated / "records.jsonl.gz"), "--operator", str(simulated / "operator.toml")]
    command = [*COMMAND, *files, "--budget", "120/day", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    replayed = re.search(r"come to review, replayed: ([0-9.]+) before, ([0-9.]+) after", done.stdout)
    assert replayed, done.stdout
    before, after = map(float, replayed.groups())
    assert before > 120 >= after > 10
    new = load_policy(out)
    for fraud_type in FRAUD_TYPES:
        edges, held = new.thresholds_for("", fraud_type), shipped_policy().thresholds_for("", fraud_type)
        assert edges.watch == held.watch
        assert edges.watch < edges.review < edges.block
    assert "+review = " in done.stdout
    assert "numbers a day come so far" in out.read_text()


def test_a_budget_that_no_threshold_keeps_is_said(simulated: Path, tmp_path: Path) -> None:
    files = [str(simulated / "records.jsonl.gz"), "--operator", str(simulated / "operator.toml")]
    command = [*COMMAND, *files, "--budget", "3/day", "--out", str(tmp_path / "next.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3/day is not kept" in done.stdout


def test_what_a_file_would_be_refused_for_is_not_written() -> None:
    """Each value is allowed; together they would leave no score low enough to withdraw a flag."""
    text = shipped_policy().source
    assert checked(text).source == text
    with pytest.raises(InvalidSetting, match="hysteresis_margin"):
        checked(text.replace("hysteresis_margin = 0.1", "hysteresis_margin = 0.9"))
    with pytest.raises(InvalidSetting, match=r"detectors\.irsf"):
        checked(text + "\n[detectors.irsf]\nno_such_sign = 1.0\n")


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "next.toml")]
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "labels.jsonl").write_text('{"number":"+1","fraud_type":"irsf","verdict":"fraud"}')
    for arguments, said in (
        ([], "--budget N/day or --precision P"),
        (["--precision", "0.9"], "--verdicts FILE or --labels FILE"),
        (["--budget", "many"], "--budget many is no budget"),
        (["--budget", "10/day"], "there are no records"),
        (["--precision", "0.9", "--labels", str(tmp_path / "labels.jsonl")], "first_ms"),
    ):
        command = [*COMMAND, str(tmp_path / "empty.jsonl"), *arguments, *out]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert said in done.stderr
