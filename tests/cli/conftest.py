"""Commands called in this process, with what they print and their exit status."""

import fcntl
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from linewatch.stream.cli import main


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def linewatch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["linewatch", *map(str, arguments)])
        try:
            main.run()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Done(status, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def one_demo_at_a_time() -> Iterator[None]:
    """Its metrics have one port, and tests run in two processes."""
    with (Path(tempfile.gettempdir()) / "linewatch-tests-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
