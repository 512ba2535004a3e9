"""What a report reads of the brokers: flags, verdicts, and a sample of the rows that the learner was sent."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from confluent_kafka import KafkaException, TopicPartition
from numpy.typing import NDArray

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import WorkerConfig
from linewatch.stream.decision.flag import Flag
from linewatch.stream.learner.examples import ORDINARY, decode_examples
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell import push
from linewatch.stream.shell.topics import Names

STRETCHES: Final = 200
IN_A_STRETCH: Final = 10
"""The learner's topic is sampled by so many stretches of so many messages, evenly over what it holds: a carrier's is large."""


def flags_of(config: WorkerConfig) -> list[Flag]:
    """All flags that the topic holds."""
    reader, topic = push.consumer(config), Names(config.topics.prefix).flags
    try:
        return [
            msgspec.json.decode(message.value() or b"", type=Flag)
            for number in push.numbers_of(reader, topic)
            for message in push.messages(reader, topic, number)
        ]
    finally:
        reader.close()


def ordinary_rows(config: WorkerConfig) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Event times `[n]` in ms and feature rows `[n, features]` of what was ordinary; none with feedback frozen."""
    times: list[int] = []
    rows = [np.empty((0, len(FEATURES)), np.float32)]
    for value in _sampled(config):
        for examples in decode_examples(value):
            if examples.fraud_type == ORDINARY and examples.matrix().shape[1] == len(FEATURES):
                times += examples.event_ms
                rows.append(examples.matrix())
    return np.array(times, np.int64), np.concatenate(rows)


def _sampled(config: WorkerConfig) -> Iterator[bytes]:
    reader, topic = push.consumer(config), Names(config.topics.prefix).learner
    try:
        low, high = push.ends_of(reader, topic, 0)
        apart = max(IN_A_STRETCH, (high - low) // STRETCHES)
        for begin in range(low, high, apart):
            reader.assign([TopicPartition(topic, 0, begin)])
            position = begin
            while position < min(begin + IN_A_STRETCH, high):
                message = reader.poll(push.ANSWER_S)
                if message is None:
                    raise UnusableInput(f"{topic} stopped answering at offset {position}; try again")
                if message.error():
                    raise KafkaException(message.error())
                position = int(message.offset() or 0) + 1
                if message.key() == b"examples" and (value := message.value()):
                    yield value
    finally:
        reader.close()
