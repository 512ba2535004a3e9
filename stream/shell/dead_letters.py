"""Dead letters on their way back: each to the topic that it came from, once, with a place kept by reason."""

from collections import Counter
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from linewatch.config.errors import DoesNotHold
from linewatch.config.worker import WorkerConfig
from linewatch.stream.shell import push
from linewatch.stream.shell.topics import CONTRACT, Names

GROUP_ENDS: Final = "-requeue"
ACKNOWLEDGED_S: Final = 30.0


class Place:
    """How far a partition is requeued. The offset is that of all reasons; those that are further stand in its metadata."""

    def __init__(self, committed: TopicPartition, low: int) -> None:
        self.base = max(low, committed.offset)
        self.further: dict[str, int] = {}
        if committed.offset >= 0 and committed.metadata:
            self.further = msgspec.json.decode(committed.metadata, type=dict[str, int])

    def begin(self, reason: str | None) -> int:
        """Where to read from."""
        return self.base if reason is None else max(self.base, self.further.get(reason, 0))

    def is_done(self, reason: str, offset: int) -> bool:
        """Whether a letter was sent before."""
        return offset < max(self.base, self.further.get(reason, 0))

    def done(self, reason: str | None, end: int) -> None:
        """All up to `end` are sent: of one reason, or of all."""
        if reason is None:
            self.base, self.further = end, {}
        else:
            self.further[reason] = end

    def to_commit(self, topic: str, number: int) -> TopicPartition:
        """The place as a group keeps it."""
        metadata = msgspec.json.encode(self.further).decode() if self.further else ""
        return TopicPartition(topic, number, self.base, metadata)


class Requeue:
    """One call; counts by reason what was sent, and what could not be."""

    def __init__(self, config: WorkerConfig, reason: str | None) -> None:
        self._names = Names(config.topics.prefix)
        self._sources: dict[str, int] = {}
        self._config = config
        self._reason = reason
        self._failed = 0
        self.sent: Counter[str] = Counter()
        self.tombstones = self.homeless = 0

    def run(self) -> None:
        """All partitions; each one's place is kept once its letters are acknowledged."""
        reader = push.consumer(self._config, self._config.kafka.group + GROUP_ENDS)
        sender = push.producer(self._config)
        try:
            self._sources = {name: len(push.numbers_of(reader, name)) for name in self._names.sources.values()}
            for number in push.numbers_of(reader, self._names.dead_letters):
                self._partition(reader, sender, number)
        finally:
            reader.close()

    def _partition(self, reader: Consumer, sender: Producer, number: int) -> None:
        where = TopicPartition(self._names.dead_letters, number)
        low, high = push.ends_of(reader, where.topic, number)
        place = Place(reader.committed([where], timeout=push.ANSWER_S)[0], low)
        for message in push.messages(reader, self._names.dead_letters, number, place.begin(self._reason)):
            if int(message.offset() or 0) < high:
                self._letter(sender, message, place)
        if sender.flush(ACKNOWLEDGED_S) or self._failed:
            raise DoesNotHold(
                f"partition {number} of the dead letters was not acknowledged and will be sent again by the next call; "
                "check the brokers"
            )
        place.done(self._reason, high)
        reader.commit(offsets=[place.to_commit(self._names.dead_letters, number)], asynchronous=False)

    def _letter(self, sender: Producer, message: Message, place: Place) -> None:
        held: Any = message.headers() or ()
        headers = {key: value.decode("utf-8", "replace") for key, value in held if value is not None}
        reason = headers.get("reason", "")
        if place.is_done(reason, int(message.offset() or 0)) or self._reason not in (None, reason):
            return
        value = message.value()
        if value is None:
            self.tombstones += 1
            return
        topic, number = headers.get("topic", ""), headers.get("partition", "")
        if topic not in self._sources or not number.isdecimal() or int(number) >= self._sources[topic]:
            self.homeless += 1
            return
        self.sent[reason] += 1
        while True:
            try:
                sender.produce(topic, value, None, int(number), on_delivery=self._delivered, headers=[CONTRACT])
                break
            except BufferError:
                sender.poll(0.5)
        sender.poll(0)

    def _delivered(self, error: object, message: Message) -> None:
        self._failed += error is not None
