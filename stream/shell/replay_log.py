"""`linewatch replay --log`: what a worker must have flagged, from the sightings log alone."""

import sys
from collections.abc import Callable, Iterator
from itertools import islice

from confluent_kafka import Consumer, KafkaException, TopicPartition

from linewatch.config.errors import ArtifactRefused, UnusableInput
from linewatch.config.policy import Policy
from linewatch.config.worker import WorkerConfig
from linewatch.models.online.snapshot import OnlineModels
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.decision.score import Scorer
from linewatch.stream.order.settings import order_settings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.kinds import TOPICS
from linewatch.stream.shell.count import change_in
from linewatch.stream.shell.push import consumer, messages
from linewatch.stream.shell.topics import Names

TIMEOUT_S = 10.0
BATCH = 500
Progress = Callable[[int, int], None]
"""Called with messages read, and how many there are in all."""


class Logged(Partition):
    """Scores by the number model that the log says it was scored by; where nobody has that any more, by the shipped one."""

    def __init__(self, number: int, sources: int, shipped: NumberModel, missing: set[str]) -> None:
        """To `missing` goes which models nobody has."""
        super().__init__(number, sources, shipped)
        self._shipped, self._missing = shipped, missing

    def _scorer(self, kind: str, policy: Policy, online: OnlineModels | None) -> Scorer:
        version = policy.number_model or order_settings(self.controls["order"][1]).number_model
        try:
            model = self._shipped.of(version)
        except ArtifactRefused:
            if policy.number_model:
                raise
            self._missing.add(version)
            model = self._shipped
        return Scorer(policy, model, online)


def outputs_of_log(settings: WorkerConfig, progress: Progress) -> Iterator[Output]:
    """What the whole log gives, batch after batch and partition after partition."""
    topic = Names(settings.topics.prefix).sightings
    reader = consumer(settings)
    try:
        known = reader.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        if not known:
            raise UnusableInput(f"there is no topic {topic} at {settings.kafka.bootstrap_servers}; check the prefix")
        ranges = {n: reader.get_watermark_offsets(TopicPartition(topic, n), timeout=TIMEOUT_S) for n in sorted(known)}
        change = change_in(settings)
        first = change.first if change is not None else len(known)
        total, read = sum(high - low for low, high in ranges.values()), 0
        model, missing = NumberModel.load(FEATURES, candidates=settings.models.candidates), set[str]()
        for number, (low, _) in ranges.items():
            partition = Logged(number, len(TOPICS) * first, model, missing)
            if low > 0:
                text = f"partition {number} of the log begins at offset {low}, not 0: the replay is incomplete"
                print(f"linewatch: {text}", file=sys.stderr)
                partition.next_offset = low
            for batch in _batches(reader, topic, number):
                yield partition.apply(batch)
                read += len(batch)
                progress(read, total)
        if missing:
            print(
                f"linewatch: a part of the log was scored by {', '.join(sorted(missing))} and is replayed by {model.version}: its "
                "flags may differ; run the version that wrote it, or name the folder that has it under [models] in worker.toml",
                file=sys.stderr,
            )
    except KafkaException as error:
        raise UnusableInput(f"the brokers {settings.kafka.bootstrap_servers} do not answer: {error.args[0].str()}") from None
    finally:
        reader.close()


def _batches(reader: Consumer, topic: str, number: int) -> Iterator[list[tuple[int, bytes, int]]]:
    """The messages of a partition as it stands: (offset, value, broker timestamp in ms)."""
    found = ((int(m.offset() or 0), m.value() or b"", m.timestamp()[1]) for m in messages(reader, topic, number))
    while batch := list(islice(found, BATCH)):
        yield batch
