"""Trusted verdicts: which of them snapshots have, and that a learner taken up again still knows them."""

import msgspec
import numpy as np
import pytest

from linewatch.config.policy import VerdictSource, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.snapshot import Judged, snapshot_of
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.learner.examples import Examples
from linewatch.stream.learner.hours import in_order
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
        ("wangiri", "analyst", True),
        ("smishing", "partner", False),
        ("smishing", "nobody", False),
    ],
)
def test_trusted_verdicts_are_in_the_snapshot(fraud_type: str, source: str, kept: bool) -> None:
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


def test_a_name_given_to_what_was_flagged_for_something_else_is_heard_and_moves_no_behaviour() -> None:
    learner, other = Learner(FEATURES, shipped_policy()), Learner(FEATURES, shipped_policy())
    unnamed = Examples.of_verdict(AT_MS, b"", FRAUD_TYPES.index("smishing"), True, 1.0, "analyst", "v", entity=66920000001)
    for examples in in_order([unnamed]):
        assert learner.absorb(examples)
    assert judged_by(learner) == [Judged(66920000001, "smishing", True, AT_MS)]
    assert learner.verdicts.state() == other.verdicts.state()


def test_the_snapshot_says_how_far_texts_may_be_moved_and_by_what_weight() -> None:
    policy = shipped_policy()
    sources = {"team": VerdictSource(weight=0.6, cap_per_day=10)}
    changed = msgspec.structs.replace(policy.learner, max_adjust_logit=1.5)
    learner = Learner(FEATURES, msgspec.structs.replace(policy, learner=changed, verdict_sources=sources))
    learner.absorb(verdict(1, source="team"))
    snapshot = snapshot_of(learner.payload())
    assert snapshot.most_logit == 1.5
    assert [one.weight for one in snapshot.judged] == [0.6]
