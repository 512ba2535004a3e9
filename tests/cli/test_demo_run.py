"""`linewatch demo` as a process: it flags, ends by itself or when told to, and leaves nothing running behind it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from linewatch.config.worker import load_worker_config
from linewatch.training.bench.apache_kafka import wait_until

pytestmark = pytest.mark.usefixtures("one_demo_at_a_time")
"""One at a time: the demo's metrics have one port."""
COMMAND = [sys.executable, "-m", "linewatch", "demo"]


def listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def addresses(folder: Path) -> list[tuple[str, int]]:
    """Where the demo's broker and its worker's metrics are."""
    config = load_worker_config(folder / "demo" / "worker.toml")
    host, port = config.kafka.bootstrap_servers.split(":")
    return [(host, int(port)), (config.metrics.host, config.metrics.port)]


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo without an end, whose broker and worker run; the worker has not joined its group yet."""
    process = subprocess.Popen(COMMAND, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until(lambda: (folder / "demo" / "worker.log").exists(), 60, "a worker")
        wait_until(lambda: all(map(listens, addresses(folder))), 60, "metrics")
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_demo_of_ten_seconds_flags_and_sums_up(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, "--for", "10"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180)
    assert (done.returncode, done.stderr) == (0, "")
    flags = [msgspec.json.decode(line) for line in (tmp_path / "demo" / "flags.jsonl").read_bytes().splitlines()]
    assert len(flags) > 50
    assert len({flag["fraud_type"] for flag in flags}) >= 5
    assert f"{len(flags)} flags (the first " in done.stdout
    assert float(done.stdout.split("(the first ")[1].split(" s after")[0]) < 30
    total = next(line for line in done.stdout.splitlines() if "│ all" in line).split("│")
    recall, precision = float(total[4]), float(total[5])
    assert recall > 0.5
    assert precision > 0.5
    assert not any(flag["number"] in done.stdout for flag in flags)
    assert not any(flag["number"] in (tmp_path / "demo" / "worker.log").read_text() for flag in flags)
    assert not any(map(listens, addresses(tmp_path)))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, how: signal.Signals) -> None:
    with started(tmp_path) as process:
        process.send_signal(how)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, out
        assert "Traceback" not in out
        assert not any(map(listens, addresses(tmp_path)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_killed_it_still_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        process.kill()
        wait_until(lambda: not any(map(listens, addresses(tmp_path))), 30, "the end of broker and worker")
