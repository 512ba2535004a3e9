"""The online text model starts as the shipped one, learns what differs, and is never much worse."""

import numpy as np
import pytest

from linewatch.models.online.text_verdicts import TextVerdicts

COLUMNS, VALUES = np.array([3, 7, 11], np.int32), np.array([0.5, 1.0, 0.2], np.float32)


def loss(chance: float, fraud: bool) -> float:
    return float(-np.log(max(chance if fraud else 1 - chance, 1e-6)))


def test_before_any_verdict_it_is_the_shipped_model() -> None:
    online = TextVerdicts()
    for shipped in (0.02, 0.5, 0.9):
        assert online.chance(COLUMNS.tolist(), VALUES.tolist(), shipped) == pytest.approx(shipped, abs=1e-6)


def test_verdicts_that_contradict_move_texts_like_it_and_no_others() -> None:
    online = TextVerdicts()
    for _ in range(20):
        online.learn(COLUMNS, VALUES, 0.9, False, 1.0)
    assert online.chance(COLUMNS.tolist(), VALUES.tolist(), 0.9) < 0.3
    assert online.chance([1, 2], [1.0, 1.0], 0.9) == pytest.approx(0.9, abs=1e-6)
    assert online.weights(16)[COLUMNS].max() < 0


@pytest.mark.parametrize("seed", range(5))
def test_it_never_ends_worse_than_the_shipped_model(seed: int) -> None:
    """Not even on verdicts that say nothing: by the bound of the mixture, 0.13 in all."""
    random, online, total, total_shipped = np.random.default_rng(seed), TextVerdicts(), 0.0, 0.0
    for _ in range(300):
        columns = random.choice(50, 8, replace=False).astype(np.int32)
        values, shipped = np.ones(8, np.float32), float(random.uniform(0.05, 0.95))
        fraud = bool(random.random() < shipped)
        total += loss(online.chance(columns.tolist(), values.tolist(), shipped), fraud)
        total_shipped += loss(shipped, fraud)
        online.learn(columns, values, shipped, fraud, 1.0)
    assert total <= total_shipped + 0.14


def test_state_goes_around() -> None:
    online, again = TextVerdicts(), TextVerdicts()
    for fraud in (True, False, False):
        online.learn(COLUMNS, VALUES, 0.6, fraud, 0.5)
    again.load(online.state())
    assert again.state() == online.state()
    assert again.chance(COLUMNS.tolist(), VALUES.tolist(), 0.4) == online.chance(COLUMNS.tolist(), VALUES.tolist(), 0.4)


def test_what_is_not_finite_is_not_learned() -> None:
    with pytest.raises(ValueError, match="not finite"):
        TextVerdicts().learn(COLUMNS, np.array([0.1, np.nan, 1.0], np.float32), 0.5, True, 1.0)
