"""A worker that finds what another version wrote ends with status 1 and one line that says so: it never misreads it, nor waits."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
from linewatch.stream.order import frame
from linewatch.stream.profiles.durable import LAYOUT, Chunk
from linewatch.stream.shell.durable import HEADER, Unit
from linewatch.stream.shell.snapshot import Snapshot
from linewatch.training.bench.apache_kafka import wait_until

Message = tuple[str, int, bytes | None, bytes, list[tuple[str, bytes]]]
LATER = 99


def unit_of_a_later_version() -> list[Message]:
    unit = Unit(1 << 30, "later", 1, True, False, 1)
    chunk = msgspec.msgpack.encode(Chunk(LATER, "", b"whatever"))
    ends = msgspec.structs.replace(unit, end=True)
    return [("state", 0, None, value, [(HEADER, msgspec.msgpack.encode(one))]) for value, one in ((chunk, unit), (b"", ends))]


def message_of_a_later_version() -> list[Message]:
    return [("sightings", 1, None, msgspec.msgpack.encode([LATER, "whatever"]), [])]


def learner_of_a_later_version() -> list[Message]:
    return [("snapshots", 0, b"learner", Snapshot(0, msgspec.msgpack.encode([LATER, []])).encode(), [])]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            unit_of_a_later_version,
            f"partition 0 cannot be recovered: the stored state has layout {LATER}, this version reads {LAYOUT}",
        ),
        (
            message_of_a_later_version,
            f"the sightings log has layout {LATER}, this version reads {frame.LAYOUT}:",
        ),
        (learner_of_a_later_version, f"the learner's state has layout {LATER}, this version reads 2"),
    ],
)
def test_what_a_later_version_wrote_ends_a_worker(
    deploy: Callable[..., Deployment], written: Callable[[], list[Message]], said: str
) -> None:
    deployment = deploy(partitions=2)
    producer = Producer({"bootstrap.servers": deployment.bootstrap, "linger.ms": 0})
    for topic, number, key, value, headers in written():
        producer.produce(deployment.prefix + topic, value, key, number, headers=headers)
        assert producer.flush(30) == 0
    worker = deployment.start_worker()
    assert worker.process.wait(120) == 1
    log = worker.log.read_text()
    (line,) = [line for line in log.splitlines() if "CRITICAL" in line]
    assert said in line
    assert "run the version that wrote it" in line
    assert "Traceback" not in log[: log.index(line)]
    assert log.count(said) == 1, "what Faust says of agents that are ended comes after it, and does not repeat it"


def test_a_state_topic_that_is_lost_is_no_state_of_nothing(deploy: Callable[..., Deployment], carrier: Any) -> None:
    """The group has committed what stood in it: a worker does not go on from there, and folds the log anew when it is let."""
    deployment = deploy(partitions=2)
    records = carrier.records[:40_000]
    deployment.feed(records)
    worker = deployment.start_worker()
    deployment.wait_settled()
    acts = deployment.acts()
    assert worker.kill(15) == 0
    admin = AdminClient({"bootstrap.servers": deployment.bootstrap})
    for deleted in admin.delete_topics([f"{deployment.prefix}state"]).values():
        deleted.result(30)
    wait_until(lambda: f"{deployment.prefix}state" not in admin.list_topics(timeout=10).topics, 60, "a topic that is gone")
    deployment.run("topics", "--config", str(deployment.config))
    worker = deployment.start_worker()
    assert worker.process.wait(120) == 1
    deployment.workers.remove(worker)
    line = next(line for line in worker.log.read_text().splitlines() if "CRITICAL" in line)  # one of a partition, or of two
    assert "has state up to offset 0, and the group goes on from" in line
    assert "set the group's offsets of" in line
    name = f"{deployment.prefix}group"
    wait_until(lambda: not admin.describe_consumer_groups([name])[name].result().members, 60, "a group that nobody is in")
    group = Consumer({"bootstrap.servers": deployment.bootstrap, "group.id": f"{deployment.prefix}group"})
    group.commit(offsets=[TopicPartition(f"{deployment.prefix}sightings", number, 0) for number in range(2)], asynchronous=False)
    group.close()
    deployment.start_worker().wait_ready()
    deployment.wait_settled()
    assert deployment.acts() == acts
    assert len(acts) > 1000
    assert_same_flags(deployment.flags(), deployment.flags_by_log(), least=50)
    assert_all_counted(deployment)
