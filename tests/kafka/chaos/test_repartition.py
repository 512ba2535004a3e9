"""Another number of partitions, with a backlog, sightings held and half-told calls: flags and counts are those of no change."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition

from kafka_deployment import Deployment
from linewatch.config.errors import UnusableInput
from linewatch.config.worker import load_worker_config
from linewatch.stream.shell import repartition
from linewatch.stream.shell.admin import check_topics
from linewatch.stream.shell.outbox import Message
from linewatch.training.bench.apache_kafka import wait_until

Deploy = Callable[..., Deployment]
Check = Callable[[Deployment], None]
AGAIN = 4000
"""Records that are sent once more after a change: some nine minutes' worth, of which five are held."""
PER_S = 5000.0


def work_while_fed(deployment: Deployment, records: list[bytes], seed: int, least: int) -> int:
    """Records come until the worker has applied so many sightings and is stopped in good order; returns how many came."""
    worker = deployment.start_worker().wait_ready()
    before = worker.metric("linewatch_sightings_applied_total")
    enough, written = Event(), 0

    def until_enough() -> Iterator[bytes]:
        nonlocal written
        for raw in records:
            if enough.is_set():
                return
            written += 1
            yield raw

    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, until_enough(), seed, PER_S)
        wait_until(lambda: worker.metric("linewatch_sightings_applied_total") - before > least, 120, "most of the work")
        enough.set()
        assert worker.kill(15) == 0
        fed.result()
    assert written < len(records)
    return written


def change(deployment: Deployment, count: int, *options: str, status: int = 0) -> str:
    return deployment.run("repartition", "--partitions", str(count), "--config", str(deployment.config), *options, status=status)


def totals(table: str) -> dict[str, list[int]]:
    """By `before` and `after` the sums of the table's columns."""
    lines = re.findall(r"^[^\w\n]*(before|after), in all (.+)$", table, re.MULTILINE)
    return {title: [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", rest)] for title, rest in lines}


def test_four_partitions_become_six(deploy: Deploy, carrier: Any, assert_whole: Check) -> None:
    deployment = deploy(partitions=4)
    written = work_while_fed(deployment, carrier.records, 1, 60_000)
    dry = change(deployment, 6, "--dry-run")
    assert "nothing was changed" in dry
    assert len(deployment.offsets("sightings")[1]) == 4
    change(deployment, 4, status=1)
    said = change(deployment, 6)
    print(said)
    before, after = totals(said)["before"], totals(said)["after"]
    assert totals(dry) == totals(said)
    assert before[:5] == after[:5], "numbers, blocks, suspicions, flags, held sightings"
    assert min(before) > 0
    assert max(deployment.offsets("sightings")[1]) > 0
    assert len(deployment.offsets("calls")[1]) == 4
    deployment.run("worker", "--config", str(deployment.config), status=2)
    deployment.say_partitions(6)
    deployment.feed(carrier.records[written - AGAIN :], seed=2)
    worker = deployment.start_worker()
    deployment.wait_settled()
    assert worker.metric("linewatch_assigned_partitions") == 6
    assert worker.metric("linewatch_source_records_duplicate") == AGAIN + repeated(carrier.records)
    change(deployment, 8, status=1)
    assert_whole(deployment)


class BrokeOff(Exception):
    """The command has died."""


@pytest.mark.full
def test_six_become_four_after_a_try_that_broke_off_and_then_five(
    deploy: Deploy, carrier: Any, assert_whole: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two tries no worker starts; a worker that was stopped by force goes on first; partitions come into use again."""
    deployment = deploy(partitions=6)
    records = carrier.records
    written = work_while_fed(deployment, records, 1, 40_000)
    place = committed(deployment, "calls", 2)
    set_back(deployment, "calls", 2, place - 100)
    change(deployment, 4, status=1)
    set_back(deployment, "calls", 2, place)

    def break_off(config: Any, messages: Iterator[Message]) -> None:
        some = list(messages)
        if some and some[0].partition == 2:
            deliver(config, some[:1])
            raise BrokeOff
        deliver(config, some)

    deliver = repartition._deliver
    monkeypatch.setattr(repartition, "_deliver", break_off)
    with pytest.raises(BrokeOff):
        repartition.repartition(load_worker_config(deployment.config), 4, False, lambda line: None)
    monkeypatch.undo()
    deployment.run("worker", "--config", str(deployment.config), status=2)
    change(deployment, 5, status=1)
    said = change(deployment, 4)
    assert totals(said)["before"][:5] == totals(said)["after"][:5]
    deployment.say_partitions(4)
    deployment.feed(records[written - AGAIN : written + AGAIN], seed=2)
    worker = deployment.start_worker()
    wait_until(lambda: worker.get("/metrics")[0] == 200, 90, "a worker's metrics")
    wait_until(lambda: worker.metric("linewatch_sightings_applied_total") > 0, 90, "work on the state that came with the log")
    worker.kill()
    written += AGAIN
    written += work_while_fed(deployment, records[written:], 3, 40_000)
    change(deployment, 5)
    deployment.say_partitions(5)
    deployment.feed(records[written - AGAIN :], seed=4)
    workers = [deployment.start_worker() for _ in range(2)]
    assert_whole(deployment)
    duplicates = sum(worker.metric("linewatch_source_records_duplicate") for worker in workers)
    assert duplicates == 2 * AGAIN + repeated(records)
    assert sum(worker.metric("linewatch_assigned_partitions") for worker in workers) == 5


def repeated(records: list[bytes]) -> int:
    """How many of these records have an id that one before them has."""
    return len(records) - len({msgspec.json.decode(raw)["record_id"] for raw in records})


def committed(deployment: Deployment, topic: str, number: int) -> int:
    return deployment.offsets(topic)[0][number]


def set_back(deployment: Deployment, topic: str, number: int, offset: int) -> None:
    consumer = Consumer({"bootstrap.servers": deployment.bootstrap, "group.id": f"{deployment.prefix}group"})
    consumer.commit(offsets=[TopicPartition(deployment.prefix + topic, number, offset)], asynchronous=False)
    consumer.close()


def test_a_count_that_was_changed_by_hand_is_refused(deploy: Deploy) -> None:
    deployment = deploy(partitions=2)
    deployment.say_partitions(3)
    deployment.run("topics", "--config", str(deployment.config), status=1)
    deployment.run("worker", "--config", str(deployment.config), status=2)
    said = change(deployment, 3)
    assert totals(said) == {"before": [0] * 6, "after": [0] * 6}
    assert "all topics are as configured" in deployment.run("topics", "--config", str(deployment.config))
    deployment.start_worker().wait_ready()

    deployment.say_partitions(2)
    with pytest.raises(UnusableInput, match="has 3 partitions, the configuration says 2"):
        check_topics(load_worker_config(deployment.config))
