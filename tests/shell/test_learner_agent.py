"""The learner has one owner: what it knows is read once, dropped where another may have had it, and written by the owner alone."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from learner_topics import NAMES, Topics
from linewatch.config.policy import shipped_policy
from linewatch.stream.learner.examples import Examples, encode_examples
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell import learner_agent
from linewatch.stream.shell.learner_agent import SURE_S, LearnerAgent
from linewatch.stream.shell.snapshot import snapshot_of
from linewatch.stream.shell.transport import Records

SOURCE = next(iter(shipped_policy().verdict_sources))


def verdicts(first: int, count: int) -> Records:
    row = np.zeros((1, len(FEATURES)), np.float32).tobytes()
    values = [encode_examples([Examples.of_verdict(1_000_000, row, 0, True, 1.0, SOURCE, f"r{at}", at)]) for at in range(count)]
    return Records(list(range(first, first + count)), list(values), [0] * count, [b"examples"] * count, [()] * count)


def learned(agent: LearnerAgent) -> int:
    return agent._learner.verdicts_learned if agent._learner is not None else -1


def saved(topics: Topics) -> list[int]:
    """Up to which offsets the learner's state was made durable."""
    values = [m.value for m in topics.sent if m.topic == NAMES.snapshots and m.key == b"learner"]
    return [snapshot_of(value or b"").version for value in values]


def test_two_who_ask_at_once_take_over_once(topics: Topics) -> None:
    """The agent does for the first message, the housekeeper does by the clock."""
    agent = topics.agent()

    async def both() -> None:
        topics.pause.clear()
        waiting = [asyncio.create_task(agent.take("", 0, verdicts(0, 3))), asyncio.create_task(agent.take_over())]
        await asyncio.sleep(0)
        topics.pause.set()
        await asyncio.gather(*waiting)

    asyncio.run(both())
    assert learned(agent) == 3
    assert [line.act for line in topics.lines()] == ["first"]
    assert len([m for m in topics.sent if m.topic == NAMES.sightings and m.partition == 0]) == 4, "one control record a kind"


def test_what_was_read_for_a_partition_that_went_meanwhile_is_not_kept(topics: Topics) -> None:
    agent = topics.agent()
    agent.own(True, False)

    async def lost_while_it_reads() -> None:
        topics.pause.clear()
        taking = asyncio.create_task(agent.take("", 0, verdicts(0, 1)))
        await asyncio.sleep(0)
        agent.own(False, True)
        topics.pause.set()
        await taking

    asyncio.run(lost_while_it_reads())
    assert learned(agent) == -1
    assert not topics.sent
    other = topics.agent()
    asyncio.run(other.take("", 0, verdicts(0, 2)))
    asyncio.run(other.save(force=True))
    agent.own(True, True)
    asyncio.run(agent.take("", 0, verdicts(0, 3)))
    assert learned(agent) == 3, "two by the other, one since"


@pytest.mark.parametrize(("is_assigned", "stayed"), [(True, True), (True, False), (False, True)])
def test_what_is_known_stays_only_where_no_other_can_have_had_it(topics: Topics, is_assigned: bool, stayed: bool) -> None:
    agent = topics.agent()
    agent.own(True, False)
    asyncio.run(agent.take("", 0, verdicts(0, 1)))
    agent.own(is_assigned, stayed)
    assert (learned(agent) == 1) is (is_assigned and stayed)


@pytest.mark.parametrize("act", [lambda agent: agent.save(force=True), lambda agent: agent.take("", 0, verdicts(1, 1))])
def test_who_stood_still_past_the_session_writes_nothing(
    topics: Topics, act: Callable[[LearnerAgent], "asyncio.Future[None]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(learner_agent.time, "monotonic", lambda: now[0])
    agent = topics.agent()
    agent.own(True, False)
    asyncio.run(agent.take("", 0, verdicts(0, 1)))
    before = len(topics.sent)
    now[0] += SURE_S
    topics.is_owner = False

    async def thawed() -> None:
        await act(agent)

    asyncio.run(thawed())
    assert len(topics.sent) == before
    assert learned(agent) == -1


def test_what_failed_is_not_saved_as_done(topics: Topics) -> None:
    agent = topics.agent()
    agent.own(True, False)
    asyncio.run(agent.take("", 0, verdicts(0, 1)))
    asyncio.run(agent.save(force=True))
    broken = verdicts(1, 1)
    broken.values[0] = b"no examples"
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever it is
        asyncio.run(agent.take("", 0, broken))
    asyncio.run(agent.save(force=True))
    assert saved(topics) == [1]
