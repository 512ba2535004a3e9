"""Bitmaps: about how many distinct keys came, in whatever order; begun anew by the clock."""

import numpy as np
import pytest

from linewatch.stream.profiles.bitmap import is_past, meet, stretch
from linewatch.stream.records.columns import mix

HALF_LIFE_MS = 900_000.0


def _count(keys: np.ndarray, words: int = 8) -> float:
    bitmap = np.zeros(words, np.uint64)
    return sum(meet(bitmap, np.uint64(mix(key))) for key in keys)


@pytest.mark.parametrize("distinct", [10, 100, 300, 1000])
def test_distinct_keys_are_counted_about_right(distinct: int) -> None:
    random = np.random.default_rng(3)
    counts = [_count(random.integers(1, 1 << 40, distinct, np.uint64)) for _ in range(40)]
    assert np.mean(counts) == pytest.approx(distinct, rel=0.05)


def test_the_count_is_the_same_in_any_order_until_the_bitmap_is_full() -> None:
    random = np.random.default_rng(4)
    keys = random.integers(1, 1 << 40, 200, np.uint64)
    assert _count(keys) == pytest.approx(_count(random.permutation(keys)))
    assert _count(np.concatenate([keys, keys])) == pytest.approx(_count(keys)), "who is met again is not new"


def test_a_stretch_lasts_two_half_lives_and_begins_at_another_moment_for_each_entity() -> None:
    times = range(0, 20_000_000, 1000)
    begins = set()
    for entity in (np.uint64(66_921_230_001), np.uint64(66_921_230_002)):
        numbers = [stretch(1_767_225_600_000 + at, entity, HALF_LIFE_MS) for at in times]
        changes = [at for at, one, next_one in zip(times[1:], numbers, numbers[1:], strict=False) if one != next_one]
        assert set(np.diff(changes)) == {1_800_000}
        begins.add(changes[0])
    assert len(begins) == 2


def test_memory_is_over_with_the_next_stretch_and_outlasts_a_record_that_comes_late() -> None:
    assert is_past(7, 8)
    assert not is_past(7, 7)
    assert not is_past(8, 7), "a record of the stretch before came late"
    assert not is_past(100, 7), "very late"
    assert is_past(0xFFFF, 0), "stretches are counted modulo two bytes"
    assert not is_past(0, 0xFFFF)
    assert is_past(40_000, 7), "half-lives changed: this count of stretches is another"
