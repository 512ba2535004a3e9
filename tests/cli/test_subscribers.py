"""`linewatch subscribers` as it is called: a line a number, the highest first, null where there is too little history."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from linewatch.config.errors import UnusableInput
from linewatch.models.pretrained.subscriber import FEATURES, SubscriberModel
from linewatch.stream.cli import subscribers
from linewatch.stream.cli.main import COMMANDS
from linewatch.stream.event_time import DAY_MS

BEGIN_MS = 1_767_225_600_000
FRIENDS = [f"+66921100{place:03d}" for place in range(12)]
DIALLER = "+66921200000"
SILENT = "+66921300000"


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Friends who call and text each other, one number that dials down a list, and one that hardly does anything."""
    random = np.random.default_rng(1)
    records = []
    for day in range(30):
        for _ in range(60):
            one, two = random.choice(12, 2, replace=False).tolist()
            at_ms = BEGIN_MS + day * DAY_MS + int(random.integers(2, 15) * 3_600_000 + random.integers(3_600_000))
            if random.random() < 0.4:
                record = {"kind": "call", "calling": FRIENDS[one], "called": FRIENDS[two], "start_ms": at_ms}
                record |= {
                    "duration_s": float(random.integers(5, 400)),
                    "cell": f"c{random.integers(3)}",
                    "imei": f"h{one}",
                    "leg": "mo",
                }
            else:
                record = {"kind": "sms", "sender": FRIENDS[one], "recipient": FRIENDS[two], "submit_ms": at_ms}
            records.append(record)
    for place in range(400):
        at_ms = BEGIN_MS + 20 * DAY_MS + place * 60_000
        record = {
            "kind": "call",
            "calling": DIALLER,
            "called": f"+669214{place:05d}",
            "start_ms": at_ms,
            "duration_s": 20.0 + place % 30,
        }
        records.append(record)
    records.append({"kind": "sms", "sender": SILENT, "recipient": FRIENDS[0], "submit_ms": BEGIN_MS})
    path = tmp_path_factory.mktemp("month") / "records.jsonl"
    lines = [json.dumps({"record_id": str(place)} | record) for place, record in enumerate(records)]
    path.write_text("\n".join([*lines, "{ broken"]) + "\n")
    return path


def scored(month: Path, out: Path, *options: str) -> tuple[list[dict], str]:
    result = CliRunner().invoke(subscribers.app, [str(month), "--scores", str(out), "--min-numbers", "5", *options])
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in out.read_text().splitlines()], result.stdout


def test_numbers_are_scored_the_highest_first(month: Path, tmp_path: Path) -> None:
    lines, told = scored(month, tmp_path / "scores.jsonl")
    assert f"{30 * 60 + 400 + 2} records read, 1 left out" in told
    assert f"{12 + 1 + 1 + 400} numbers, 13 with 20 answered calls and messages or more" in told
    known = [line for line in lines if line["probability"] is not None]
    assert len(known) == 13
    assert lines[: len(known)] == known, "those with too little history come last"
    chances = [line["probability"] for line in known]
    assert chances == sorted(chances, reverse=True)
    assert known[0]["number"] == DIALLER
    assert known[0]["calls"] == 400
    assert known[0]["last_ms"] - known[0]["first_ms"] == 399 * 60_000
    for line in known:
        assert 0.0 <= line["ordinary_as_high"] <= 1.0
        assert 1 <= len(line["reasons"]) <= 5
        assert all(reason["feature"] in FEATURES for reason in line["reasons"])
        assert all(reason["rank"] is None or 0.0 <= reason["rank"] <= 1.0 for reason in line["reasons"])
        assert line["model_version"] == SubscriberModel.load().version
    silent = next(line for line in lines if line["number"] == SILENT)
    assert (silent["probability"], silent["ordinary_as_high"], silent["reasons"]) == (None, None, [])


def test_less_history_can_be_asked_for(month: Path, tmp_path: Path) -> None:
    lines, _ = scored(month, tmp_path / "scores.jsonl", "--min-events", "1")
    assert all(line["probability"] is not None for line in lines)


def test_places_and_operator_are_read(month: Path, tmp_path: Path) -> None:
    cells, operator = tmp_path / "cells.csv", tmp_path / "operator.toml"
    cells.write_text("cell,city,county\nc0,a,x\nc1,a,y\nc2,b,z\n")
    operator.write_text('country = "TH"\ntimezone = "Asia/Bangkok"\nown_prefixes = ["+669211"]\n')
    plain, _ = scored(month, tmp_path / "plain.jsonl", "--operator", str(operator))
    placed, _ = scored(month, tmp_path / "placed.jsonl", "--operator", str(operator), "--cells", str(cells))
    assert {line["number"] for line in plain} == set(FRIENDS)
    assert {line["number"]: line["probability"] for line in plain} != {line["number"]: line["probability"] for line in placed}


def test_a_few_days_are_no_history(month: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(month.read_text().splitlines()[: 5 * 60]) + "\n")
    result = CliRunner().invoke(subscribers.app, [str(few), "--scores", str(tmp_path / "scores.jsonl")])
    assert isinstance(result.exception, UnusableInput)
    assert "a history needs 27" in str(result.exception)
    assert scored(few, tmp_path / "scores.jsonl", "--min-days", "4")[0]


def test_what_is_refused_writes_over_nothing(month: Path, tmp_path: Path) -> None:
    scores, before = tmp_path / "scores.jsonl", month.read_bytes()
    scores.write_text("of last time")
    for arguments in ([str(month), "--scores", str(month)], [str(month), "--scores", str(scores)]):
        assert isinstance(CliRunner().invoke(subscribers.app, arguments).exception, UnusableInput)
    assert (month.read_bytes(), scores.read_text()) == (before, "of last time")


def test_a_few_numbers_cannot_be_compared(month: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(subscribers.app, [str(month), "--scores", str(tmp_path / "scores.jsonl")])
    assert isinstance(result.exception, UnusableInput)
    assert "13 numbers have enough history" in str(result.exception)


def test_it_is_among_the_commands() -> None:
    assert "subscribers" in COMMANDS
