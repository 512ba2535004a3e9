"""How hard the faults come: a little in every run of the tests, in full with `make chaos`; and what must hold after any."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
from linewatch.config.operator import load_operator
from linewatch.training.bench.counted import acts_in


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `full` runs with `make chaos` alone."""
    if config.getoption("--chaos") == "short":
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class Faults(NamedTuple):
    """How many of each, in all."""

    kills: int
    moves: int
    outages: int


@pytest.fixture(scope="session")
def faults(request: pytest.FixtureRequest) -> Faults:
    return Faults(50, 24, 6) if request.config.getoption("--chaos") == "full" else Faults(3, 5, 1)


@pytest.fixture(scope="session")
def acts(carrier: Any) -> dict[int, int]:
    """By number how often it called or sent, as its records say."""
    return acts_in(carrier.records, load_operator(carrier.operator).country)


@pytest.fixture
def assert_whole(carrier: Any, acts: dict[int, int]) -> Callable[[Deployment], None]:
    """G1 and G2 hold, every record is accounted for, every number has the count that its records give."""

    def check(deployment: Deployment) -> None:
        deployment.wait_settled()
        flags = deployment.flags()
        assert_same_flags(flags, deployment.flags_by_log())
        assert_same_flags(flags, carrier.flags)
        assert_all_counted(deployment)
        assert deployment.acts() == acts

    return check
