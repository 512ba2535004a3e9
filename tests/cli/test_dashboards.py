"""The dashboards, shown to work: the demo under a real Prometheus, and every panel's and every rule's query answered with data."""

import json
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Producer

from linewatch.config.worker import load_worker_config
from linewatch.training.bench.apache_kafka import wait_until
from promql import DASHBOARDS, FOLDER, names_in, queries_of, rules_of

COMMAND = [sys.executable, "-m", "linewatch.stream.demo.dashboards"]
NOT_IN_MINUTES = {"linewatch:flags_same_hour:increase1h", "linewatch:flags_usual:increase1h"}
"""They want days of flags: shown by `promtool test rules` instead."""
NOT_IN_A_DEMO = {"linewatch:failures:increase15m", "linewatch_failures_total"}
"""Bugs, of which the demo should have none."""
NEEDS_15_MINUTES = {"linewatch:learner_snapshot_age_seconds:max"}
BEYOND = NOT_IN_MINUTES | NOT_IN_A_DEMO
BROKEN = 40
ANSWERED = 10


class Shown(NamedTuple):
    address: str
    folder: Path

    def ask(self, path: str, **arguments: str) -> Any:
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(arguments)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def answers(self, query: str) -> list[Any]:
        found: list[Any] = self.ask("query", query=query)["result"]
        return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, one_demo_at_a_time: None) -> Iterator[Shown]:
    assert shutil.which("prometheus"), "the tests need Prometheus: on Debian, apt-get install -y prometheus"
    folder = tmp_path_factory.mktemp("dashboards")
    said = folder / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(COMMAND, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:

        def lines() -> list[str]:
            assert process.poll() is None, said.read_text()
            return [line for line in said.read_text().splitlines() if line.startswith("Prometheus: ")]

        wait_until(lambda: bool(lines()), 120, "Prometheus")
        write_what_the_demo_does_not(folder)
        yield Shown(lines()[0].split()[1].removesuffix("/graph,"), folder)
    finally:
        process.terminate()
        process.wait(60)


def write_what_the_demo_does_not(folder: Path) -> None:
    """Records that become dead letters, and verdicts that withdraw flags sooner than the demo's analyst would."""
    flags = folder / "demo" / "flags.jsonl"
    wait_until(lambda: flags.read_bytes().count(b"\n") > ANSWERED, 60, "flags")
    config = load_worker_config(folder / "demo" / "worker.toml")
    producer = Producer(config.kafka.confluent_settings())
    for index in range(BROKEN):
        producer.produce(f"{config.topics.prefix}calls", b"no JSON", partition=index % config.topics.partitions)
    for line in flags.read_bytes().splitlines()[:ANSWERED]:
        flag = json.loads(line)
        verdict = {"record_id": f"t-{flag['flag_id']}", "verdict": "legitimate", "source": "analyst", "at_ms": flag["flagged_ms"]}
        verdict |= {name: flag[name] for name in ("number", "fraud_type", "flag_id")}
        producer.produce(f"{config.topics.prefix}verdicts", json.dumps(verdict).encode())
    assert producer.flush(30) == 0


def without_data(shown: Shown, queries: list[tuple[str, str]]) -> list[str]:
    return [f"{title}: {query}" for title, query in queries if not names_in(query) & BEYOND and not shown.answers(query)]


def wait_for_data(shown: Shown, queries: list[tuple[str, str]]) -> None:
    try:
        wait_until(lambda: not without_data(shown, queries), 90, "data")
    except AssertionError:
        assert without_data(shown, queries) == []


@pytest.mark.parametrize("dashboard", sorted(DASHBOARDS.glob("*.json")), ids=lambda file: file.stem)
def test_every_panel_has_data(shown: Shown, dashboard: Path) -> None:
    queries = list(queries_of(dashboard))
    assert len(queries) > 15
    wait_for_data(shown, queries)


def test_every_recorded_rule_has_data(shown: Shown) -> None:
    names = {rule.name for rule in rules_of(FOLDER / "recording.yml")} - BEYOND - NEEDS_15_MINUTES
    assert len(names) > 8
    queries = [(name, name) for name in sorted(names)]
    wait_for_data(shown, queries)


def test_every_alert_is_evaluated_over_metrics_that_have_data(shown: Shown) -> None:
    rules = [rule for group in shown.ask("rules")["groups"] for rule in group["rules"]]
    alerts = [rule for rule in rules if rule["type"] == "alerting"]
    assert {alert["name"] for alert in alerts} == {rule.name for rule in rules_of(FOLDER / "alerts.yml")}
    wait_until(lambda: all(rule["health"] == "ok" for g in shown.ask("rules")["groups"] for rule in g["rules"]), 60, "evaluation")
    names = {name for alert in alerts for name in names_in(alert["query"])} - BEYOND - NEEDS_15_MINUTES
    assert len(names) > 8
    assert not [name for name in sorted(names) if not shown.answers(name)]


def test_a_machine_without_prometheus_is_told_the_line_that_installs_it(tmp_path: Path) -> None:
    done = subprocess.run(COMMAND, cwd=tmp_path, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "linewatch: Prometheus is not installed: on Debian, apt-get install -y prometheus\n"
    assert not list(tmp_path.iterdir())
