"""G1 and G2 on a real Kafka: whatever is killed, joins or leaves, the flags are those of the log, and of the file."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
from linewatch.stream.records.kinds import TOPICS
from linewatch.training.bench.apache_kafka import wait_until

Deploy = Callable[..., Deployment]


def test_canonical_flags_are_those_of_replay_of_the_file(deploy: Deploy, carrier: Any) -> None:
    deployment = deploy()
    worker = deployment.start_worker()
    deployment.feed(carrier.records)
    deployment.wait_settled()
    assert_same_flags(deployment.flags(), carrier.flags)
    assert_same_flags(deployment.flags_by_log(), carrier.flags)
    assert_all_counted(deployment)
    for cap in ("linewatch_blocks_capped", "linewatch_sightings_released_early", "linewatch_profiles_evicted"):
        assert worker.metric(cap) == 0


def assert_nothing_committed_too_early(deployment: Deployment) -> None:
    """No offset of a source is committed whose record is not in the log."""
    import numpy as np

    from linewatch.stream.order.frame import decode

    logged: dict[tuple[str, int], int] = {}
    for message in deployment.read("sightings"):
        frame = decode(message.value() or b"")
        if frame.source is not None and frame.rows:
            place = (frame.source.topic, frame.source.partition)
            logged[place] = max(logged.get(place, -1), int(np.max(frame.sightings()["offset"])))
    for topic in ("calls", "messages"):
        committed, _ = deployment.offsets(topic)
        for partition, offset in enumerate(committed):
            assert offset <= logged.get((deployment.prefix + topic, partition), -1) + 1


def test_a_killed_worker_loses_nothing_and_doubles_nothing(deploy: Deploy, carrier: Any) -> None:
    deployment = deploy()
    first = deployment.start_worker().wait_ready()
    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, carrier.records, per_s=25_000)

        def in_flight() -> bool:
            """Sightings are held, and records read that are not committed."""
            read = first.metric("linewatch_records_total", outcome="read")
            committed = sum(map(sum, (deployment.offsets(topic)[0] for topic in TOPICS.values())))
            return first.metric("linewatch_sightings_held") > 1000 and read > 50_000 and read - committed > 2000

        wait_until(in_flight, 120, "a worker in the middle of its work")
        first.kill()
        assert not fed.done()
        fed.result()
    committed, ends = deployment.offsets("sightings")
    assert sum(committed) < sum(ends)
    assert_nothing_committed_too_early(deployment)
    second = deployment.start_worker()
    deployment.wait_settled()
    assert second.metric("linewatch_repeats_skipped") > 0
    assert_same_flags(deployment.flags(), deployment.flags_by_log())
    assert_same_flags(deployment.flags(), carrier.flags)
    assert_all_counted(deployment)


def test_a_worker_that_joins_and_leaves_under_load_changes_nothing(deploy: Deploy, carrier: Any) -> None:
    deployment = deploy()
    first = deployment.start_worker().wait_ready()
    half = len(carrier.records) // 2
    deployment.feed(carrier.records[:half])
    second = deployment.start_worker()
    wait_until(lambda: second.get("/metrics")[0] == 200 and second.metric("linewatch_assigned_partitions") > 0, 90, "a share")
    deployment.feed(carrier.records[half:], seed=2, per_s=40_000)
    wait_until(lambda: second.metric("linewatch_sightings_applied_total") > 5_000, 120, "work of the second worker")
    assert second.kill(15) == 0
    deployment.wait_settled()
    assert first.metric("linewatch_assigned_partitions") == deployment.partitions
    assert_same_flags(deployment.flags(), deployment.flags_by_log())
    assert_same_flags(deployment.flags(), carrier.flags)
    assert_all_counted(deployment)
