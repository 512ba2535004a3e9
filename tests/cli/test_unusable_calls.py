"""Every command that needs a configuration or brokers says in one line, with status 2, what is wrong with them."""

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from linewatch.stream.cli.main import COMMANDS
from linewatch.stream.shell import admin, count

Call = Callable[..., Any]
POLICY = Path(__file__).parents[2] / "config" / "policy.toml"
CONFIGURED = [
    ("topics",),
    ("explain", "+66921234567"),
    ("forget", "+66921234567"),
    ("requeue",),
    ("verdicts",),
    ("verdict", "+66921234567", "fraud"),
    ("policy", "show"),
    ("policy", "push", str(POLICY)),
    ("policy", "shadow", str(POLICY)),
    ("policy", "promote"),
    ("policy", "rollback", "1"),
    ("policy", "history"),
    ("report",),
    ("warm", str(POLICY)),
]


@pytest.mark.parametrize("command", [*CONFIGURED, ("worker",)], ids=" ".join)
def test_a_configuration_that_is_not_there(linewatch: Call, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = linewatch(*command, "--config", tmp_path / "missing.toml")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "missing.toml" in done.err


@pytest.mark.parametrize("command", [*CONFIGURED, ("worker",)], ids=" ".join)
def test_a_configuration_with_an_unknown_key(linewatch: Call, tmp_path: Path, command: tuple[str, ...]) -> None:
    config = tmp_path / "worker.toml"
    config.write_text("[kafka]\ngroop = 'x'\n")
    done = linewatch(*command, "--config", config)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "kafka.groop" in done.err


@pytest.mark.parametrize("command", CONFIGURED, ids=" ".join)
def test_brokers_that_do_not_answer(
    linewatch: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    for module in (admin, count):
        monkeypatch.setattr(module, "TIMEOUT_S", 0.2)
    config = tmp_path / "worker.toml"
    config.write_text('[kafka]\nbootstrap_servers = "127.0.0.1:1"\n')
    done = linewatch(*command, "--config", config)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "127.0.0.1:1" in done.err
    assert "+6692" not in done.err, "a number must not stand in an error"


def test_a_reason_that_there_is_not(linewatch: Call, tmp_path: Path) -> None:
    config = tmp_path / "worker.toml"
    config.write_text("")
    done = linewatch("requeue", "--config", config, "--reason", "mood")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "wrong_type" in done.err


@pytest.mark.parametrize("seconds", ["3", "soon"])
def test_a_demo_of_no_length(linewatch: Call, seconds: str) -> None:
    assert linewatch("demo", "--for", seconds).status == 2


@pytest.mark.parametrize("command", ["demo", "explain", "forget", "requeue", "topics", "worker"])
def test_help_has_an_example(linewatch: Call, command: str) -> None:
    done = linewatch(command, "--help")
    assert done.status == 0
    assert f"Example: linewatch {command}" in done.out
    assert command in COMMANDS


def test_help_comes_at_once() -> None:
    """What takes seconds to import is imported by the command that needs it."""
    script = "import sys; from linewatch.stream.cli.main import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "replay" in done.stdout
    assert not {"sklearn", "skops", "scipy", "river", "faust", "numba"} & set(done.stdout.split())


@pytest.mark.parametrize("command", ["check", "push", "show"])
def test_help_of_policy_has_an_example(linewatch: Call, command: str) -> None:
    assert f"Example: linewatch policy {command}" in linewatch("policy", command, "--help").out


def test_the_version(linewatch: Call) -> None:
    done = linewatch("--version")
    assert (done.status, done.out, done.err) == (0, f"linewatch {version('linewatch')}\n", "")


@pytest.mark.parametrize("command", [(), ("policy",), ("train",)])
def test_help_stands_on_standard_output_where_no_command_was_named(linewatch: Call, command: tuple[str, ...]) -> None:
    done = linewatch(*command)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "Usage: linewatch" in done.out
    assert "no command was named" in done.err
