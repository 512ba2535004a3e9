"""Training the number model: a few rows a number, none of the operators that figures are reported on."""

import numpy as np

from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.profiles.features import FEATURES
from linewatch.training.evaluate import number_model, report
from linewatch.training.simulate.parameters import REPORTED, TRAINING
from linewatch.training.train import number


def test_at_most_so_many_rows_a_number() -> None:
    random = np.random.default_rng(2)
    entities = random.choice(np.array([1, 2, 3], np.uint64), size=2000, p=[0.9, 0.095, 0.005])
    kept = number._few_each(entities, random)
    _, counts = np.unique(entities[kept], return_counts=True)
    assert counts.tolist()[:2] == [number.ROWS_A_NUMBER] * 2
    assert counts[2] == min((entities == 3).sum(), number.ROWS_A_NUMBER)
    assert (np.diff(kept) > 0).all(), "in the order of the records"
    for entity in (1, 2, 3):
        assert set(np.flatnonzero(entities == entity)[: number.EARLIEST].tolist()) <= set(kept.tolist())


def test_seeds_and_ranges_are_not_those_reported_on() -> None:
    assert not {*number.LEARNED, number.HELD_OUT} & {*report.SEEDS, *number_model.SEEDS}
    assert TRAINING != REPORTED
    assert TRAINING.own_prefix != REPORTED.own_prefix


def test_rows_are_labelled_by_what_the_simulator_made_of_their_numbers() -> None:
    rows, labels = number.rows_of(9001, 300, 0.7, shipped_policy())
    assert rows.shape == (len(labels), len(FEATURES))
    assert np.isfinite(rows).all()
    assert set(labels.tolist()) == {number.LEGITIMATE, *FRAUD_TYPES}
    short_rings = rows[:, FEATURES.index("short_ring_share")]
    assert np.median(short_rings[labels == "wangiri"]) > np.median(short_rings[labels == number.LEGITIMATE])
