"""The highest scores of numbers: the same however they are merged, in a room that the log does not widen."""

import numpy as np

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.backtest.peaks import AT_ONCE, Peaks, peaks_of


def test_peaks_are_the_highest_and_grow_with_the_numbers_alone() -> None:
    random, numbers, chunks = np.random.default_rng(1), 500, 200
    one, other, expected = Peaks(), Peaks(), np.zeros((numbers, len(FRAUD_TYPES)), np.float32)
    for chunk in range(chunks):
        entities = random.integers(0, numbers, 300).astype(np.uint64)
        scores = random.random((300, len(FRAUD_TYPES)), np.float32)
        (one if chunk % 2 else other).add(entities, scores)
        np.maximum.at(expected, entities.astype(np.int64), scores)
    found = peaks_of([one, other])
    assert list(found) == list(range(numbers))
    assert (np.array([found[entity] for entity in range(numbers)]) == expected).all()
    assert max(one.rows, other.rows) <= 2 * numbers + AT_ONCE < chunks * 200 / 2


def test_nothing_was_of_any_weight() -> None:
    assert peaks_of([Peaks()]) == {}
