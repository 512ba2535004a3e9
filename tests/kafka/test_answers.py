"""`verdicts` and `verdict` against a real broker: what stands is listed, and an answer withdraws it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kafka_deployment import Deployment
from linewatch.training.bench.apache_kafka import wait_until
from stream_helpers import call

CUSTOMER, CALLER = "+66921000001", "+66921500001"
CALLS = 300


@pytest.fixture(scope="module")
def flagged(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A worker that has flagged two numbers."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "operator.toml").write_text('country = "TH"\ntimezone = "Asia/Bangkok"\n')
    with Deployment(bootstrap, folder, folder / "operator.toml", mode="live", feedback=True, partitions=2) as deployment:
        deployment.start_worker().wait_ready()
        records = [call(index, calling=(CUSTOMER, CALLER)[index % 2]) for index in range(2 * CALLS)]
        deployment.feed(map(msgspec.json.encode, records))
        wait_until(lambda: {CUSTOMER, CALLER} <= {one["number"] for one in listed(deployment)}, 60, "two flagged numbers")
        wait_until(deployment.is_settled, 60, "all worked off")
        yield deployment


def listed(deployment: Deployment, *options: str) -> list[dict[str, Any]]:
    out = deployment.run("verdicts", "--config", str(deployment.config), "--json", *options)
    return [msgspec.json.decode(line) for line in out.splitlines()]


def test_answers_one_after_the_other(flagged: Deployment, tmp_path: Path) -> None:
    config = str(flagged.config)
    sent = {one["flag_id"]: one for one in flagged.flags()}
    standing = listed(flagged)
    assert {one["number"] for one in standing} == {CUSTOMER, CALLER}
    assert all(sent[one["flag_id"]] == one for one in standing)
    assert [one["score"] for one in standing] == sorted((one["score"] for one in standing), reverse=True)
    for order in ("loss", "learning"):
        assert sorted(one["flag_id"] for one in listed(flagged, "--by", order)) == sorted(one["flag_id"] for one in standing)
    table = flagged.run("verdicts", "--config", config, "--limit", "1")
    assert f"{len(standing)} flags to be answered, 1 shown" in table
    assert standing[0]["number"] in table

    at_ms = max(one["flagged_ms"] for one in standing) + 1000
    (tmp_path / "answers.csv").write_text(f"number,verdict,at_ms\n092 100 0001,legitimate,{at_ms}\n")
    said = flagged.run("verdict", "--config", config, "--file", str(tmp_path / "answers.csv"))
    assert said == "1 verdict of analyst written; weight 1, at most 500 a day and partition count\n"

    def withdrawn() -> bool:
        return all(one["number"] != CUSTOMER for one in listed(flagged, "--all"))

    wait_until(withdrawn, 60, "the withdrawal")
    last = max((one for one in flagged.flags() if one["number"] == CUSTOMER), key=lambda one: (one["episode_ms"], one["step"]))
    assert (last["action"], last["reasons"][0]["code"]) == ("clear", "verdict")

    other = next(one for one in standing if one["number"] == CALLER)
    line = {"number": CALLER, "verdict": "fraud", "flag_id": other["flag_id"], "source": "partner", "at_ms": at_ms}
    (tmp_path / "answers.jsonl").write_bytes(msgspec.json.encode(line))
    said = flagged.run("verdict", "--config", config, "--file", str(tmp_path / "answers.jsonl"))
    assert said.startswith("1 verdict of partner written; weight 0.3")
    assert all(one["flag_id"] != other["flag_id"] for one in listed(flagged))
    assert any(one["flag_id"] == other["flag_id"] for one in listed(flagged, "--all"))


def test_one_answer_by_its_arguments(flagged: Deployment) -> None:
    before = len(flagged.read("verdicts"))
    said = flagged.run("verdict", CALLER, "fraud", "--type", "robocall", "--note", "rang it", "--config", str(flagged.config))
    assert said.startswith("1 verdict of analyst written")
    written = [msgspec.json.decode(message.value() or b"") for message in flagged.read("verdicts")]
    assert len(written) == before + 1
    [record] = [one for one in written if one.get("note") == "rang it"]
    assert (record["number"], record["verdict"], record["fraud_type"], record["source"]) == (CALLER, "fraud", "robocall", "analyst")


def test_an_unknown_source_is_refused(flagged: Deployment) -> None:
    before = flagged.offsets("verdicts")[1]
    assert flagged.run("verdict", CALLER, "fraud", "--source", "press", "--config", str(flagged.config), status=2) == ""
    assert flagged.offsets("verdicts")[1] == before


def test_what_was_answered_shows_in_the_report_and_on_metrics(flagged: Deployment, tmp_path: Path) -> None:
    """Runs after the answers above: one legitimate by an analyst, one fraud by a partner, then one fraud by an analyst."""
    config = str(flagged.config)
    wait_until(lambda: flagged.workers[0].metric("linewatch_answers_total", verdict="fraud") >= 1, 120, "the answers on /metrics")
    assert flagged.workers[0].metric("linewatch_answers_total", verdict="legitimate") >= 1
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html")}
    table = flagged.run("report", "--config", config, *(f"--{name}={path}" for name, path in files.items()))
    report = msgspec.json.decode(files["json"].read_bytes())
    whole = next(one for one in report["precision"] if one["by"] == "all")
    assert whole["episodes"] == report["episodes"] >= 2
    assert whole["reviewed"] >= 2
    assert 0 < whole["fraud"] < whole["reviewed"]
    assert "detector" in table
    assert CALLER not in files["html"].read_text() + table
