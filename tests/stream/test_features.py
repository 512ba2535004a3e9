"""Features that compare a number with its block: what others do counts, and a block of ordinary people is nothing."""

import numpy as np
import pytest

from linewatch.stream.profiles.features import FEATURES, F, features
from linewatch.stream.profiles.row import BLOCK_SIZES, MEDIUM, SNAPSHOT, A, B, C

HALF_LIVES_S = (900.0, 14400.0, 259200.0)
EXCESS = {"block_100_long_excess": (100, "long_answered"), "block_1000_ring_excess": (1000, "short_rings")}


def value(name: str, attempts: float, odd: float, own_attempts: float = 4.0, own_odd: float = 1.0) -> float:
    """The feature where a block has so many calls, and so many of them long or one ring, the number's own among them."""
    size, counter = EXCESS[name]
    state = np.zeros(1, SNAPSHOT)
    block = state["blocks"][0, BLOCK_SIZES.index(size), MEDIUM]
    block[B["attempts"]], block[B[counter]] = attempts, odd
    state["counts"][0, MEDIUM, C["attempts"]] = own_attempts
    state["counts"][0, MEDIUM, C["short_rings"]] = own_odd
    state["acts"][0, A["long_answered"]] = own_odd
    row = features(state, HALF_LIVES_S)
    assert row.shape == (1, len(FEATURES))
    return float(row[0, F[name]])


@pytest.mark.parametrize("name", EXCESS)
def test_excess_is_of_others_and_over_what_is_ordinary(name: str) -> None:
    assert value(name, attempts=4.0, odd=1.0) == 0, "alone in its block"
    assert value(name, attempts=300.0, odd=12.0) == 0, "a full block of ordinary people"
    assert value(name, attempts=44.0, odd=13.0) > 3, "its neighbours do as it does"
    assert value(name, attempts=44.0, odd=13.0) < value(name, attempts=44.0, odd=20.0)
