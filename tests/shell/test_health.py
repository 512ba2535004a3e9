"""What is served beside the work: metrics that Prometheus' own linter likes, readiness, and liveness as progress."""

import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from linewatch.config.errors import UnusableInput
from linewatch.stream.metrics import Metrics
from linewatch.stream.shell import health
from linewatch.stream.shell.health import Progress, serve


@pytest.fixture
def served() -> Iterator[tuple[str, Metrics, Progress]]:
    metrics, progress = Metrics(), Progress()
    address, stop = serve("127.0.0.1", 0, metrics, progress)
    yield address.removesuffix("/metrics"), metrics, progress
    stop()


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_promtool_finds_nothing_to_complain_of(served: tuple[str, Metrics, Progress]) -> None:
    address, metrics, _ = served
    metrics.records.labels("call", "read").inc()
    metrics.flags.labels("wangiri", "watch").inc()
    metrics.stage.labels("fold").observe(0.01)
    metrics.dead_letters.labels("unreadable").inc()
    metrics.applied.labels("linewatch.calls", "0").set(1)
    status, body = get(address + "/metrics")
    assert status == 200
    assert "linewatch_flags_total" in body
    promtool = shutil.which("promtool")
    assert promtool, "the tests need promtool: on Debian, apt-get install -y prometheus"
    checked = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_readiness_says_what_is_missing(served: tuple[str, Metrics, Progress]) -> None:
    address, _, progress = served
    assert get(address + "/readyz") == (503, "starting\n")
    progress.watch(lambda: False, lambda: "")
    assert get(address + "/readyz") == (200, "ok\n")


def test_liveness_is_progress(served: tuple[str, Metrics, Progress], monkeypatch: pytest.MonkeyPatch) -> None:
    address, _, progress = served
    progress.watch(lambda: True, lambda: "")
    assert get(address + "/healthz")[0] == 200
    monkeypatch.setattr(health, "STUCK_S", -1.0)
    assert get(address + "/healthz")[0] == 503
    progress.watch(lambda: False, lambda: "")
    assert get(address + "/healthz")[0] == 200


def test_a_port_in_use_is_one_line(served: tuple[str, Metrics, Progress]) -> None:
    port = int(served[0].rsplit(":", 1)[1])
    with pytest.raises(UnusableInput, match=r"mend \[metrics\]"):
        serve("127.0.0.1", port, Metrics(), Progress())


def test_no_metric_has_a_label_that_could_hold_a_number() -> None:
    labels = {label for family in Metrics().registry.collect() for sample in family.samples for label in sample.labels}
    assert labels <= {"le"}
    allowed = {"kind", "outcome", "topic", "partition", "reason", "agent", "stage", "fraud_type", "action", "extent", "verdict"}
    allowed |= {"country", "prefix", "trunk"}  # of `places` and `trunks`, whose tests show that no number gets in
    named = {name for metric in vars(Metrics()).values() for name in getattr(metric, "_labelnames", ())}
    assert named <= allowed
