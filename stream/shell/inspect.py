"""A number's state as the log has it: the durable units of its home partition, and the log folded on to its present end."""

import asyncio
from collections.abc import Callable

import numpy as np
from aiokafka.errors import KafkaError

from linewatch.config.errors import DoesNotHold, UnusableInput
from linewatch.config.operator import Operator, operator_from_toml
from linewatch.config.worker import WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.order.partitioner import partition_of
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.shell import push
from linewatch.stream.shell.admin import check_topics
from linewatch.stream.shell.durable import read_units
from linewatch.stream.shell.topics import Names

BATCH = 500


def operator_in_force(config: WorkerConfig) -> Operator:
    """The operator file as the workers have it."""
    held = push.standing(config).get("operator")
    if held is None:
        raise DoesNotHold("no worker has started on these topics yet: start one with `linewatch worker`")
    return operator_from_toml(held.payload.decode())


def entity_of(text: str, operator: Operator) -> int:
    """The id of a number, a short code or a sender id, in any form that records may have."""
    entity = int(NumberPlans(operator.country).ids([text])[0])
    if not entity:
        raise UnusableInput("the number is empty; give it as +66921234567, as a short code or as a sender id")
    return entity


def home_of(entity: int, config: WorkerConfig) -> int:
    """The partition of the log that the entity lives in."""
    return int(partition_of(np.array([entity], np.uint64), config.topics.partitions)[0])


def partition_state(config: WorkerConfig, number: int) -> Partition:
    """What a worker's state of a partition is, had it read the log to its present end; joins no group, commits nothing."""
    model = NumberModel.load(FEATURES, candidates=config.models.candidates)
    state = Partition(number, check_topics(config).sources_at_first, model)
    fold_to(config, state)
    return state


def fold_to(
    config: WorkerConfig, state: Partition, end: int | None = None, take: Callable[[Output], None] = lambda output: None
) -> None:
    """Bring a fresh partition to an offset of its log, or to the end; `take` is given what the messages behind its units bring."""
    names, number = Names(config.topics.prefix), state.number
    try:
        for found in asyncio.run(read_units(config, names.state, number)):
            state.restore(found.chunks)
    except KafkaError as error:
        raise UnusableInput(f"the brokers {config.kafka.bootstrap_servers} do not do it: {error}; check [kafka]") from None
    reader = push.consumer(config)
    try:
        batch: list[tuple[int, bytes, int]] = []
        for message in push.messages(reader, names.sightings, number, state.next_offset, end):
            batch.append((int(message.offset() or 0), message.value() or b"", message.timestamp()[1]))
            if len(batch) == BATCH:
                take(state.apply(batch))
                batch = []
        take(state.apply(batch))
    finally:
        reader.close()
