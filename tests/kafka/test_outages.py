"""A broker that goes away and comes back, and a worker that was away for more than an hour of event time."""

from pathlib import Path
from typing import Any

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags, event_time_ms
from linewatch.training.bench.apache_kafka import Broker, wait_until
from linewatch.training.evaluate.live_order import likeness

AWAY_S = 20.0


def test_a_broker_away_for_twenty_seconds_is_waited_for(own_broker: Broker, carrier: Any, tmp_path: Path) -> None:
    import time

    with Deployment(own_broker.bootstrap, tmp_path, carrier.operator) as deployment:
        worker = deployment.start_worker().wait_ready()
        deployment.feed(carrier.records)
        wait_until(lambda: worker.metric("linewatch_sightings_applied_total") > 20_000, 120, "a worker in the middle of its work")
        own_broker.stop()
        stopped = time.monotonic()
        wait_until(lambda: time.monotonic() - stopped > AWAY_S, AWAY_S + 5, "the end of the outage")
        assert worker.process.poll() is None
        own_broker.start()
        deployment.wait_settled()
        assert worker.process.poll() is None
        assert_same_flags(deployment.flags(), deployment.flags_by_log())
        assert_same_flags(deployment.flags(), carrier.flags)
        assert_all_counted(deployment)


def test_a_worker_that_was_away_catches_up_with_the_flags_of_canonical_order(deploy: Any, carrier: Any) -> None:
    """Live mode: what was missed for over an hour of event time is brought into order before it counts."""
    deployment = deploy(mode="live")
    early = len(carrier.records) // 10
    first, second = carrier.records[:early], carrier.records[early:]
    assert event_time_ms(second[-1]) - event_time_ms(second[0]) > 3_600_000
    worker = deployment.start_worker().wait_ready()
    deployment.feed(first, speed=200.0)
    deployment.wait_settled()
    assert worker.kill(15) == 0
    before = {flag["flag_id"] for flag in deployment.flags()}
    deployment.feed(second)
    deployment.start_worker()
    deployment.wait_settled()
    flags = deployment.flags()
    assert_same_flags(flags, deployment.flags_by_log())
    assert len(flags) - len(before) > 100
    found = likeness(flags, carrier.flags)
    assert found.jaccard >= 0.98
    assert found.p99_s <= 60
