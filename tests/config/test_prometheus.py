"""Prometheus' configuration: each rule is sound, asks for metrics that exist, fires when it should, and has a page to read."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from promql import FOLDER, ROOT, Rule, known_names, names_in, rules_of

ALERTS = [rule for rule in rules_of(FOLDER / "alerts.yml") if rule.alert]
TESTS = Path(__file__).parent / "prometheus"


def promtool(*arguments: object) -> str:
    executable = shutil.which("promtool")
    assert executable, "the tests need promtool: on Debian, apt-get install -y prometheus"
    done = subprocess.run([executable, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def page_of(rule: Rule) -> Path:
    found = re.search(r"runbook: (docs/runbooks/\w+\.md)", rule.text)
    assert found, f"{rule.name} names no page"
    return ROOT / found[1]


def test_the_configuration_is_sound() -> None:
    out = promtool("check", "config", FOLDER / "prometheus.yml")
    assert "2 rule files found" in out
    assert f"{len(ALERTS)} rules found" in out


def test_rules_ask_for_metrics_that_exist() -> None:
    rules = [rule for file in ("recording.yml", "alerts.yml") for rule in rules_of(FOLDER / file)]
    known = known_names()
    assert len(rules) > 25
    for rule in rules:
        assert names_in(rule.expr), rule.name
        assert names_in(rule.expr) <= known, rule.name


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.name)
def test_an_alert_fires_when_it_should_and_only_then(rule: Rule) -> None:
    file = TESTS / f"{page_of(rule).stem}.yml"
    text = file.read_text()
    named = re.findall(r"alertname: (\w+)", text)
    assert set(named) == {rule.name}
    assert "exp_alerts: []" in text, "never shown to be silent"
    assert "exp_labels" in text, "never shown to fire"
    promtool("test", "rules", file)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.name)
def test_an_alert_has_a_page(rule: Rule) -> None:
    text = page_of(rule).read_text()
    assert text.startswith(f"# {rule.name}\n")
    assert all(part in text for part in ("**Means.**", "**Look at**", "**Do.**"))
    assert set(re.findall(r"\blinewatch[:_][\w:]+", text)) <= known_names()


def test_no_page_and_no_test_is_left_over() -> None:
    stems = {page_of(rule).stem for rule in ALERTS}
    assert {path.stem for path in TESTS.glob("*.yml")} == stems
    assert {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")} == stems | {"README"}


@pytest.mark.parametrize("file", sorted((Path(__file__).parent / "recording").glob("*.yml")), ids=lambda file: file.stem)
def test_what_is_recorded_is_what_it_says(file: Path) -> None:
    promtool("test", "rules", file)
