"""What every test may ask for: a simulated operator, its sightings logs, and the models as shipped."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.training.simulate.build import Simulation, simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED
from sightings_logs import Log, logs_of, partition


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", choices=("short", "full"), default="short", help="how many faults the chaos tests bring")


MANY_TIMES = {"test_carry.py", "test_exactness.py", "test_hours.py", "test_shadow.py", "test_warnings.py", "test_workers.py"}
"""Whole logs over and over: under coverage, which doubles their time, they would meet no line that others do not."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in MANY_TIMES or item.path.parent.name in {"chaos", "cli", "kafka", "training"}:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def text_model() -> TextModel:
    return TextModel.load()


@pytest.fixture(scope="session")
def number_model() -> NumberModel:
    return NumberModel.load(FEATURES)


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    return simulate(REPORTED, subscribers=1200, days=1.5, seed=41)


@pytest.fixture(scope="session")
def logs(simulation: Simulation, text_model: TextModel) -> list[Log]:
    return logs_of(simulation, text_model)


@pytest.fixture(scope="session")
def whole(logs: list[Log], number_model: NumberModel) -> Callable[[str], list[Output]]:
    """By mode what each log brings when it is applied in one go."""

    @cache
    def of(mode: str) -> list[Output]:
        return [partition(number, number_model, mode).apply(log) for number, log in enumerate(logs)]

    return of


@pytest.fixture(scope="session")
def simulated(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    write_simulation(simulation, folder)
    return folder
