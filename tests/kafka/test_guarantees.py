"""G1 and G2 on a real Kafka: the flags are those of the log and of the file, also as workers come and go; kills: chaos/."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

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
    for cap in ("blocks_capped", "sightings_released_early", "profiles_evicted", "profiles_gave_way", "recent_pushed_out"):
        assert worker.metric(f"linewatch_{cap}") == 0


def test_a_worker_begins_with_the_history_that_was_written_before_it(deploy: Deploy, carrier: Any, tmp_path: Path) -> None:
    deployment = deploy()
    config = ("--config", str(deployment.config))
    mixed = tmp_path / "mixed.jsonl"
    half = len(carrier.records) // 2
    mixed.write_bytes(b"\n".join([*carrier.records[:half], b"no record"]) + b"\n")
    said = deployment.run("warm", str(mixed), *config)
    assert said.startswith(f"1 lines are no record and were left out\n{half} records written")
    deployment.run("warm", str(mixed), *config, status=1)
    deployment.start_worker()
    deployment.feed(carrier.records[half:])  # before the silence in which all that is held goes
    deployment.wait_settled()
    assert_same_flags(deployment.flags(), carrier.flags)
    assert_same_flags(deployment.flags_by_log(), carrier.flags)


def test_a_worker_that_joins_and_leaves_under_load_changes_nothing(deploy: Deploy, carrier: Any, tmp_path: Path) -> None:
    deployment = deploy()
    first = deployment.start_worker().wait_ready()
    half = len(carrier.records) // 2
    deployment.feed(carrier.records[:half])
    second = deployment.start_worker()
    with ThreadPoolExecutor() as pool:  # no pause between the halves: sources that are silent for ten seconds hold nothing back
        fed = pool.submit(deployment.feed, carrier.records[half:], seed=2, per_s=6_000)
        wait_until(lambda: second.get("/metrics")[0] == 200 and second.metric("linewatch_assigned_partitions") > 0, 90, "a share")
        wait_until(lambda: second.metric("linewatch_sightings_applied_total") > 5_000, 120, "work of the second worker")
        assert second.kill(15) == 0
        fed.result()
    deployment.wait_settled()
    assert first.metric("linewatch_assigned_partitions") == deployment.partitions
    by_log = tmp_path / "warnings.jsonl"
    assert_same_flags(deployment.flags(), deployment.flags_by_log(by_log))
    assert_same_flags(deployment.flags(), carrier.flags)
    warnings = [msgspec.json.decode(line) for line in by_log.read_bytes().splitlines()]
    assert len(warnings) > 100
    assert deployment.warnings() == {warning["warning_id"]: warning for warning in warnings}
    assert_all_counted(deployment)
