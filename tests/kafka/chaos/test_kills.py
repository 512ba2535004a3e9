"""SIGKILL at moments drawn at random and at those that hurt most: joining, recovering, within a unit of state, in a rebalance."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition

from kafka_deployment import Deployment, WorkerProcess
from linewatch.stream.order.frame import decode
from linewatch.stream.shell.durable import HEADER, Unit
from linewatch.training.bench.apache_kafka import wait_until

PATIENCE_S = 60.0
Check = Callable[[Deployment], None]


@pytest.mark.timeout(3600)
def test_kills(deploy: Callable[..., Deployment], carrier: Any, faults: Any, assert_whole: Check) -> None:
    deployment = deploy(checkpoint_s=0.5)
    moments = _Moments(deployment, random.Random(4))
    struck: Counter[str] = Counter()
    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, carrier.records, per_s=len(carrier.records) / (16.0 * faults.kills))
        for name, moment in islice(moments.in_turn(), faults.kills):
            worker = deployment.start_worker()
            moment(worker)
            worker.kill()
            struck[name] += 1
        fed.result()
    assert moments.in_flight > 0, "no kill struck while sightings were in flight"
    assert_nothing_committed_too_early(deployment)
    last = deployment.start_worker().wait_ready()
    assert_whole(deployment)
    torn = torn_units(deployment)
    print(f"killed {sum(struck.values())} times: {dict(struck)}; {torn} units of state were left without their end marker")
    assert moments.repeats + last.metric("linewatch_repeats_skipped") > 0, "no kill left anything that was read again"
    if faults.kills >= 20:
        assert torn > 0, "no kill struck between the rows of a unit and its end marker"


class _Moments:
    """When to strike; each waits for its moment in the life of a worker that was just started."""

    def __init__(self, deployment: Deployment, draw: random.Random) -> None:
        self._deployment = deployment
        self._draw = draw
        self.in_flight, self.repeats = 0, 0.0

    def in_turn(self) -> Iterator[tuple[str, Callable[[WorkerProcess], None]]]:
        """Their names and themselves, over and over."""
        yield from cycle(
            [
                ("working", self._working),
                ("within a unit", self._within_a_unit),
                ("rebalancing", self._rebalancing),
                ("recovering", self._recovering),
                ("joining", self._joining),
            ]
        )

    def _at_random(self, most_s: float) -> None:
        """Some time later; the one wait here that is for nothing but chance."""
        time.sleep(self._draw.uniform(0.0, most_s))

    def _joining(self, worker: WorkerProcess) -> None:
        wait_until(lambda: worker.get("/metrics")[0] == 200, PATIENCE_S, "a worker that shows its metrics")
        self._at_random(1.0)

    def _recovering(self, worker: WorkerProcess) -> None:
        wait_until(lambda: "recovered" in worker.get("/readyz")[1] or worker.is_ready(), PATIENCE_S, "a worker that recovers")

    def _working(self, worker: WorkerProcess) -> None:
        worker.wait_ready()

        def in_flight() -> bool:
            committed, ends = self._deployment.offsets("sightings")
            held = worker.metric("linewatch_sightings_held") > 1000
            return held and worker.metric("linewatch_sightings_applied_total") > 0 and sum(committed) < sum(ends)

        wait_until(in_flight, PATIENCE_S, "sightings in flight")
        self._at_random(3.0)
        self.in_flight += in_flight()
        self.repeats += worker.metric("linewatch_repeats_skipped")

    def _within_a_unit(self, worker: WorkerProcess) -> None:
        """The end of a partition of state moved: a chunk was written, and its marker comes milliseconds later, or not at all."""
        worker.wait_ready()
        place = TopicPartition(f"{self._deployment.prefix}state", self._draw.randrange(self._deployment.partitions))
        consumer = Consumer({"bootstrap.servers": self._deployment.bootstrap, "group.id": "looks"})
        try:
            before, ends = consumer.get_watermark_offsets(place, timeout=10), time.monotonic() + PATIENCE_S
            while consumer.get_watermark_offsets(place, timeout=10) == before:
                assert time.monotonic() < ends, "no unit of state"
            worker.kill()  # before anything else takes its time
        finally:
            consumer.close()

    def _rebalancing(self, worker: WorkerProcess) -> None:
        worker.wait_ready()
        other = self._deployment.start_worker()
        wait_until(lambda: other.get("/metrics")[0] == 200, PATIENCE_S, "a second worker")
        self._at_random(4.0)
        other.kill()


def assert_nothing_committed_too_early(deployment: Deployment) -> None:
    """No offset of a source is committed whose record is not in the log."""
    logged: dict[tuple[str, int], int] = {}
    for message in deployment.read("sightings"):
        frame = decode(message.value() or b"")
        rows = frame.sightings()
        for index, (source, _) in enumerate(frame.marks):
            place = (source.topic, source.partition)
            logged[place] = max(logged.get(place, -1), int(rows["offset"][rows["source"] == index].max(initial=-1)))
    for topic in ("calls", "messages"):
        committed, _ = deployment.offsets(topic)
        for partition, offset in enumerate(committed):
            assert offset <= logged.get((deployment.prefix + topic, partition), -1) + 1


def torn_units(deployment: Deployment) -> int:
    """Units in the state topic of which there are rows and no end marker."""
    open_units: set[tuple[int, str, int]] = set()
    for message in deployment.read("state"):
        header = dict(message.headers() or [])[HEADER]
        unit = msgspec.msgpack.decode(header, type=Unit)
        key = (message.partition() or 0, unit.owner, unit.serial)
        if unit.end:
            open_units.discard(key)
        else:
            open_units.add(key)
    return len(open_units)
