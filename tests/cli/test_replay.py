"""`linewatch replay`: what it refuses before it touches a file, and what it tells at its end."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linewatch.config.errors import UnusableInput
from linewatch.stream.cli import replay_log
from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.output import Output
from linewatch.stream.replay import line_of
from stream_helpers import call

Call = Callable[..., Any]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(call(index)) + b"\n" for index in range(20)))
    return path


@pytest.mark.parametrize("output", ["--flags", "--warnings", "--dead-letters", "--features", "--message-scores"])
def test_records_are_not_written_over(linewatch: Call, records: Path, tmp_path: Path, output: str) -> None:
    before = records.read_bytes()
    flags = [] if output == "--flags" else ["--flags", tmp_path / "flags"]
    done = linewatch("replay", records, *flags, output, records)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert records.read_bytes() == before
    assert not (tmp_path / "flags").exists()


@pytest.mark.parametrize("option", ["FILE", "--policy", "--operator", "--models"])
def test_a_replay_that_is_refused_leaves_what_was_written_before(
    linewatch: Call, records: Path, tmp_path: Path, option: str
) -> None:
    flags, wrong, policy = tmp_path / "flags", tmp_path / "wrong.toml", tmp_path / "policy.toml"
    flags.write_text("of last time")
    wrong.write_text("nonsense")
    policy.write_text('version = "p"\nnumber_model = "nope"')
    files = [tmp_path / "missing.jsonl"] if option == "FILE" else [records]
    named = {"FILE": [], "--models": ["--models", tmp_path, "--policy", policy]}.get(option, [option, wrong])
    done = linewatch("replay", *files, "--flags", flags, *named)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert flags.read_text() == "of last time"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_one_line(linewatch: Call, records: Path, tmp_path: Path, workers: int) -> None:
    records.write_bytes(records.read_bytes() + b"no record\n")
    outputs = ["--flags", tmp_path / "flags", "--dead-letters", "/dev/full"]
    done = linewatch("replay", records, *outputs, "--workers", workers)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "/dev/full cannot be written" in done.err


def test_the_end_tells_dead_letters_by_reason(linewatch: Call, tmp_path: Path) -> None:
    text, flags = tmp_path / "notes.txt", tmp_path / "flags"
    text.write_bytes(b'dear all\n{"kind":"fax"}\nregards\n')
    done = linewatch("replay", text, "--flags", flags)
    assert done.status == 0
    assert "no line is a record" in done.out
    assert "dead letters by reason: 1 kind, 2 unreadable; --dead-letters OUT keeps the lines" in done.out
    done = linewatch("replay", text, "--flags", flags, "--dead-letters", tmp_path / "dead")
    assert "2 unreadable\n" in done.out


def test_the_end_tells_that_there_was_nothing(linewatch: Call, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    done = linewatch("replay", tmp_path / "empty.jsonl", "--flags", tmp_path / "flags")
    assert done.status == 0
    assert "there are no records in these files" in done.out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["records.jsonl", "--config", "worker.toml"], "--config"),
        (["records.jsonl", "--shadow-flags", "s"], "--shadow-flags"),
        (["records.jsonl", "--log"], "FILE"),
    ],
)
def test_what_would_be_ignored_is_refused(
    linewatch: Call, records: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], named: str
) -> None:
    monkeypatch.chdir(records.parent)
    Path("worker.toml").touch()
    done = linewatch("replay", *options, "--flags", "flags")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert named in done.err
    assert not Path("flags").exists()


FLAG = Flag("f", "+66921234567", "irsf", "actor", "block", 0.9, 1, 0, 1, 1, 1, 1, [], [], "p", "m")


@pytest.fixture
def log_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Iterator[Output]]], None]:
    """Stands in for the brokers: the log gives these outputs."""
    return lambda made: monkeypatch.setattr(replay_log, "outputs_of_log", lambda settings, progress: made())


@pytest.mark.parametrize("beside", [[], ["--policy", "none.toml", "--operator", "none.toml"]])
def test_a_log_ends_with_a_summary(linewatch: Call, tmp_path: Path, log_of: Any, beside: list[str]) -> None:
    log_of(lambda: iter([Output([FLAG, FLAG], released=30, scored=12), Output(released=10, scored=3)]))
    done = linewatch("replay", "--log", "localhost:9092", "--flags", tmp_path / "flags", *beside)
    assert done.status == 0
    assert re.search(r"40 sightings read, 15 scored, 2 flags, \d+ sightings per second", done.out)
    assert re.search(r"irsf +│ block +│ 2 ", done.out)
    assert (tmp_path / "flags").read_bytes() == 2 * line_of(FLAG)


def test_brokers_that_fail_leave_what_was_written_before(linewatch: Call, tmp_path: Path, log_of: Any) -> None:
    def failing() -> Iterator[Output]:
        raise UnusableInput("the brokers do not answer")
        yield

    log_of(failing)
    flags = tmp_path / "flags"
    flags.write_text("of last time")
    assert linewatch("replay", "--log", "localhost:9092", "--flags", flags).status == 2
    assert flags.read_text() == "of last time"


def test_what_a_log_does_not_heed_is_said(linewatch: Call, tmp_path: Path, log_of: Any) -> None:
    log_of(lambda: iter([Output([FLAG], released=30, scored=12)]))
    options = ["--workers", "2", "--no-feedback", "--dead-letters", tmp_path / "d"]
    done = linewatch("replay", "--log", "localhost:9092", "--flags", tmp_path / "flags", *options)
    assert done.status == 0
    assert [name for name in ("--workers", "--no-feedback", "--dead-letters", "--features") if name in done.err] == [
        "--workers",
        "--no-feedback",
        "--dead-letters",
    ]
