"""Who was no member of the group for a while reads nothing before it knows that the log is cut as it was at its start."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaException

from linewatch.stream.shell import worker as module
from linewatch.stream.shell.count import Change, Sizes
from linewatch.stream.shell.worker import Worker

SIZES = Sizes(1, 8, 12, 32, 8)


def changed(epoch: int, is_done: bool = True) -> Change:
    return Change(epoch, 8, 8, 12, [0] * 12, [], is_done)


def made_sure(monkeypatch: pytest.MonkeyPatch, asked: Callable[[], Change | None], sizes: Sizes = SIZES) -> tuple[bool, list[str]]:
    """Whether the worker goes on, and what it dies of."""
    died: list[str] = []

    async def run() -> bool:
        one = Worker.__new__(Worker)
        one.context = SimpleNamespace(config=None, sizes=sizes, sure=asyncio.Event())  # type: ignore[assignment]  # all that is asked of it here
        one.die = died.append  # type: ignore[method-assign]  # it would end the process
        await one._make_sure()
        return one.context.sure.is_set()

    monkeypatch.setattr(module, "change_in", lambda config: asked())
    monkeypatch.setattr(module, "HOUSEKEEPING_S", 0.0)
    return asyncio.run(run()), died


def test_the_log_of_the_start_is_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made_sure(monkeypatch, lambda: changed(1)) == (True, [])
    assert made_sure(monkeypatch, lambda: None, Sizes(0, 8, 8, 32, 8)) == (True, [])


@pytest.mark.parametrize("change", [changed(2), changed(2, is_done=False)])
def test_one_that_was_cut_anew_is_not(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    goes_on, (reason,) = made_sure(monkeypatch, lambda: change)
    assert not goes_on
    assert "partitions" in reason


def test_brokers_that_do_not_answer_are_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([KafkaException("away"), KafkaException("away"), changed(1)])

    def asked() -> Change:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert made_sure(monkeypatch, asked) == (True, [])


def test_an_answer_that_cannot_be_read_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> Change:
        raise ValueError("no change")

    goes_on, (reason,) = made_sure(monkeypatch, asked)
    assert not goes_on
    assert "no change" in reason
