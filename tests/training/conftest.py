"""The records of the simulated operator, decoded."""

from collections import defaultdict
from typing import Any

import msgspec
import pytest

from linewatch.training.simulate.build import Simulation

Records = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def records(simulation: Simulation) -> Records:
    """By kind, in the order in which they are fed."""
    found: Records = defaultdict(list)
    for raw in simulation.records:
        record = msgspec.json.decode(raw)
        found[record["kind"]].append(record)
    return found
