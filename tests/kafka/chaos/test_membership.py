"""Workers that join and leave every few seconds, in good order or not, up to four at a time; and one that was thought dead."""

import random
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kafka_deployment import Deployment
from linewatch.training.bench.apache_kafka import wait_until

MOST = 4
PAUSE_S = (2.0, 8.0)
SESSION_S = 10.0
Check = Callable[[Deployment], None]


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_workers_that_come_and_go(deploy: Callable[..., Deployment], carrier: Any, faults: Any, assert_whole: Check) -> None:
    deployment = deploy()
    draw = random.Random(5)
    most = 0
    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / (7.0 * faults.moves))
        for _ in range(faults.moves):
            running = deployment.running()
            if len(running) < 2 or (len(running) < MOST and draw.random() < 0.6):
                deployment.start_worker()
            else:
                leaving = draw.choice(running)
                chosen = draw.choice([signal.SIGTERM, signal.SIGKILL])
                if leaving.get("/metrics")[0] == 0:
                    chosen = signal.SIGKILL  # it has barely begun to start, and any signal ends it so
                assert leaving.kill(chosen) in {0, -signal.SIGKILL}
            most = max(most, len(deployment.running()))
            time.sleep(draw.uniform(*PAUSE_S))  # how long this state of the group lasts
        fed.result()
    if not deployment.running():
        deployment.start_worker()
    assert most >= 2
    assert_whole(deployment)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_workers_that_come_one_after_the_other_to_a_backlog(
    deploy: Callable[..., Deployment], carrier: Any, assert_whole: Check
) -> None:
    """Each has fetched more than it can take when the next one comes, and all that it fetched is read again."""
    deployment = deploy()
    deployment.feed(carrier.records)
    for _ in range(MOST):
        deployment.start_worker()
        time.sleep(1.5)  # that they join one by one, each amid what the others read

    def applied() -> float:
        return sum(worker.metric("linewatch_sightings_applied_total") for worker in deployment.running() if worker.is_ready())

    wait_until(lambda: applied() >= 20_000, 120, "workers in the middle of their work")
    deployment.running()[0].kill(signal.SIGTERM)
    assert_whole(deployment)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_worker_frozen_past_its_session_changes_nothing_when_it_thaws(
    deploy: Callable[..., Deployment], carrier: Any, assert_whole: Check
) -> None:
    """What it still writes are repeats in the log, flags under the ids that they have, and units that nobody recovers from."""
    deployment = deploy(checkpoint_s=0.5)
    frozen = deployment.start_worker().wait_ready()
    half = len(carrier.records) // 2
    deployment.feed(carrier.records[:half])
    wait_until(lambda: frozen.metric("linewatch_sightings_applied_total") > 20_000, 120, "a worker in the middle of its work")
    frozen.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    other = deployment.start_worker().wait_ready(90)
    assert time.monotonic() - began > SESSION_S / 2, "the group waited for the one that is frozen"
    assert other.metric("linewatch_assigned_partitions") == deployment.partitions
    deployment.feed(carrier.records[half:], seed=2)
    wait_until(lambda: other.metric("linewatch_sightings_applied_total") > 5_000, 120, "work of the one that took over")
    frozen.process.send_signal(signal.SIGCONT)
    wait_until(
        lambda: 0 < frozen.metric("linewatch_assigned_partitions") < deployment.partitions, 120, "a share for the one that thawed"
    )
    assert_whole(deployment)


@pytest.mark.full
def test_another_worker_takes_over_within_fifteen_seconds(
    deploy: Callable[..., Deployment], carrier: Any, assert_whole: Check
) -> None:
    """From SIGKILL to sightings applied by the one that is left and followed the other; the session must run out first."""
    deployment = deploy()
    first, second = (deployment.start_worker().wait_ready() for _ in range(2))
    wait_until(lambda: second.metric("linewatch_assigned_partitions") == deployment.partitions // 2, 60, "an even share")
    assert second.metric("linewatch_standby_partitions") == deployment.partitions // 2
    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / 60)
        wait_until(lambda: first.metric("linewatch_sightings_applied_total") > 20_000, 120, "a worker in the middle of its work")
        first.kill()
        began = time.monotonic()
        wait_until(
            lambda: second.metric("linewatch_assigned_partitions") == deployment.partitions and second.is_ready(),
            60,
            "a worker that took over",
        )
        before = second.metric("linewatch_sightings_applied_total")
        wait_until(lambda: second.metric("linewatch_sightings_applied_total") > before, 60, "work of the one that took over")
        took_s = time.monotonic() - began
        fed.result()
    at_hand = [int(units) for units in re.findall(r"from \d+ units, (\d+) at hand", second.log.read_text())]
    print(f"taken over {took_s:.1f} s after SIGKILL; units of state at hand, by partition: {at_hand}")
    assert sum(units > 0 for units in at_hand) >= deployment.partitions // 2
    assert took_s <= 15
    assert_whole(deployment)
