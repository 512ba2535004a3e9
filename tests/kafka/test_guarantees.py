"""G1 and G2 on a real Kafka: the flags are those of the log and of the file, also as workers come and go; kills: chaos/."""

from collections.abc import Callable
from typing import Any

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
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
