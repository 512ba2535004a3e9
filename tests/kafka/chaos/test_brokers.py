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
from linewatch.training.bench.apache_kafka import Broker, Cluster, free_ports
from relay import Relay

AWAY_S = (1.0, 8.0)
DELAY_S = 0.02
SECOND_LISTENER = """\
listeners=PLAINTEXT://127.0.0.1:{port},SLOW://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SLOW://127.0.0.1:{relayed}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SLOW:PLAINTEXT,CONTROLLER:PLAINTEXT
"""
BETWEEN_S = 6.0
Check = Callable[[Deployment], None]


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_broker_that_is_killed_and_started_again(
    own_broker: Broker, carrier: Any, faults: Any, tmp_path: Path, assert_whole: Check
) -> None:
    draw = random.Random(6)
    with Deployment(own_broker.bootstrap, tmp_path, carrier.operator) as deployment, ThreadPoolExecutor() as pool:
        worker = deployment.start_worker().wait_ready()
        fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / (12.0 * faults.outages))
        for _ in range(faults.outages):
            time.sleep(draw.uniform(1.0, BETWEEN_S))  # how long it works before the next outage
            own_broker.stop(signal.SIGKILL)
            time.sleep(draw.uniform(*AWAY_S))  # how long the outage is
            own_broker.start()
        fed.result()
        assert worker.process.poll() is None
        assert_whole(deployment)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_each_of_three_brokers_lost_in_turn(carrier: Any, faults: Any, tmp_path: Path, assert_whole: Check) -> None:
    with (
        Cluster(tmp_path) as cluster,
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


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_broker_that_answers_slowly_and_drops_connections(carrier: Any, faults: Any, tmp_path: Path, assert_whole: Check) -> None:
    draw = random.Random(8)
    port, controller, behind, relayed = free_ports(4)
    listeners = SECOND_LISTENER.format(port=port, controller=controller, behind=behind, relayed=relayed)
    slow = f'bootstrap_servers = "127.0.0.1:{relayed}"'
    with (
        Broker(tmp_path, listeners, ports=(port, controller)) as broker,
        Relay(relayed, behind, DELAY_S) as relay,
        Deployment(broker.bootstrap, tmp_path, carrier.operator, kafka=slow) as deployment,
        ThreadPoolExecutor() as pool,
    ):
        worker = deployment.start_worker().wait_ready()
        fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / (20.0 * faults.outages))
        for _ in range(3 * faults.outages):
            time.sleep(draw.uniform(1.0, BETWEEN_S))  # until connections drop again
            relay.drop()
        fed.result()
        assert relay.dropped >= 3 * faults.outages
        assert worker.process.poll() is None
        assert_whole(deployment)
