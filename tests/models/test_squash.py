"""Squashing: fixed scales into [0, 1), and nothing that is not finite gets through."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.models.online.squash import scales, squash
from linewatch.stream.profiles.features import FEATURES


@given(st.lists(st.floats(0, 1e9, width=32), min_size=1, max_size=20))
def test_stays_within_bounds_and_keeps_the_order(values: list[float]) -> None:
    row = np.array(values, np.float32)[:, None]
    squashed = squash(row, np.array([5.0]))[:, 0]
    assert ((squashed >= 0) & (squashed < 1)).all()
    assert (np.diff(squashed[np.argsort(row[:, 0], kind="stable")]) >= 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_what_is_not_finite(bad: float) -> None:
    rows = np.zeros((3, len(FEATURES)), np.float32)
    rows[1, 5] = bad
    with pytest.raises(ValueError, match="not finite"):
        squash(rows, scales(FEATURES))


def test_every_feature_has_a_scale() -> None:
    assert (scales(FEATURES) > 0).all()
    assert len(scales(FEATURES)) == len(FEATURES)
