"""The table of messages: what is stripped, and what could have been stopped."""

import msgspec
import pytest

from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.text import TextModel
from linewatch.training.evaluate.message_report import measured, messages_table, senders_table, without_texts
from linewatch.training.simulate.build import Simulation


def test_without_texts_nothing_else_is_missing(simulation: Simulation) -> None:
    bare = without_texts(simulation)
    assert len(bare) == len(simulation.records)
    for raw, stripped in zip(simulation.records[::97], bare[::97], strict=True):
        record = msgspec.json.decode(raw)
        record.pop("text", None)
        assert msgspec.json.decode(stripped) == record
    assert not any(b'"text":' in raw for raw in bare)


@pytest.fixture(scope="module")
def done(simulation: Simulation, text_model: TextModel) -> list:
    return [measured(simulation, shipped_policy(), text_model)]


def test_spam_is_found_without_its_texts(done: list) -> None:
    found = {
        name: [o.detect_s is not None for o in one.trial.outcomes if o.fraud_type == "sms_spam" and not o.stealthy]
        for name, one in done[0].items()
    }
    assert sum(found["with"]) >= 0.8 * len(found["with"]) > 0
    assert sum(found["without"]) >= 0.6 * len(found["without"])


def test_messages_after_the_flag_are_no_more_than_all(done: list) -> None:
    for one in done[0].values():
        assert all(0 <= sent.after <= sent.messages for sent in one.sent)
    assert sum(sent.after for sent in done[0]["with"].sent) > 0.5 * sum(sent.messages for sent in done[0]["with"].sent)
    assert len(messages_table(done)) == 2 + 2 * 3
    assert any("organiser" in line for line in senders_table(done))
