"""The marks of detection on a small operator that nothing was tuned on; `make evaluate` gives the figures proper."""

import pytest

from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import TextModel
from linewatch.training.evaluate.trial import Trial, per_million, run
from linewatch.training.simulate.build import Simulation


@pytest.fixture(scope="module")
def trial(simulation: Simulation, text_model: TextModel) -> Trial:
    return run(simulation, shipped_policy(), text_model)


@pytest.mark.parametrize("fraud_type", FRAUD_TYPES)
def test_plain_forms_are_found_by_the_right_type(trial: Trial, fraud_type: str) -> None:
    plain = [outcome for outcome in trial.outcomes if outcome.fraud_type == fraud_type and not outcome.stealthy]
    assert plain
    least = max(1, int(0.65 * len(plain)))  # of two, one may be missed: there is a chance of that with any seed
    assert sum(outcome.detect_s is not None for outcome in plain) >= least


def test_false_alarms_stay_within_the_marks(trial: Trial) -> None:
    assert trial.flags >= 150
    for level, most in enumerate((100.0, 30.0)):
        assert per_million(trial.false, level, trial.records) <= most
    blocked = {false.number for false in trial.false if false.level == 2}
    assert len(blocked) <= 1, "5 in a million are less than one here"
