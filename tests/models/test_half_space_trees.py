"""Half-space trees: the compiled arrays score as river does, and what was learned survives its way through plain data."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from linewatch.models.online.half_space_trees import WINDOW, AnomalyLearner, Forest, arrays, score

FEATURES = 12


def rows(seed: int, count: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return np.clip(random.beta(2.0, 5.0, (count, FEATURES)), 0.0, 1.0 - 1e-9)


@pytest.fixture(scope="module")
def learner() -> AnomalyLearner:
    learner = AnomalyLearner(FEATURES)
    learner.learn(rows(1, WINDOW * 3 + 77))
    return learner


def test_arrays_score_as_river_does(learner: AnomalyLearner) -> None:
    probes = np.concatenate([rows(2, 300), np.random.default_rng(3).random((300, FEATURES))])
    ours = score(probes, *arrays(learner.forest()))
    rivers = np.array([learner.trees.score_one(dict(enumerate(row))) for row in probes.tolist()])
    assert np.abs(ours - rivers).max() <= 1e-9
    assert ours.std() > 0.001, "all the same would show nothing"


def test_strange_rows_score_higher(learner: AnomalyLearner) -> None:
    forest = arrays(learner.forest())
    assert score(np.full((1, FEATURES), 0.97), *forest)[0] > np.quantile(score(rows(4, 400), *forest), 0.99)


def test_warm_only_after_a_window() -> None:
    learner = AnomalyLearner(FEATURES)
    learner.learn(rows(5, WINDOW - 1))
    assert not learner.forest().warm
    learner.learn(rows(6, 1))
    assert learner.forest().warm


def test_the_forest_is_of_the_last_full_window() -> None:
    """So one that was asked for in between, and is kept, is the one that a learner without a past would make."""
    asked, learned = AnomalyLearner(FEATURES), 0
    for step in (1, WINDOW - 2, 1, 1, WINDOW - 1, 3 * WINDOW + 5, WINDOW):
        asked.learn(rows(8, 9 * WINDOW)[learned : learned + step])
        learned += step
        unasked = AnomalyLearner(FEATURES)
        unasked.learn(rows(8, 9 * WINDOW)[:learned])
        assert asked.forest() == unasked.forest(), learned


def test_state_round_trip_learns_on_alike(learner: AnomalyLearner) -> None:
    other = AnomalyLearner(FEATURES)
    other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(learner.state())))
    assert other.forest() == learner.forest()
    first, second = AnomalyLearner(FEATURES), AnomalyLearner(FEATURES)
    first.load(learner.state())
    second.load(learner.state())
    first.learn(rows(7, 700))
    for row in rows(7, 700):
        second.learn(row[None, :])
    assert first.forest() == second.forest() != learner.forest()


def test_arrays_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        arrays(Forest(b"\0" * 8, b"\0" * 8, b"\0" * 8, True))
