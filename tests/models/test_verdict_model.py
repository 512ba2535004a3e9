"""The verdict learner: silent at first, moved by what contradicts, bounded, proof against NaN, the same after a restart."""

import msgspec
import numpy as np
import pytest

from linewatch.models.online.verdict_model import LEAST, VerdictLearner

FEATURES = 10
TYPES = 3
RIGHT = np.array([0.9, 0.8, 0.1, 0.0, 0.5, 0.2, 0.0, 0.7, 0.1, 0.3])
WRONG = np.array([0.2, 0.1, 0.9, 0.8, 0.0, 0.6, 0.7, 0.0, 0.4, 0.1])


def moved(learner: VerdictLearner, row: np.ndarray, fraud_type: int = 0) -> float:
    weights = learner.weights()[fraud_type]
    return float(row @ weights[:-1] + weights[-1])


def told(count: int, fraud: bool, row: np.ndarray = WRONG, weight: float = 1.0) -> VerdictLearner:
    learner = VerdictLearner(FEATURES, TYPES)
    for _ in range(count):
        learner.learn(row, 0, fraud, weight)
    return learner


def test_silent_until_it_has_heard_enough() -> None:
    assert not told(int(LEAST) - 1, False).weights().any()
    assert told(int(LEAST), False).weights()[0].any()
    assert not told(int(LEAST), False).weights()[1:].any(), "other types are not concerned"


def test_learns_what_differs() -> None:
    learner = VerdictLearner(FEATURES, TYPES)
    for _ in range(100):
        learner.learn(WRONG, 0, False, 1.0)
        learner.learn(RIGHT, 0, True, 1.0)
    assert moved(learner, WRONG) < -1.5
    assert moved(learner, RIGHT) > 0.2


def test_confirming_moves_less_than_contradicting() -> None:
    assert 0.8 < moved(told(200, True), WRONG) < 2.0
    assert -4.5 < moved(told(200, False), WRONG) < -2.0
    assert moved(told(20_000, False), WRONG) > -4.5, "bounded however many come"
    assert moved(told(20_000, True), WRONG) < 2.5


def test_weight_counts() -> None:
    assert moved(told(150, False, weight=0.3), WRONG) > moved(told(150, False), WRONG) + 0.5


def test_a_row_that_is_not_finite_is_refused_and_harms_nothing() -> None:
    learner = told(50, False)
    before = learner.weights().tolist()
    bad = WRONG.copy()
    bad[3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        learner.learn(bad, 0, True, 1.0)
    assert learner.weights().tolist() == before


def test_state_round_trip_learns_on_alike() -> None:
    learner, other = told(60, False), VerdictLearner(FEATURES, TYPES)
    other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(learner.state())))
    for one in (learner, other):
        one.learn(RIGHT, 0, True, 0.5)
        one.learn(RIGHT, 2, True, 0.5)
    assert learner.state() == other.state()
    assert learner.weights().tolist() == other.weights().tolist()
