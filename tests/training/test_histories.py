"""What the subscriber model says of a simulated operator: own numbers alone, each once, by what they are."""

import numpy as np

from linewatch.models.pretrained.subscriber import SubscriberModel
from linewatch.training.evaluate.histories import ORDINARY, Scored, scored, shown
from linewatch.training.simulate.build import Simulation


def test_numbers_are_told_by_what_they_are(simulation: Simulation) -> None:
    of = scored(simulation, SubscriberModel.load())
    types = {line["fraud_type"] for line in simulation.labels}
    assert len(of.kinds) == len(of.chances) == len(of.fraud) > 200
    assert of.fraud.tolist() == [kind in types for kind in of.kinds]
    assert {ORDINARY, "sim_box", "courier"} <= set(of.kinds)
    assert ((of.chances >= 0) & (of.chances <= 1)).all()


def test_the_table_has_frauds_first_and_their_place_among_the_honest() -> None:
    of = Scored(["sim_box", ORDINARY, ORDINARY, "taxi", "sim_box"], np.array([True, False, False, False, True]), np.arange(5) / 10)
    lines = shown(of, 0.25)
    assert lines[2:5] == ["| sim box | 2 | 0.50 | 0.50 |", "| ordinary | 2 | 0.17 | 0.00 |", "| taxi | 1 | 0.67 | 1.00 |"]
    assert lines[-1] == "5 numbers, 2 of them fraud; AUC 0.500"
