"""How many partitions of the log are in use, and since where: what stands about it in the topic of snapshots.

Without a word there, the log has been in use with all its partitions from its beginning. A change that was begun and not
finished stands there too: nobody but the command that finishes it may go on until then.
"""

from typing import Final

import msgspec
from confluent_kafka.admin import AdminClient

from linewatch.config.errors import UnusableInput
from linewatch.config.known import known
from linewatch.config.worker import WorkerConfig
from linewatch.stream.records.kinds import TOPICS
from linewatch.stream.shell import push
from linewatch.stream.shell.snapshot import Snapshot, snapshot_of
from linewatch.stream.shell.topics import Names

KEY: Final = b"partitions"
TIMEOUT_S: Final = 15.0


@known
class Change(msgspec.Struct, frozen=True, array_like=True):
    """The last change of the count. `epoch` is how many there were, `first` the count that the log began with.

    `begins` says by partition that there was where its log ended then: there the new state begins, where it is used on;
    `places` how far the group was in each source partition: topic, partition, offset.
    """

    epoch: int
    first: int
    before: int
    now: int
    begins: list[int]
    places: list[tuple[str, int, int]]
    is_done: bool = False

    def begin_of(self, number: int) -> int:
        """From which offset on a partition's log is that of the present count."""
        return self.begins[number] if number < len(self.begins) else 0


class Sizes(msgspec.Struct, frozen=True):
    """Of a log in use: its epoch, the count that it began with, the count in use, how many source partitions feed it.

    And how many partitions the topic of dead letters has, which need not be as many as any other.
    """

    epoch: int
    first: int
    now: int
    sources: int
    dead_letters: int

    @property
    def sources_at_first(self) -> int:
        """How many source partitions are taken to feed the log as far as the log does not tell."""
        return len(TOPICS) * self.first


def change_in(config: WorkerConfig) -> Change | None:
    """The last change, finished or not; None where there was none."""
    held = None
    reader = push.consumer(config)
    topic = Names(config.topics.prefix).snapshots
    try:
        if topic in reader.list_topics(timeout=TIMEOUT_S).topics:
            for message in push.messages(reader, topic, 0):
                if message.key() == KEY and (value := message.value()):
                    held = value
    finally:
        reader.close()
    return msgspec.msgpack.decode(snapshot_of(held).payload, type=Change) if held else None


def write_change(config: WorkerConfig, change: Change) -> None:
    """Let it stand, acknowledged on return."""
    value = Snapshot(change.epoch, msgspec.msgpack.encode(change)).encode()
    push.send(config, [(Names(config.topics.prefix).snapshots, 0, KEY, value)])


def sizes_of(config: WorkerConfig, counts: dict[str, int], change: Change | None) -> Sizes:
    """By the partition counts of all topics and the last change."""
    names = Names(config.topics.prefix)
    sources = sum(counts.get(name, 0) for name in names.sources.values())
    dead_letters = counts.get(names.dead_letters, config.topics.partitions)
    if change is None:
        count = counts.get(names.sightings, config.topics.partitions)
        return Sizes(0, count, count, sources, dead_letters)
    return Sizes(change.epoch, change.first, change.now, sources, dead_letters)


def counts_of(client: AdminClient) -> dict[str, int]:
    """By topic how many partitions it has; raises KafkaException."""
    return {name: len(topic.partitions) for name, topic in client.list_topics(timeout=TIMEOUT_S).topics.items()}


def refuse_half_done(change: Change | None) -> None:
    """Raises where a change was begun and not finished."""
    if change is not None and not change.is_done:
        raise UnusableInput(
            f"a change from {change.before} to {change.now} partitions was begun and not finished: "
            f"run `linewatch repartition --partitions {change.now}` again"
        )
