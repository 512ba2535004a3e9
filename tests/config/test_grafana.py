"""Grafana's files: every panel asks for metrics that exist, in queries that Prometheus can parse, and shows no number."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from linewatch.stream.metrics import Metrics
from promql import DASHBOARDS, PROVISIONING, known_names, names_in, queries_of

FILES = sorted(DASHBOARDS.glob("*.json"))
TYPES = {"timeseries", "stat", "table", "bargauge", "heatmap"}


def panels(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())["panels"]
    return found


def test_there_is_one_for_the_analyst_and_one_for_the_service() -> None:
    assert [file.stem for file in FILES] == ["analyst", "service"]
    assert len({json.loads(file.read_text())["uid"] for file in FILES}) == 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_ask_for_metrics_that_exist(file: Path) -> None:
    known = known_names()
    for title, query in queries_of(file):
        assert names_in(query), title
        assert names_in(query) <= known, title


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_prometheus_can_parse_every_query(file: Path, tmp_path: Path) -> None:
    """Each as a recording rule, which promtool parses as the server does."""
    executable = shutil.which("promtool")
    assert executable, "the tests need promtool: on Debian, apt-get install -y prometheus"
    rules = [{"record": f"panel:{index}:x", "expr": query} for index, (_, query) in enumerate(queries_of(file))]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run([executable, "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_are_whole_and_do_not_overlap(file: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels(file):
        assert panel["type"] in TYPES
        assert panel["title"]
        assert panel["targets"]
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels(file)}) == len(panels(file))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_data_source_is_the_provisioned_one(file: Path) -> None:
    uid = re.search(r"uid: (\S+)", (PROVISIONING / "datasources" / "prometheus.yml").read_text())
    assert uid
    sources = [panel["datasource"] for panel in panels(file)] + [t["datasource"] for p in panels(file) for t in p["targets"]]
    assert {source["uid"] for source in sources} == {uid[1]}


LABELS = {"country", "prefix", "trunk"} | {
    "action",
    "agent",
    "extent",
    "fraud_type",
    "kind",
    "le",
    "outcome",
    "partition",
    "reason",
    "stage",
    "topic",
    "verdict",
}


def test_no_metric_has_a_label_that_could_hold_a_number() -> None:
    labels = {label for metric in vars(Metrics()).values() for label in getattr(metric, "_labelnames", ())}
    assert labels <= LABELS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_panel_shows_a_telephone_number(file: Path) -> None:
    grouped = {
        label for _, query in queries_of(file) for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(", ")
    }
    legends = {field for p in panels(file) for t in p["targets"] for field in re.findall(r"{{(\w+)}}", t["legendFormat"])}
    assert grouped <= LABELS
    assert legends <= LABELS | {"instance"}
