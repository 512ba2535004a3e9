"""Replay in several processes: the same files as in one, errors that end the parent, nothing left behind."""

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from linewatch.stream.cli.main import app
from linewatch.stream.replay_workers import WorkerFailed, Workers, models_of
from linewatch.training.bench.apache_kafka import wait_until


def replay(simulated: Path, out: Path, workers: int) -> dict[str, bytes]:
    out.mkdir()
    broken = out / "broken.jsonl"
    broken.write_bytes(b'{"kind":"call"}\nnot json\n')
    names = {"flags": "f.jsonl", "dead-letters": "d.jsonl", "features": "x.parquet", "message-scores": "m.jsonl"}
    options = [part for key, name in names.items() for part in (f"--{key}", str(out / name))]
    arguments = ["replay", str(simulated / "records.jsonl.gz"), str(broken), "--operator", str(simulated / "operator.toml")]
    app([*arguments, *options, "--workers", str(workers)], standalone_mode=False)
    return {name: (out / name).read_bytes() for name in names.values()}


def timeless(said: str) -> str:
    """A summary but for how fast it went."""
    return re.sub(r"\d+ records per second", "", said)


def test_files_are_those_of_one_process(simulated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Feedback is on: what one process learned in an hour counts in both from the same sighting on."""
    one = replay(simulated, tmp_path / "one", 1)
    said_by_one = capsys.readouterr().out
    two = replay(simulated, tmp_path / "two", 2)
    said_by_two = capsys.readouterr().out
    flags = [json.loads(line) for line in one["f.jsonl"].splitlines()]
    assert len(flags) >= 30
    assert any(not flag["model_version"].endswith(".0") for flag in flags), "no snapshot came into force"
    assert one["f.jsonl"] == two["f.jsonl"]
    assert one["m.jsonl"] == two["m.jsonl"]
    assert [json.loads(line)["reason"] for line in two["d.jsonl"].splitlines()] == ["wrong_type", "unreadable"]
    assert one["d.jsonl"].replace(b"/one/", b"/two/") == two["d.jsonl"]
    assert pq.read_table(tmp_path / "one" / "x.parquet") == pq.read_table(tmp_path / "two" / "x.parquet")
    assert timeless(said_by_one) == timeless(said_by_two)


def test_a_worker_that_dies_ends_the_replay_and_its_brothers() -> None:
    workers = Workers(2, models_of(None), False, lambda hour_ms, outputs: None)
    try:
        processes = [process for process in multiprocessing.active_children() if process.name.startswith("replay-")]
        assert len(processes) == 2
        os.kill(processes[0].pid or 0, signal.SIGKILL)
        with pytest.raises(WorkerFailed, match="ended with status -9"):
            workers.finish()
    finally:
        workers.close()
    assert not any(process.is_alive() for process in processes)


def test_a_bug_in_a_worker_is_shown_with_its_traceback() -> None:
    workers = Workers(1, models_of(None), False, lambda hour_ms, outputs: None)
    try:
        workers._links[0].send(([b"no frame"], []))
        with pytest.raises(WorkerFailed, match="Traceback"):
            workers.finish()
    finally:
        workers.close()


def test_an_interrupt_leaves_no_process_behind(simulated: Path, tmp_path: Path) -> None:
    arguments = ["replay", *[str(simulated / "records.jsonl.gz")] * 60, "--flags", str(tmp_path / "f.jsonl"), "--workers", "2"]
    argv = [sys.executable, "-m", "linewatch", *arguments]
    process = subprocess.Popen(argv, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_until(lambda: len(members(process.pid)) >= 3, 60, "a replay of three processes")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    wait_until(lambda: not members(process.pid), 10, "the end of its processes")  # the last one follows its parent


def members(group: int) -> list[int]:
    """The processes of a session that are not yet gone."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found
