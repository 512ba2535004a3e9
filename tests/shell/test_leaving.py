"""A worker that is told to stop ends, whatever its Kafka client does."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from linewatch.stream.shell import worker as module
from linewatch.stream.shell.worker import run_worker


class Left(Exception):
    """The process ended."""


class Leaving:
    """A worker whose client stops, or tries for ever to commit."""

    def __init__(self, stops: bool) -> None:
        self.done: list[str] = []
        self._stops = stops
        self.exit_code = 0
        self.app = SimpleNamespace(start=self._note("start"), should_stop=False, stop=self._stop)
        self.context: Any = SimpleNamespace(intake=None, tracer=None, outbox=SimpleNamespace(close=self._note("close")))
        self.memory_file = SimpleNamespace(keep=self._note("keep"))

    def _note(self, name: str) -> Any:
        async def note(*arguments: Any, **options: Any) -> None:
            self.done.append(name)

        return note

    async def _stop(self) -> None:
        if not self._stops:
            await asyncio.Event().wait()
        self.done.append("stop")

    async def _revoked(self, app: Any, revoked: set[Any]) -> None:
        self.done.append("commit")


def test_it_leaves_in_good_order() -> None:
    worker: Any = Leaving(stops=True)
    assert asyncio.run(run_worker(worker, lambda: True)) == 0
    assert worker.done == ["start", "commit", "stop", "keep", "close"]


def test_a_client_that_does_not_stop_holds_nobody(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """After it committed what is worked off, and copied what intake remembers."""

    def leave(status: int) -> None:
        assert status == 0
        raise Left

    monkeypatch.setattr(module, "STOPPING_S", 0.05)
    monkeypatch.setattr(module.os, "_exit", leave)
    monkeypatch.setattr(module.logging, "shutdown", lambda: None)
    worker: Any = Leaving(stops=False)
    with pytest.raises(Left):
        asyncio.run(run_worker(worker, lambda: True))
    assert worker.done == ["start", "commit", "keep"]
    assert "does not stop" in caplog.text
