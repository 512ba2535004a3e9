"""Brokers that die: the only one, and each of three in turn."""

import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kafka_deployment import Deployment
from linewatch.training.bench.apache_kafka import Broker, Cluster

AWAY_S = (1.0, 8.0)
BETWEEN_S = 6.0
Check = Callable[[Deployment], None]


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_broker_that_is_killed_and_started_again(carrier: Any, faults: Any, tmp_path: Path, assert_whole: Check) -> None:
    draw = random.Random(6)
    broker = Broker(tmp_path)
    broker.start()
    try:
        with Deployment(broker.bootstrap, tmp_path, carrier.operator) as deployment, ThreadPoolExecutor() as pool:
            worker = deployment.start_worker().wait_ready()
            fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / (12.0 * faults.outages))
            for _ in range(faults.outages):
                time.sleep(draw.uniform(1.0, BETWEEN_S))  # how long it works before the next outage
                broker.stop(signal.SIGKILL)
                time.sleep(draw.uniform(*AWAY_S))  # how long the outage is
                broker.start()
            fed.result()
            assert worker.process.poll() is None
            assert_whole(deployment)
    finally:
        broker.stop()


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_each_of_three_brokers_lost_in_turn(carrier: Any, faults: Any, tmp_path: Path, assert_whole: Check) -> None:
    cluster = Cluster(tmp_path)
    cluster.start()
    try:
        with (
            Deployment(cluster.bootstrap, tmp_path, carrier.operator, replication=3) as deployment,
            ThreadPoolExecutor() as pool,
        ):
            worker = deployment.start_worker().wait_ready()
            fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / (30.0 * faults.outages))
            for turn in range(3 * faults.outages):
                lost = cluster.brokers[turn % 3]
                lost.stop(signal.SIGKILL)
                time.sleep(BETWEEN_S)  # how long two of three are all there are
                lost.start()
                time.sleep(2.0)  # while the copies come level
            fed.result()
            assert worker.process.poll() is None
            assert_whole(deployment)
    finally:
        cluster.stop()
