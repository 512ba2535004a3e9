"""How far a guess is believed is chosen by honest notices: the least caution that spares them."""

import numpy as np

from linewatch.models.pretrained.text import UNFAMILIAR, belief
from linewatch.training.evaluate.message_notices import STEPS, Notices, table


def test_the_least_caution_that_spares_the_notices_is_chosen() -> None:
    calm = Notices("", [0.03, 0.019, 0.01, 0.0, 0.0], [0.5] * 5)
    assert calm.chosen == STEPS[1]
    assert Notices("x", [0.3] * 5, [0.5] * 5).chosen == STEPS[-1]
    assert table([calm]).splitlines()[-1].endswith(f"| {STEPS[1]:g} |")


def test_a_guess_counts_more_the_more_familiar_its_text_is() -> None:
    counts = belief(np.linspace(0.0, 1.0, 101))
    assert (np.diff(counts) >= 0).all()
    assert counts[0] == belief(np.array([UNFAMILIAR]))[0] < 0.5
    assert counts[-1] == 1.0
