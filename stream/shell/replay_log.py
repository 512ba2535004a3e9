"""`linewatch replay --log`: what a worker must have flagged, from the sightings log alone."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import Kafka, WorkerConfig, load_worker_config
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Partition

Message = tuple[int, bytes, int]
TIMEOUT_S = 10.0
SOURCE_TOPICS = 4


def replay_log(brokers: str, config: Path | None, flags: Path | None) -> None:
    """Read every partition of the log from its beginning and write the flags it gives."""
    settings = load_worker_config(config) if config else WorkerConfig(kafka=Kafka(bootstrap_servers=brokers))
    if flags is None:
        raise UnusableInput("--flags is missing; name the file that flags go to")
    model = NumberModel.load(FEATURES)
    count = 0
    try:
        with flags.open("wb") as out:
            for partition, messages in _partitions(settings):
                for flag in _flags(settings, partition, messages, model):
                    out.write(msgspec.json.encode(flag) + b"\n")
                    count += 1
    except OSError as error:
        raise UnusableInput(f"{flags} cannot be written: {error.strerror}") from None
    print(f"{count} flags")


def _flags(settings: WorkerConfig, number: int, messages: Iterator[list[Message]], model: NumberModel) -> Iterator[Any]:
    partition = Partition(
        number,
        SOURCE_TOPICS * settings.topics.partitions,
        model,
        settings.order.mode,
        settings.order.settle_s,
        settings.policy.report_only,
    )
    first = True
    for batch in messages:
        if first and batch and batch[0][0] > 0:
            text = f"partition {number} of the log begins at offset {batch[0][0]}, not 0: the replay is incomplete"
            print(f"linewatch: {text}", file=sys.stderr)
            partition.next_offset = batch[0][0]
        first = False
        yield from partition.apply(batch).flags


def _partitions(settings: WorkerConfig) -> Iterator[tuple[int, Iterator[list[Message]]]]:
    topic = settings.topics.prefix + "sightings"
    consumer = Consumer(
        settings.kafka.confluent_settings()
        | {"group.id": f"linewatch-replay-{uuid4()}", "enable.auto.commit": False, "fetch.message.max.bytes": 8 << 20}
    )
    try:
        known = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        if not known:
            raise UnusableInput(f"there is no topic {topic} at {settings.kafka.bootstrap_servers}; check the prefix")
        for number in sorted(known):
            yield number, read_partition(consumer, topic, number)
    except KafkaException as error:
        raise UnusableInput(f"the brokers {settings.kafka.bootstrap_servers} do not answer: {error.args[0].str()}") from None
    finally:
        consumer.close()


def read_partition(consumer: Consumer, topic: str, number: int) -> Iterator[list[Message]]:
    """All messages of a partition as it stands, in batches of (offset, value, broker timestamp in ms)."""
    where = TopicPartition(topic, number, OFFSET_BEGINNING)
    low, high = consumer.get_watermark_offsets(where, timeout=TIMEOUT_S)
    consumer.assign([where])
    position = low
    while position < high:
        batch: list[Message] = []
        for message in consumer.consume(500, timeout=TIMEOUT_S):
            if message.error():
                raise KafkaException(message.error())
            offset = int(message.offset() or 0)
            position = offset + 1
            if offset < high:
                batch.append((offset, message.value() or b"", message.timestamp()[1]))
        if not batch:
            raise UnusableInput(f"partition {number} of {topic} stopped answering at offset {position}; try again")
        yield batch
