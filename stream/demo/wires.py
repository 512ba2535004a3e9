"""The demo's own connections to its broker: records and verdicts in, flags out, and how far the worker is."""

from typing import Any
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from linewatch.config.worker import WorkerConfig
from linewatch.stream.shell.topics import Names


class Wires:
    """A producer, a reader of flags, and a reader of the worker's committed offsets."""

    def __init__(self, config: WorkerConfig) -> None:
        names, count = Names(config.topics.prefix), config.topics.partitions
        settings: dict[str, Any] = config.kafka.confluent_settings() | {"log_level": 0}
        self._prefix = config.topics.prefix
        self._producer = Producer(settings | {"linger.ms": 10, "queue.buffering.max.messages": 200_000})
        self._flags = Consumer(settings | {"group.id": f"linewatch-demo-{uuid4()}", "enable.auto.commit": False})
        self._flags.assign([TopicPartition(names.flags, number, OFFSET_BEGINNING) for number in range(count)])
        self._group = Consumer(settings | {"group.id": config.kafka.group, "enable.auto.commit": False})
        self._sources = [TopicPartition(name, number) for name in names.sources.values() for number in range(count)]

    def send(self, topic: str, record: bytes) -> None:
        """Hand a record in, with no key, as a carrier may."""
        self._producer.produce(self._prefix + topic, record)

    def flush(self) -> None:
        """Let go out what waits to, as far as it does at once."""
        self._producer.poll(0)

    def flags(self) -> list[bytes]:
        """Flags that came since the last call."""
        messages = self._flags.consume(500, timeout=0.02)
        return [value for message in messages if not message.error() and (value := message.value())]

    def worked_off(self) -> int:
        """Records that the worker has committed, over all source topics."""
        committed = self._group.committed(self._sources, timeout=5)
        return sum(max(0, where.offset) for where in committed)

    def close(self) -> None:
        """End the connections; what waits to go out is dropped."""
        self._producer.purge()
        self._flags.close()
        self._group.close()
