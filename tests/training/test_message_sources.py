"""What a left-out source costs: edges of its own harmless messages, and a threshold from those of the others."""

import numpy as np
import pytest

from linewatch.training.evaluate.message_sources import Source, table, threshold

CALM = Source("calm", np.linspace(-6.0, -1.0, 500), np.linspace(-2.0, 4.0, 300))
LOUD = Source("loud", np.linspace(-6.0, 3.0, 500), np.linspace(-2.0, 4.0, 300))
BARE = Source("bare", np.zeros(3), np.linspace(-2.0, 4.0, 300))


def test_one_in_a_hundred_is_the_mean_over_sources_that_have_enough() -> None:
    assert threshold([CALM, BARE]) == pytest.approx(CALM.edge, abs=0.05)
    assert threshold([CALM, LOUD]) == pytest.approx(np.quantile(LOUD.harmless, 0.98), abs=0.05)


def test_the_strictest_source_costs_those_that_have_no_harmless_messages() -> None:
    shown = table([CALM, CALM._replace(name="quiet"), LOUD, BARE]).splitlines()
    (bare,) = [line.split("|") for line in shown if line.startswith("| bare")]
    assert not bare[2].strip()
    assert float(bare[4]) < 0.25
    assert float(bare[5]) > 0.75
