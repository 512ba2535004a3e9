"""What the learner's snapshots say of senders of texts reaches the worker's own intake, by any partition of the log."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.learner.examples import Examples
from linewatch.stream.learner.learner import Learner
from linewatch.stream.metrics import Metrics
from linewatch.stream.order.frame import Source, control_frame
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell import durable
from linewatch.stream.shell.intake_agent import IntakeAgent
from linewatch.stream.shell.profiles_agent import Owned, ProfilesAgent

AT_MS = 1_767_225_600_000
SENDER = 66921234567


def snapshot() -> bytes:
    learner = Learner(FEATURES, shipped_policy())
    row = np.zeros(len(FEATURES), np.float32).tobytes()
    learner.absorb(Examples.of_verdict(AT_MS, row, FRAUD_TYPES.index("smishing"), True, 1.0, "analyst", "v", entity=SENDER))
    return learner.payload()


def messages() -> Part:
    texts = [f"Your parcel is held, a fee is due for {thing}. Pay at https://track-ab3k.top/x" for thing in ("tea", "milk", "rice")]
    record = {"kind": "sms", "sender": f"+{SENDER}", "recipient": "+66811111111", "submit_ms": AT_MS}
    values = [msgspec.json.encode(record | {"record_id": str(at), "text": text}) for at, text in enumerate(texts * 2)]
    return Part(Source("messages", "messages", 0), "sms", values, range(len(values)), [AT_MS] * len(values), True)


async def recovered(context: Any, monkeypatch: pytest.MonkeyPatch) -> list[Owned]:
    monkeypatch.setattr(durable, "read_all", _nothing)
    agent = ProfilesAgent(context, _never)
    return [await agent._recover(number, agent.standbys.take(number)) for number in range(2)]


@pytest.mark.parametrize("feedback", [True, False])
def test_each_partition_hands_snapshots_to_the_intake(
    text_model: TextModel, monkeypatch: pytest.MonkeyPatch, feedback: bool
) -> None:
    intake, metrics = Intake(Operator(), 2, text_model, feedback), Metrics()
    context: Any = SimpleNamespace(
        intake=intake,
        metrics=metrics,
        config=None,
        names=SimpleNamespace(state="state"),
        number_model=None,
        outbox=SimpleNamespace(),
        sizes=SimpleNamespace(sources_at_first=1),
        stage=lambda stage: None,
        tracer=None,
    )
    intake.batch([messages()])
    learned = []
    for owned in asyncio.run(recovered(context, monkeypatch)):
        owned.state.apply([(0, control_frame("models", 1, snapshot()), 0)])
        IntakeAgent(context, None, _never).observe()  # type: ignore[arg-type]  # nothing is asked of the sources
        learned.append(metrics.registry.get_sample_value("linewatch_texts_learned"))
    assert learned == ([3.0, 3.0] if feedback else [0.0, 0.0]), (
        "once, whichever partition brings it, and never with feedback frozen"
    )


async def _nothing(*where: Any) -> AsyncIterator[Any]:
    for record in ():
        yield record


def _never(reason: str) -> Awaitable[None]:
    raise AssertionError(reason)
