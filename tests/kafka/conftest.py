"""One broker for the session, and 200,000 simulated records with what `replay` makes of them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kafka_deployment import Deployment
from linewatch.training.bench.apache_kafka import Broker
from simulated_carrier import Carrier

SUBSCRIBERS, DAYS, SEED = 8000, 0.3, 7


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The brokers that `LINEWATCH_TEST_BROKERS` names, or one that is started here."""
    given = os.environ.get("LINEWATCH_TEST_BROKERS")
    if given:
        yield given
        return
    with Broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker.bootstrap


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test alone, for it is going to be stopped."""
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture(scope="session")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Carrier:
    return Carrier(tmp_path_factory.mktemp("carrier"), SUBSCRIBERS, DAYS, SEED)


@pytest.fixture
def deploy(bootstrap: str, carrier: Carrier, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Makes deployments whose workers end with the test."""
    made: list[Deployment] = []

    def make(**settings: Any) -> Deployment:
        deployment = Deployment(bootstrap, tmp_path, carrier.operator, **settings)
        made.append(deployment.__enter__())
        return deployment

    yield make
    for deployment in made:
        deployment.__exit__()
