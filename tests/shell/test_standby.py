"""A partition that is followed is what its recovery from the topic would be, whoever wrote the units."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.worker import State, WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.metrics import Metrics
from linewatch.stream.profiles.durable import LAYOUT
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.shell import durable
from linewatch.stream.shell.count import Sizes
from linewatch.stream.shell.durable import HEADER, Unit, Units
from linewatch.stream.shell.standby import Follower, Standbys
from linewatch.stream.shell.topics import Names
from sightings_logs import partition

LATER = LAYOUT + 1


class Topic:
    """The units of one partition; `reads` is how many records were asked for."""

    def __init__(self) -> None:
        self.records: list[durable.Stored] = []
        self.reads = 0

    async def read(self, config: Any, topic: str, number: int, begin: int = 0, patience_s: float = 0) -> Any:
        for record in self.records[begin:]:
            self.reads += 1
            yield record

    def write(self, unit: Unit, chunks: list[bytes]) -> None:
        for chunk in [*chunks, None]:
            header = msgspec.msgpack.encode(msgspec.structs.replace(unit, chunks=len(chunks), end=chunk is None))
            self.records.append(durable.Stored(len(self.records), chunk or b"", None, [(HEADER, header)]))


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    made = Topic()
    monkeypatch.setattr(durable, "read_all", made.read)
    return made


def unit(owner: str, generation: int, serial: int, full: bool = False) -> Unit:
    return Unit(generation, owner, serial, full, False, 0)


def follower(model: NumberModel) -> Follower:
    return Follower(lambda: Units(WorkerConfig(), "state", 0), lambda: Partition(0, 8, model))


def standbys_of(model: NumberModel, standby: bool = True) -> Standbys:
    context: Any = SimpleNamespace(
        config=WorkerConfig(state=State(standby=standby)),
        names=Names("linewatch."),
        sizes=Sizes(0, 1, 1, 8, 1),
        number_model=model,
        metrics=Metrics(),
    )
    return Standbys(context)


def same(one: Partition, other: Partition) -> bool:
    (side, arrays), (other_side, other_arrays) = one.parts(True), other.parts(True)
    return msgspec.msgpack.encode(side) == msgspec.msgpack.encode(other_side) and all(
        np.array_equal(array, other_arrays[name]) for name, array in arrays.items()
    )


def pieces(log: list[tuple[int, bytes, int]], count: int) -> Iterator[list[tuple[int, bytes, int]]]:
    size = len(log) // count + 1
    yield from (log[begin : begin + size] for begin in range(0, len(log), size))


def test_it_is_at_any_time_what_a_recovery_would_be(topic: Topic, logs: list, number_model: NumberModel) -> None:
    state, followed, applied = partition(0, number_model, "live"), follower(number_model), 0
    for serial, frames in enumerate(pieces(logs[0], 12)):
        applied += len(state.apply(frames).flags)
        full = serial in {0, 5}
        topic.write(unit("a", 1, serial, full), list(state.checkpoint(full)))
        if serial % 3 == 1:
            asyncio.run(followed.catch_up())
            recovered = follower(number_model)
            asyncio.run(recovered.catch_up())
            assert followed.taken == recovered.taken
            assert followed.state.next_offset == state.next_offset
            assert same(followed.state, recovered.state)
    assert applied > 10


def test_it_reads_nothing_twice(topic: Topic, logs: list, number_model: NumberModel) -> None:
    state, followed = partition(0, number_model, "live"), follower(number_model)
    for serial, frames in enumerate(pieces(logs[0][:200], 4)):
        state.apply(frames)
        topic.write(unit("a", 1, serial, serial == 0), list(state.checkpoint(serial == 0)))
        asyncio.run(followed.catch_up())
        asyncio.run(followed.catch_up())
    assert topic.reads == len(topic.records)
    assert all(not one.chunks for one in followed._units._found), "what was taken in is not kept"


def test_the_state_is_that_of_the_new_owner_and_not_of_the_old_one_that_still_writes(
    topic: Topic, logs: list, number_model: NumberModel
) -> None:
    thawed, new = (partition(0, number_model, "live") for _ in range(2))
    followed = follower(number_model)
    first, second, third = pieces(logs[0], 3)
    thawed.apply(first)
    topic.write(unit("a", 1, 0, True), list(thawed.checkpoint(True)))
    asyncio.run(followed.catch_up())
    new.apply(first)
    new.apply(second)
    topic.write(unit("b", 2, 0, True), list(new.checkpoint(True)))
    thawed.apply(second)
    topic.write(unit("a", 1, 1), list(thawed.checkpoint(False)))
    asyncio.run(followed.catch_up())
    assert [one.owner for one in followed.taken] == ["b"]
    new.apply(third)
    topic.write(unit("b", 2, 1), list(new.checkpoint(False)))
    asyncio.run(followed.catch_up())
    assert same(followed.state, new)


def test_units_that_were_let_go_and_are_in_force_again_are_read_again(topic: Topic, logs: list, number_model: NumberModel) -> None:
    """An owner keeps its partition through a rebalance in which another one had begun to write."""
    staying, other = (partition(0, number_model, "live") for _ in range(2))
    followed = follower(number_model)
    first, second = pieces(logs[0], 2)
    staying.apply(first)
    topic.write(unit("a", 1, 0, True), list(staying.checkpoint(True)))
    other.apply(first)
    topic.write(unit("z", 2, 0, True), list(other.checkpoint(True)))
    asyncio.run(followed.catch_up())
    assert [one.owner for one in followed.taken] == ["z"]
    staying.apply(second)
    topic.write(unit("a", 3, 1), list(staying.checkpoint(False)))
    asyncio.run(followed.catch_up())
    assert [one.owner for one in followed.taken] == ["a", "a"]
    assert same(followed.state, staying)


def test_standbys_are_followed_until_they_are_taken(topic: Topic, logs: list, number_model: NumberModel) -> None:
    state = partition(0, number_model, "live")
    state.apply(logs[0][:100])
    topic.write(unit("a", 1, 0, True), list(state.checkpoint(True)))
    standbys = standbys_of(number_model)
    standbys.keep({0, 1})
    asyncio.run(standbys.follow())
    taken = standbys.take(0)
    assert taken.state.next_offset == state.next_offset
    assert standbys.take(0).taken == [], "one that was taken is another's now"
    off = standbys_of(number_model, standby=False)
    off.keep({0, 1})
    asyncio.run(off.follow())
    assert off.take(0).taken == []


def test_a_version_that_cannot_be_read_is_not_followed_and_stops_nobody(
    topic: Topic, logs: list, number_model: NumberModel, caplog: pytest.LogCaptureFixture
) -> None:
    state = partition(0, number_model, "live")
    state.apply(logs[0][:50])
    chunks = [msgspec.msgpack.encode([LATER, *msgspec.msgpack.decode(chunk)[1:]]) for chunk in state.checkpoint(True)]
    topic.write(unit("a", 1, 0, True), chunks)
    standbys = standbys_of(number_model)
    standbys.keep({0})
    asyncio.run(standbys.follow())
    reads = topic.reads
    asyncio.run(standbys.follow())
    assert topic.reads == reads
    assert "is not followed" in caplog.text
