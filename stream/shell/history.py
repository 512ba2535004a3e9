"""Past records on their way to the source topics: in the order of event time, spread evenly over partitions."""

from collections import Counter
from collections.abc import Callable, Iterable

from linewatch.config.worker import WorkerConfig
from linewatch.stream.records.files import Block, kinds_of_lines
from linewatch.stream.shell import push
from linewatch.stream.shell.topics import CONTRACT, Names


def taken(config: WorkerConfig) -> list[str]:
    """The source topics that something was ever written to."""
    reader = push.consumer(config)
    try:
        return [
            topic
            for topic in Names(config.topics.prefix).sources.values()
            if any(push.ends_of(reader, topic, number)[1] for number in push.numbers_of(reader, topic))
        ]
    finally:
        reader.close()


def write_history(config: WorkerConfig, source: Iterable[Block], progress: Callable[[int], None]) -> tuple[int, int]:
    """Write all records, acknowledged; returns how many, and how many lines were none.

    Each partition gets every n-th record of a kind, so that it is in order where the files are. Raises UnusableInput where
    the brokers do not take one.
    """
    topics = Names(config.topics.prefix).sources
    counts: Counter[str] = Counter()
    left_out = 0
    partitions = _partitions(config, topics)
    sender, deliveries = push.producer(config), push.Deliveries()
    for block in source:
        for raw, kind in zip(block.raws, kinds_of_lines(block.raws), strict=True):
            if kind is None:
                left_out += 1
                continue
            number = counts[kind] % len(partitions[kind])
            counts[kind] += 1
            while True:
                try:
                    sender.produce(topics[kind], raw, None, number, on_delivery=deliveries.told, headers=[CONTRACT])
                    break
                except BufferError:  # the queue is full: let some go first
                    sender.poll(0.1)
        sender.poll(0)
        if deliveries.failed:
            break
        progress(len(block.raws))
    deliveries.all_landed(sender)
    return counts.total(), left_out


def _partitions(config: WorkerConfig, topics: dict[str, str]) -> dict[str, range]:
    """By kind the partitions of its topic."""
    reader = push.consumer(config)
    try:
        return {kind: push.numbers_of(reader, topic) for kind, topic in topics.items()}
    finally:
        reader.close()
