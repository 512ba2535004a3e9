"""What commands tell a running worker: records for the learner's topic, and what comes of them in the topics behind it."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from linewatch.config.errors import DoesNotHold, UnusableInput
from linewatch.config.worker import WorkerConfig
from linewatch.stream.order.frame import decode
from linewatch.stream.shell.policy_changes import KIND_OF, Change, History, Request, change_of
from linewatch.stream.shell.snapshot import Snapshot, snapshot_of
from linewatch.stream.shell.topics import CONTRACT, LARGEST_MESSAGE, Names

ANSWER_S: Final = 15.0
_PASSING: Final = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART}
KINDS: Final = ("policy", "shadow", "operator", "order", "models")
Answer = TypeVar("Answer")
Record = tuple[str, int, bytes | None, bytes | None]
"""Topic, partition, key, value."""


def consumer(config: WorkerConfig, group: str = "linewatch-commands") -> Consumer:
    """A reader that joins no group and commits only when told to."""
    settings: dict[str, Any] = config.kafka.confluent_settings() | {
        "group.id": group,
        "enable.auto.commit": False,
        "fetch.message.max.bytes": 8 << 20,
        "log_level": 0,
    }
    return Consumer(settings)


def producer(config: WorkerConfig, in_order: bool = False) -> Producer:
    """A sender that waits for all replicas and puts keys where the worker's own producer does.

    `in_order`: also what is sent a second time keeps its place.
    """
    settings: dict[str, Any] = config.kafka.confluent_settings() | {
        "acks": "all",
        "message.max.bytes": LARGEST_MESSAGE,
        "partitioner": "murmur2_random",
        "enable.idempotence": in_order,
        "log_level": 0,
    }
    return Producer(settings)


def ends_of(reader: Consumer, topic: str, number: int) -> tuple[int, int]:
    """First and next offset of a partition; a leader that is being changed or was just made is asked again."""
    ends = time.monotonic() + ANSWER_S
    while True:
        try:
            low, high = reader.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_S)
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() > ends:
                raise
            time.sleep(0.2)  # between two questions
        else:
            return low, high


def numbers_of(reader: Consumer, topic: str) -> range:
    """The partitions of a topic, none where there is no such topic."""
    return range(len(reader.list_topics(topic, timeout=ANSWER_S).topics[topic].partitions))


def messages(reader: Consumer, topic: str, number: int, begin: int = OFFSET_BEGINNING, end: int | None = None) -> Iterator[Message]:
    """The messages of a partition from an offset on, up to `end` or the end that it has now."""
    low, high = ends_of(reader, topic, number)
    high = high if end is None else min(high, end)
    position = max(low, begin)
    reader.assign([TopicPartition(topic, number, position)])
    while position < high:
        message = reader.poll(ANSWER_S)
        if message is None:
            raise UnusableInput(f"partition {number} of {topic} stopped answering at offset {position}; try again")
        if message.error():
            raise KafkaException(message.error())
        position = int(message.offset() or 0) + 1
        if position <= high:
            yield message


def standing(config: WorkerConfig) -> dict[str, Snapshot]:
    """What is in force, by `KINDS`; empty before the first worker has started, with no `shadow` before the first one."""
    reader = consumer(config)
    try:
        held: dict[str, bytes] = {}
        for message in messages(reader, Names(config.topics.prefix).snapshots, 0):
            if (key := message.key()) and (value := message.value()) is not None:
                held[key.decode()] = value
    finally:
        reader.close()
    return {kind: snapshot_of(held[kind]) for kind in KINDS if kind in held}


def history(config: WorkerConfig) -> History:
    """How policies came about."""
    reader = consumer(config)
    try:
        return History(change_of(message.value() or b"") for message in messages(reader, Names(config.topics.prefix).policy, 0))
    finally:
        reader.close()


def ask(config: WorkerConfig, request: Request) -> Change:
    """Have a policy or a shadow put in force or taken out; returns what stands in the topic of policies for it.

    Raises DoesNotHold when it is refused, or when no worker takes it in time.
    """
    names, kind = Names(config.topics.prefix), KIND_OF[request.act]
    done: list[Change] = []
    stands = 0

    def answer(message: Message) -> Change | None:
        nonlocal stands
        value = message.value()
        if message.topic() == names.policy and value:
            change = change_of(value)
            if change.request_id == request.request_id and change.refusal:
                raise DoesNotHold(change.refusal)
            done.extend([change] if (change.request_id, change.act) == (request.request_id, request.act) else [])
        elif message.topic() == names.snapshots and message.key() == kind.encode() and value:
            stands = snapshot_of(value).version
        return done[0] if done and stands >= done[0].version else None

    return _tell(config, b"policy", msgspec.json.encode(request), [(names.snapshots, 0), (names.policy, 0)], answer)


def push_forget(config: WorkerConfig, entity: int, home: int) -> None:
    """Have a number forgotten; returns when the word stands in its home partition of the log."""
    text = str(entity).encode()

    def answer(message: Message) -> int | None:
        control = decode(value).control if (value := message.value()) else None
        return 1 if control and control.kind == "forget" and control.payload == text else None

    _tell(config, b"forget", text, [(Names(config.topics.prefix).sightings, home)], answer)


def _tell(
    config: WorkerConfig, key: bytes, value: bytes, places: list[tuple[str, int]], answer: Callable[[Message], Answer | None]
) -> Answer:
    """Send a record to the learner and wait for what comes of it in other topics' partitions."""
    reader = consumer(config)
    try:
        reader.assign([TopicPartition(topic, number, ends_of(reader, topic, number)[1]) for topic, number in places])
        send(config, [(Names(config.topics.prefix).learner, 0, key, value)])
        ends = time.monotonic() + ANSWER_S
        while (left := ends - time.monotonic()) > 0:
            message = reader.poll(left)
            if message is not None and not message.error() and (found := answer(message)) is not None:
                return found
    finally:
        reader.close()
    raise DoesNotHold(
        f"no worker took it within {ANSWER_S:.0f} s; it waits in the topic and is taken when one runs: "
        "check that a worker is up (/readyz) and look into its log for a refusal"
    )


class Deliveries:
    """Hears from a sender what became of its messages."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def told(self, error: KafkaError | None, _: Message) -> None:
        """Of one message."""
        if error is not None:
            self.failed.append(error.str())

    def all_landed(self, sender: Producer) -> None:
        """Wait for all; raises UnusableInput where one was not acknowledged."""
        if sender.flush(ANSWER_S) or self.failed:
            why = self.failed[0] if self.failed else "no answer"
            raise UnusableInput(f"the brokers did not acknowledge: {why}; check that they run")


def send(config: WorkerConfig, records: list[Record]) -> None:
    """Send records, each acknowledged on return; raises UnusableInput when one is not."""
    sender, deliveries = producer(config), Deliveries()
    for topic, number, key, value in records:
        sender.produce(topic, value, key, number, on_delivery=deliveries.told, headers=[CONTRACT])
    deliveries.all_landed(sender)
