"""Sums of two bytes are those of many more on average, and exact where they are small and whole."""

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.profiles.decay import Sums, age_sums, close_sums, halved, open_sums, sums, values_of
from linewatch.stream.profiles.row import HALF_LIVES
from linewatch.stream.records.columns import mix

COUNTERS = 24


@njit
def _events(held: NDArray[np.uint16], opened: Sums, left: NDArray[np.float32], amount: float, count: int) -> None:
    for event in range(count):
        open_sums(held, opened)
        age_sums(opened, left)
        opened.values[:] += np.float32(amount)
        close_sums(opened, held, mix(np.uint64(event)))


def after(count: int, amount: float, left: float = 1.0) -> NDArray[np.float32]:
    """Sums to which an amount came so many times, decaying to `left` before each; all counters alike, but for their dice."""
    held = np.zeros(HALF_LIVES * COUNTERS, np.uint16)
    _events(held, sums(COUNTERS), np.full(HALF_LIVES, left, np.float32), amount, count)
    return values_of(held)


def test_whole_numbers_are_exact_up_to_4096() -> None:
    for count in (1, 2, 3, 100, 4095, 4096):
        assert (after(count, 1.0) == count).all()


@pytest.mark.parametrize(
    ("count", "amount", "left"), [(20_000, 1.0, 1.0), (50_000, 1.0, 0.99997), (3000, 37.3, 0.9999), (500, 0.013, 0.999)]
)
def test_a_sum_is_right_on_average_and_near_it_each_time(count: int, amount: float, left: float) -> None:
    share = float(np.float32(left))
    exact = amount * (count if share == 1.0 else (1 - share**count) / (1 - share))
    found = after(count, amount, left)
    assert found.mean() == pytest.approx(exact, rel=0.003)
    assert found == pytest.approx(exact, rel=0.05)


def test_what_decays_without_events_ends_at_nothing() -> None:
    held = np.zeros(HALF_LIVES * COUNTERS, np.uint16)
    opened = sums(COUNTERS)
    _events(held, opened, np.ones(HALF_LIVES, np.float32), 1.0, 1)
    assert (values_of(held) == 1).all()
    _events(held, opened, np.full(HALF_LIVES, 0.99, np.float32), 0.0, 100)
    assert values_of(held).mean() == pytest.approx(0.99**100, rel=0.01)
    _events(held, opened, np.full(HALF_LIVES, 0.99, np.float32), 0.0, 1000)
    assert not values_of(held).any()


def test_the_largest_sums_stay_where_they_are() -> None:
    assert (after(3000, 86_400.0) == after(100, 86_400.0)).all()
    assert after(100, 86_400.0)[0, 0] == pytest.approx(2**22, rel=0.001)


def test_the_same_dice_give_the_same_sums() -> None:
    assert (after(5000, 1.7, 0.9993) == after(5000, 1.7, 0.9993)).all()


def test_halving_is_exact_at_whole_half_lives_and_continuous_between() -> None:
    for whole in range(60):
        assert halved(float(whole)) == 2.0**-whole
    at = np.linspace(0.0, 62.0, 10_001)
    found = np.array([halved(x) for x in at], np.float64)
    assert found == pytest.approx(2.0**-at, rel=1e-6)
    assert (np.diff(found) < 0).all()
    assert halved(1e9) == 0.0
