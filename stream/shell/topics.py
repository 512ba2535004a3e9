"""The topics: their names, how many partitions each has, and how they are kept."""

from typing import Final

import msgspec

from linewatch.config.worker import WorkerConfig
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.records.kinds import TOPICS

MIB: Final = 1 << 20
LARGEST_MESSAGE: Final = 4 * MIB
"""Bytes that brokers take of one, with what goes around it; of sources less."""
CONTRACT: Final = ("linewatch-contract", b"1")
"""A header of every message that is written."""


class Topic(msgspec.Struct, frozen=True):
    """One topic as it should be."""

    name: str
    partitions: int
    settings: dict[str, str]
    is_fixed: bool = False
    """Whether it works with this number of partitions alone; others have what they were made with."""


class Names:
    """Topic names under a prefix."""

    def __init__(self, prefix: str) -> None:
        self.sources = {kind: prefix + name for kind, name in TOPICS.items()}
        self.sightings = prefix + "sightings"
        self.flags = prefix + "flags"
        self.shadow_flags = prefix + "flags.shadow"
        self.standing = prefix + "standing"
        self.dead_letters = prefix + "deadletters"
        self.warnings = prefix + "warnings"
        self.state = prefix + "state"
        self.learner = prefix + "learner"
        self.snapshots = prefix + "snapshots"
        self.policy = prefix + "policy"

    def kind_of(self, topic: str) -> str | None:
        """The kind of record that a source topic carries, None for any other topic."""
        return next((kind for kind, name in self.sources.items() if name == topic), None)


def specifications(config: WorkerConfig) -> list[Topic]:
    """All topics as the configuration wants them; `learner`, `snapshots` and `policy` have one partition, for one writer.

    The log and the state have a partition for each part of the numbers.
    """
    names, many = Names(config.topics.prefix), config.topics.partitions
    large, compact = {"max.message.bytes": str(LARGEST_MESSAGE)}, {"cleanup.policy": "compact"}
    forever = {"retention.ms": "-1"}
    return [
        *(Topic(name, many, {"max.message.bytes": str(2 * MIB - 65_536)}) for name in names.sources.values()),
        Topic(
            names.sightings, many, large | forever | {"message.timestamp.type": "LogAppendTime"}, True
        ),  # no worker's clock counts
        Topic(names.flags, many, {"retention.ms": str(90 * DAY_MS)}),
        Topic(names.shadow_flags, many, {"retention.ms": str(30 * DAY_MS)}),
        Topic(names.standing, many, compact),
        Topic(names.dead_letters, many, {"max.message.bytes": str(2 * MIB)} | forever),
        Topic(names.warnings, many, {}),
        Topic(names.state, many, large | forever, True),
        Topic(names.learner, 1, large, True),
        Topic(names.snapshots, 1, large | compact, True),
        Topic(names.policy, 1, large | forever, True),
    ]
