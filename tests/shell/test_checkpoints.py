"""What a partition is committed up to can be recovered, however a unit of its state was cut off, and whatever failed."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from linewatch.config.worker import WorkerConfig
from linewatch.stream.order.frame import Frame, Mark, Source, encode, marks_frame
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.shell import durable, profiles_agent
from linewatch.stream.shell.durable import Stored, Units
from linewatch.stream.shell.outbox import Message
from linewatch.stream.shell.profiles_agent import Owned, ProfilesAgent
from linewatch.stream.shell.topics import Names
from linewatch.stream.shell.transport import Records

NAMES = Names("linewatch.")
LOG = TP(NAMES.sightings, 0)


class Broker:
    """Takes units of state, unless it is slow."""

    def __init__(self) -> None:
        self.records: list[Stored] = []
        self.is_slow = False

    async def send(self, messages: list[Message]) -> list[int]:
        if self.is_slow:
            await asyncio.Event().wait()
        first = len(self.records)
        self.records += [Stored(first + at, one.value, None, one.headers) for at, one in enumerate(messages)]
        return list(range(first, len(self.records)))

    async def read(self, config: Any, topic: str, number: int, begin: int = 0, patience_s: float = 0) -> AsyncIterator[Stored]:
        for record in self.records[begin:]:
            yield record


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(durable, "read_all", made.read)
    monkeypatch.setattr(profiles_agent, "delete_before", lambda *where: None)
    return made


async def never(reason: str) -> None:
    raise AssertionError(reason)


def agent_of(broker: Broker) -> tuple[ProfilesAgent, Owned]:
    """An agent that has partition 0 of the log in its hands."""
    counter = SimpleNamespace(labels=lambda *_: SimpleNamespace(inc=lambda: None), set=lambda value: None)
    context: Any = SimpleNamespace(
        config=WorkerConfig(),
        names=NAMES,
        outbox=broker,
        consumer=SimpleNamespace(finished={}),
        metrics=SimpleNamespace(checkpoints=counter, partitions=counter),
    )
    agent = ProfilesAgent(context, never)
    agent._generation = 1
    owned = agent._owned[0] = Owned(Partition(0, 1, None), 0)
    return agent, owned


def recovered(broker: Broker) -> int:
    state = Partition(0, 1, None)
    for found in asyncio.run(Units(WorkerConfig(), NAMES.state, 0).chain()):
        state.restore(found.chunks)
    return state.next_offset


def test_a_unit_that_was_cut_off_is_followed_by_a_full_one(broker: Broker) -> None:
    """As in a rebalance, which waits for a few seconds and no longer."""
    agent, owned = agent_of(broker)

    async def units() -> None:
        for serial in range(1, 6):
            owned.state.next_offset = 100 * serial
            broker.is_slow = serial == 3
            try:
                async with asyncio.timeout(0.05 if broker.is_slow else None):
                    await agent.checkpoint(0, owned)
            except TimeoutError:
                assert agent._context.consumer.finished[LOG] == 200

    asyncio.run(units())
    assert agent._context.consumer.finished[LOG] == 500
    assert recovered(broker) == 500


def test_a_state_that_failed_within_a_message_never_becomes_durable(broker: Broker) -> None:
    agent, owned = agent_of(broker)
    good = marks_frame([(Source("t", "calls", 0), Mark(1, True))])
    owned.apply(Records([0], [good], [0], [None], [()]))
    asyncio.run(agent.checkpoint(0, owned))
    with pytest.raises(Exception, match="layout 99"):
        owned.apply(Records([1, 2], [good, encode(Frame(99))], [0, 0], [None, None], [(), ()]))
    asyncio.run(agent.checkpoint_all())
    asyncio.run(agent.checkpoint(0, owned))
    assert agent._context.consumer.finished[LOG] == 1
    assert recovered(broker) == 1
