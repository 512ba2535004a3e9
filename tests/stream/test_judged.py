"""Verdicts on senders of texts: which of them snapshots have, and that a learner taken up again still knows them."""

import numpy as np
import pytest

from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.snapshot import Judged, snapshot_of
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.learner.examples import Examples
from linewatch.stream.learner.learner import Learner
from linewatch.stream.profiles.features import FEATURES

AT_MS = 1_767_236_400_000


def verdict(entity: int, fraud_type: str = "smishing", source: str = "analyst", at_ms: int = AT_MS) -> Examples:
    row = np.zeros(len(FEATURES), np.float32).tobytes()
    record_id = f"{entity} {at_ms}"
    return Examples.of_verdict(at_ms, row, FRAUD_TYPES.index(fraud_type), True, 1.0, source, record_id, entity=entity)


def judged_by(learner: Learner) -> list[Judged]:
    return snapshot_of(learner.payload()).judged


@pytest.mark.parametrize(
    ("fraud_type", "source", "kept"),
    [
        ("smishing", "analyst", True),
        ("sms_spam", "analyst", True),
        ("wangiri", "analyst", False),
        ("smishing", "partner", False),
        ("smishing", "nobody", False),
    ],
)
def test_trusted_verdicts_on_texts_are_in_the_snapshot(fraud_type: str, source: str, kept: bool) -> None:
    learner = Learner(FEATURES, shipped_policy())
    learner.absorb(verdict(66920000001, fraud_type, source))
    assert judged_by(learner) == ([Judged(66920000001, fraud_type, True, AT_MS)] if kept else [])


def test_three_days_later_they_are_gone() -> None:
    learner = Learner(FEATURES, shipped_policy())
    learner.absorb(verdict(1))
    learner.absorb(verdict(2, at_ms=AT_MS + 4 * DAY_MS))
    assert [one.entity for one in judged_by(learner)] == [2]


def test_a_learner_taken_up_again_has_them() -> None:
    learner, other = Learner(FEATURES, shipped_policy()), Learner(FEATURES, shipped_policy())
    learner.absorb(verdict(66920000001))
    other.restore(learner.state())
    assert judged_by(other) == judged_by(learner) != []
