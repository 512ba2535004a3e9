"""`simulate`, `replay` and `evaluate` one after the other, as they are called."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli import evaluate, simulate, train
from linewatch.training.evaluate.measure import read_lines


def test_simulate_writes_the_contracts_files(tmp_path: Path) -> None:
    out = tmp_path / "made"
    result = CliRunner().invoke(simulate.app, ["--out", str(out), "--subscribers", "150", "--days", "0.3", "--seed", "9"])
    assert result.exit_code == 0
    told = re.search(r"(\d+) records, (\d+) fraudulent numbers", result.stdout)
    assert told
    assert int(told[1]) == len(read_lines(out / "records.jsonl.gz"))
    assert int(told[2]) == len(read_lines(out / "labels.jsonl"))
    assert {"number", "fraud_type", "first_ms"} <= read_lines(out / "labels.jsonl")[0].keys()
    assert {"number", "fraud_type", "role"} <= read_lines(out / "related.jsonl")[0].keys()
    assert (out / "operator.toml").is_file()


@pytest.mark.parametrize("options", [["--days", "0"], ["--subscribers", "5"], ["--subscribers", "many"], ["--seed", "-1"], []])
def test_simulate_refuses_what_it_cannot_do(tmp_path: Path, options: list[str]) -> None:
    arguments = ["--out", str(tmp_path), *options] if options else []
    assert CliRunner().invoke(simulate.app, arguments).exit_code == 2


def test_simulate_looks_at_its_folder_first(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(simulate.app, ["--out", str(tmp_path / "file"), "--subscribers", "2000000"])
    assert isinstance(result.exception, UnusableInput)


@pytest.mark.parametrize(("command", "data"), [("number", []), ("messages", ["data.csv.gz"]), ("subscriber", ["data.csv.gz"])])
def test_train_looks_first_at_where_it_is_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, data: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("file", "data.csv.gz"):
        Path(name).touch()
    result = CliRunner().invoke(train.app, [command, *data, "--out", "file"])
    assert isinstance(result.exception, UnusableInput)
    assert "file cannot be written" in str(result.exception)


def test_evaluate_of_perfect_flags(simulated: Path, tmp_path: Path) -> None:
    labels = read_lines(simulated / "labels.jsonl")
    flags = tmp_path / "flags.jsonl"
    rows = ({"number": x["number"], "fraud_type": x["fraud_type"], "action": "block", "flagged_ms": x["first_ms"]} for x in labels)
    flags.write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = tmp_path / "figures.json"
    files = {"--flags": flags, "--labels": simulated / "labels.jsonl", "--records": simulated / "records.jsonl.gz"}
    files |= {"--related": simulated / "related.jsonl", "--json": figures}
    result = CliRunner().invoke(evaluate.app, [part for option, path in files.items() for part in (option, str(path))])
    assert result.exit_code == 0
    for measure in json.loads(figures.read_bytes()):
        assert (measure["recall"], measure["precision"]) == (1.0, 1.0)
        assert measure["false_per_million"] == {"watch": 0.0, "review": 0.0, "block": 0.0}


def test_evaluate_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    options = [part for option in ("--flags", "--labels", "--records") for part in (option, str(tmp_path / "none.jsonl"))]
    result = CliRunner().invoke(evaluate.app, options)
    assert isinstance(result.exception, UnusableInput)
    assert "none.jsonl" in str(result.exception)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"--labels": "flags"}, "first_ms"),
        ({"--flags": "labels"}, "action"),
        ({"--records": "empty"}, "no records"),
        ({"--records": "folder"}, "is a folder"),
        ({"--json": "labels"}, "would write over"),
        ({"--json": "nowhere/figures"}, "cannot be written"),
    ],
)
def test_evaluate_refuses_in_a_line_what_is_of_another_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("labels").write_text('{"number":"+1","fraud_type":"irsf","first_ms":1}\n')
    Path("flags").write_text('{"number":"+1","fraud_type":"irsf","action":"block","flagged_ms":2}\n')
    Path("records").write_text("{}\n")
    Path("empty").touch()
    Path("folder").mkdir()
    files = {"--flags": "flags", "--labels": "labels", "--records": "records"}
    right = CliRunner().invoke(evaluate.app, [part for pair in files.items() for part in pair])
    assert right.exit_code == 0
    assert max(map(len, right.stdout.splitlines())) > 80, "the table is not cut where there is no terminal"
    result = CliRunner().invoke(evaluate.app, [part for pair in (files | wrong).items() for part in pair])
    assert isinstance(result.exception, UnusableInput)
    assert said in str(result.exception)
    assert Path("labels").stat().st_size > 0
