"""What is said of the number model by itself: Brier scores, reliability, and a plot of it."""

from pathlib import Path

import numpy as np
import pytest

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.training.evaluate.number_model import FEWEST, Judged, apart, plot, reliability, table


def made(count: int = 4000) -> Judged:
    """One model that says what is so, and one that says half of it."""
    random = np.random.default_rng(5)
    chances = random.random((count, len(FRAUD_TYPES)))
    return Judged(random.random(chances.shape) < chances, {"right": chances, "timid": chances / 2})


def test_what_is_said_is_held_against_what_came_true() -> None:
    found = made()
    right, timid = (reliability(found.truth, chances) for chances in found.chances.values())
    assert sum(one.rows for one in right) == found.truth.size
    assert [one.true for one in right] == pytest.approx([one.said for one in right], abs=0.05)
    assert [one.true for one in timid[3:]] == pytest.approx([2 * one.said for one in timid[3:]], rel=0.1)
    assert apart(right) < 0.01
    assert apart(timid) == pytest.approx(0.25, abs=0.02)


def test_a_range_with_too_few_rows_says_nothing() -> None:
    chances = np.array([[0.95]] * (FEWEST - 1) + [[0.05]] * FEWEST)
    assert [one.rows for one in reliability(chances > 0.5, chances)] == [FEWEST]


def test_brier_scores_stand_beside_that_of_the_share_alone() -> None:
    found = made()
    lines = table(found).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:-2]] == [*FRAUD_TYPES, "all of them"]
    alone, right, timid = (float(cell) for cell in lines[-3].split("|")[3:6])
    assert right == pytest.approx(1 / 6, abs=0.01), "the mean of p (1 - p) over p from 0 to 1"
    assert right < timid < alone + 0.01
    assert "right 0.00" in lines[-1]


def test_it_is_drawn(tmp_path: Path) -> None:
    plot(made(), tmp_path / "reliability.svg")
    text = (tmp_path / "reliability.svg").read_text()
    assert text.lstrip().startswith("<?xml")
    assert "how often it was said" in text
