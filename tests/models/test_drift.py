"""ADWIN over scores: a shift is seen, none is not."""

import numpy as np

from linewatch.models.online.drift import ScoreDrift


def fed(scores: np.ndarray) -> ScoreDrift:
    drift = ScoreDrift(delta=0.002)
    for score in scores.tolist():
        drift.see(score)
    return drift


def test_no_drift_without_a_shift() -> None:
    assert fed(np.random.default_rng(1).beta(2, 8, 5000)).drifts == 0


def test_a_shift_is_seen_soon() -> None:
    random = np.random.default_rng(2)
    before, after = random.beta(2, 8, 2000), random.beta(8, 2, 500)
    drift = fed(np.concatenate([before, after]))
    assert drift.drifts >= 1
    assert drift.level > 0.6, "the window has let the old level go"
