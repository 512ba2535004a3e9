"""Changes of policies: each request once, refusals that change nothing, and a worker that died between the line and the act."""

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from learner_topics import NAMES, Topics
from linewatch.config.errors import ArtifactRefused
from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.stream.order.frame import decode
from linewatch.stream.order.settings import order_settings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.learner_agent import LearnerAgent
from linewatch.stream.shell.outbox import Message
from linewatch.stream.shell.policy_changes import Act, Change, History, Request, change_of, changes_for
from linewatch.stream.shell.snapshot import Snapshot

SHIPPED = shipped_policy().source
CANDIDATE = SHIPPED.replace("review = 0.75", "review = 0.6")
APART = SHIPPED.replace("min_attempts = 4.0", "min_attempts = 6.0")


def asked(act: Act, name: str = "r", **fields: Any) -> Request:
    return Request(name, act, "mali", "because", **fields)


def change(act: Act, version: int, text: str) -> Change:
    return Change(f"{act}{version}", act, version, policy_from_toml(text).identity if text else "", "mali", 1, text=text)


BEGUN = [change("first", 1, SHIPPED)]
SHADOWED = [*BEGUN, change("shadow", 3, CANDIDATE)]


def answered(history: list[Change], request: Request) -> list[Change]:
    return changes_for(request, History(history), {"policy": 1, "shadow": 3}, 5)


def test_a_push_says_who_what_and_why() -> None:
    (line,) = answered(BEGUN, asked("push", text=CANDIDATE, forced=True, checked="c"))
    assert (line.act, line.version, line.by, line.why, line.at_ms, line.text) == ("push", 2, "mali", "because", 5, CANDIDATE)
    assert (line.policy_version, line.forced, line.checked) == (policy_from_toml(CANDIDATE).identity, True, "c")
    assert change_of(line.encode()) == line


def test_a_promotion_takes_the_shadow_and_ends_it() -> None:
    promoted, ended = answered(SHADOWED, asked("promote", of=3))
    assert (promoted.act, promoted.version, promoted.text, promoted.of) == ("promote", 2, CANDIDATE, 3)
    assert (ended.act, ended.version, ended.text) == ("shadow_off", 4, "")
    history = History([*SHADOWED, promoted, ended])
    assert history.shadow() is None
    assert history.last("policy") is promoted


def test_a_shadow_goes_where_rows_are_folded_otherwise() -> None:
    lines = answered(SHADOWED, asked("push", text=APART))
    assert [line.act for line in lines] == ["push", "shadow_off"]
    assert "gate" in lines[1].why
    assert [line.act for line in answered(SHADOWED, asked("push", text=CANDIDATE))] == ["push"]


@pytest.mark.parametrize(
    ("history", "request_", "said"),
    [
        (BEGUN, asked("push", text="version = 1"), "version"),
        (BEGUN, asked("promote", of=3), "promoted"),
        (SHADOWED, asked("promote", of=2), "not the one"),
        (BEGUN, asked("shadow_off"), "no policy decides in the shadow"),
        (BEGUN, asked("shadow", text=APART), "gate"),
        (BEGUN, asked("first", text=SHIPPED), "nothing that can be asked"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(history: list[Change], request_: Request, said: str) -> None:
    (line,) = answered(history, request_)
    assert line.act == "refused"
    assert said in line.refusal
    after = History([*history, line])
    assert after.last("policy") == history[0]
    assert after.answered(request_)


def take(agent: LearnerAgent, *requests: Request) -> None:
    values = [msgspec.json.encode(request) for request in requests]
    records = SimpleNamespace(offsets=range(len(values)), keys=[b"policy"] * len(values), values=values)
    asyncio.run(agent.take("", 0, records))  # type: ignore[arg-type]  # of records it asks for these


def test_a_request_that_is_read_twice_is_done_once(topics: Topics) -> None:
    push, shadow = asked("push", "a", text=CANDIDATE), asked("shadow", "b", text=SHIPPED)
    take(topics.agent(), push, shadow)
    take(topics.agent(), push, shadow)  # another owner, who starts from the same offset
    assert [(line.act, line.version) for line in topics.lines()] == [("first", 1), ("push", 2), ("shadow", 1)]
    texts = {(kind, version): text.decode() for kind, version, text in topics.policies()}
    assert texts == {("policy", 1): SHIPPED, ("policy", 2): CANDIDATE, ("shadow", 1): SHIPPED}


def test_the_order_says_how_many_sources_there_are(topics: Topics) -> None:
    asyncio.run(topics.agent().take_over())
    controls = [decode(m.value or b"").control for m in topics.sent if m.topic == NAMES.sightings and m.partition == 0]
    (order,) = [order_settings(control.payload) for control in controls if control is not None and control.kind == "order"]
    assert order.sources == 32


def test_a_state_of_the_learner_that_is_not_read_ends_by_an_empty_message(topics: Topics) -> None:
    state = Snapshot(5, msgspec.msgpack.encode([99, list(FEATURES)])).encode()
    topics.sent.append(Message(NAMES.snapshots, state, b"learner", 0))
    with pytest.raises(ArtifactRefused, match="layout 99"):
        asyncio.run(topics.agent().take_over())
    topics.sent.append(Message(NAMES.snapshots, b"", b"learner", 0))
    asyncio.run(topics.agent().take_over())


def test_a_policy_that_names_a_model_which_nobody_has_is_refused(topics: Topics) -> None:
    named = SHIPPED.replace('number_model = ""', 'number_model = "number-00000000"')
    take(topics.agent(), asked("shadow", "a", text=named))
    (refused,) = topics.lines()[1:]
    assert refused.act == "refused"
    assert "number-00000000" in refused.refusal
    assert topics.policies() == [("policy", 1, SHIPPED.encode())]


def test_what_stands_in_the_history_and_was_not_done_is_done_by_the_next_owner(topics: Topics) -> None:
    push = asked("push", "a", text=CANDIDATE)
    agent = topics.agent()
    asyncio.run(agent.take_over())
    topics.dies = len(topics.sent) + 1  # the line gets through, nothing after it
    with pytest.raises(RuntimeError, match="killed"):
        take(agent, push)
    assert topics.lines()[-1].act == "push"
    assert ("policy", 2, CANDIDATE.encode()) not in topics.policies()
    topics.dies = 1 << 30
    take(topics.agent(), push)
    assert ("policy", 2, CANDIDATE.encode()) in topics.policies()
    assert [line.act for line in topics.lines()] == ["first", "push"]


def test_a_promotion_that_was_cut_off_ends_the_shadow_all_the_same(topics: Topics) -> None:
    agent = topics.agent()
    take(agent, asked("shadow", "a", text=CANDIDATE))
    promote = asked("promote", "b", of=1)
    topics.dies = len(topics.sent) + 2  # both lines get through, nothing after them
    with pytest.raises(RuntimeError, match="killed"):
        take(agent, asked("shadow", "a", text=CANDIDATE), promote)
    topics.dies = 1 << 30
    take(topics.agent(), asked("shadow", "a", text=CANDIDATE), promote)
    assert [line.act for line in topics.lines()] == ["first", "shadow", "promote", "shadow_off"]
    assert ("policy", 2, CANDIDATE.encode()) in topics.policies()
    assert ("shadow", 2, b"") in topics.policies()
