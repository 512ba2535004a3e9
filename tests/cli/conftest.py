"""Commands called in this process, with what they print and their exit status."""

import sys
from collections.abc import Callable
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
