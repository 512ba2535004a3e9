"""A source topic that is deleted and made anew under a running worker: its offsets begin again, and nothing is skipped."""

from collections.abc import Callable
from typing import Any

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
from linewatch.config.worker import load_worker_config
from linewatch.stream.records.decode import kind_of
from linewatch.stream.shell.admin import admin, create_topics
from linewatch.training.bench.apache_kafka import wait_until


def test_a_source_topic_made_anew(deploy: Callable[..., Deployment], carrier: Any) -> None:
    deployment = deploy()
    worker = deployment.start_worker().wait_ready()
    half = len(carrier.records) // 2
    deployment.feed(carrier.records[:half])
    deployment.wait_settled()
    config = load_worker_config(deployment.config)
    topic = f"{deployment.prefix}messages"
    client = admin(config)  # held: its futures end with it
    client.delete_topics([topic])[topic].result(30)
    wait_until(lambda: topic not in client.list_topics(timeout=10).topics, 30, "a topic that is gone")
    assert topic in create_topics(config)
    later = [record for record in carrier.records[half:] if kind_of(record) == "sms"]
    assert len(later) > 10_000
    wait_until(lambda: "made anew" in worker.log.read_text(), 90, "a worker that reads the new topic")
    wait_until(lambda: not any(deployment.offsets("messages")[0]), 30, "offsets of the old topic to be committed no more")
    deployment.feed(carrier.records[half:], seed=2)
    deployment.wait_settled()
    assert worker.process.poll() is None
    assert_all_counted(deployment)
    assert_same_flags(deployment.flags(), deployment.flags_by_log())
