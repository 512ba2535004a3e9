"""Which units of state a partition is recovered from, and that each is read as it was meant, however its chunks came."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest

from linewatch.config.worker import WorkerConfig
from linewatch.stream.shell import durable
from linewatch.stream.shell.durable import Found, Stored, Unit, Units, ahead_of, chain_of, write_unit
from linewatch.stream.shell.outbox import Message

Landing = Callable[[list[Message]], Sequence[Message]]


class Topic:
    """A partition of the state topic; by `landing`, brokers that fail write what is sent in another order, or twice."""

    def __init__(self, landing: Landing = lambda sent: sent) -> None:
        self.records: list[Stored] = []
        self._landing = landing

    async def send(self, messages: Sequence[Message]) -> list[int]:
        for one in self._landing(list(messages)):
            self.records.append(Stored(len(self.records), one.value, None, one.headers))
        return [max(at.offset for at in self.records if at.value is one.value) for one in messages]

    async def read(self, config: Any, topic: str, number: int, begin: int = 0, patience_s: float = 0) -> AsyncIterator[Stored]:
        for record in self.records[begin:]:
            yield record


class Pieces:
    """Twenty chunks of a unit."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __len__(self) -> int:
        return 20

    def __iter__(self) -> Iterator[bytes]:
        return (f"{self.name}{at}".encode() for at in range(20))


def write(topic: Topic, name: str, serial: int, full: bool) -> int:
    unit = Unit(1, "a", serial, full, False, 20)
    return asyncio.run(write_unit(topic, "state", 0, unit, Pieces(name)))  # type: ignore[arg-type]  # in the place of an outbox, and of chunks


@pytest.mark.parametrize(
    "landing",
    [
        lambda sent: sent,
        lambda sent: [one for one in sent for _ in range(2)],
        lambda sent: [*sent, *sent[:3]],
        lambda sent: [*sent[1:], sent[0]],
        lambda sent: [*sent[::-1], *sent[2:4]],
    ],
    ids=["once", "each twice", "some again", "the first last", "backwards, and some again"],
)
def test_a_unit_is_whole_however_its_chunks_came(monkeypatch: pytest.MonkeyPatch, landing: Landing) -> None:
    """As where a broker died before it answered, or refused one of several that were on their way."""
    topic = Topic(landing)
    monkeypatch.setattr(durable, "read_all", topic.read)
    firsts = [write(topic, name, serial, name == "full") for serial, name in enumerate(("full", "changes"), 1)]
    units = Units(WorkerConfig(), "state", 0)
    chain = asyncio.run(units.chain())
    assert [one.chunks for one in chain] == [list(Pieces("full")), list(Pieces("changes"))]
    assert all(one.first_offset <= first for one, first in zip(chain, firsts, strict=True))
    kept = topic.records[firsts[0] :]  # a unit is whole without what stands before the offset at which it is said to begin
    topic.records = [Stored(at, *one[1:]) for at, one in enumerate(kept)]
    again = asyncio.run(Units(WorkerConfig(), "state", 0).chain())
    assert [one.chunks for one in again] == [one.chunks for one in chain]
    assert not units._held


def test_chunks_whose_unit_was_left_behind_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic()
    monkeypatch.setattr(durable, "read_all", topic.read)
    write(topic, "full", 1, True)
    write(topic, "torn", 2, False)
    del topic.records[-3:]  # the worker dies within it, and goes on as another one
    topic.records += [Stored(at, *one[1:]) for at, one in enumerate(topic.records[:21], len(topic.records))]
    units = Units(WorkerConfig(), "state", 0)
    assert len(asyncio.run(units.chain())) == 1
    assert units._held
    asyncio.run(write_unit(topic, "state", 0, Unit(2, "b", 1, True, False, 20), Pieces("new")))  # type: ignore[arg-type]  # as above
    (found,) = asyncio.run(units.chain())
    assert found.chunks == list(Pieces("new"))
    assert not units._held


def test_units_of_versions_that_gave_chunks_no_place_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    topic = Topic()
    monkeypatch.setattr(durable, "read_all", topic.read)
    write(topic, "full", 1, True)
    old = msgspec.msgpack.encode([1, "a", 1, True, False, 20]), msgspec.msgpack.encode([1, "a", 1, True, True, 20])
    topic.records = [one._replace(headers=[(durable.HEADER, old[at == 20])]) for at, one in enumerate(topic.records)]
    (found,) = asyncio.run(Units(WorkerConfig(), "state", 0).chain())
    assert found.chunks == list(Pieces("full"))


def _found(owner: str, generation: int, serial: int, full: bool, offset: int = 0) -> Found:
    return Found(Unit(generation, owner, serial, full, False, 1), offset, [b""])


def test_the_last_full_unit_and_what_follows_it_without_a_gap() -> None:
    units = [
        _found("a", 1, 1, True),
        _found("a", 1, 2, False),
        _found("a", 1, 3, True),
        _found("a", 1, 4, False),
        _found("a", 1, 6, False),
    ]
    assert chain_of(units) == units[2:4]
    assert chain_of([]) == []
    assert chain_of([_found("a", 1, 2, False)]) == [], "changes to nothing are nothing"


def test_what_a_worker_writes_that_was_thought_dead_is_not_recovered_from() -> None:
    new = [_found("b", 2, 1, True), _found("b", 2, 2, False)]
    late = [_found("a", 1, 7, True), _found("a", 1, 8, False)]
    assert chain_of([_found("a", 1, 6, True), new[0], *late, new[1]]) == new


def test_units_of_one_owner_go_on_through_a_rebalance() -> None:
    units = [_found("a", 1, 1, True), _found("a", 1, 2, False), _found("a", 2, 3, False), _found("a", 4, 4, False)]
    assert chain_of(units) == units
    late = [_found("z", 3, 1, True), _found("z", 3, 2, False)]
    assert chain_of([*units[:3], *late, units[3]]) == units


def test_units_follow_those_before_also_when_the_group_counts_anew() -> None:
    before = [_found("a", 57, 1, True)]
    units = [one.unit for one in before]
    assert ahead_of(units, 58) == 0
    assert ahead_of([], 1) == 0
    ahead = ahead_of(units, 1)
    after = [_found("b", 1 + ahead, 1, True)]
    assert chain_of([*before, *after]) == after
    assert ahead_of(units, 57) == 1, "the same generation may have been another worker's"
