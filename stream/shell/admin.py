"""Topics on the operator's brokers: made where missing, checked where there, and their ids."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs leave it out

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import WorkerConfig
from linewatch.stream.shell.count import Sizes, change_in, counts_of, refuse_half_done, sizes_of
from linewatch.stream.shell.topics import Names, specifications

TIMEOUT_S = 15.0


@contextmanager
def answering(config: WorkerConfig) -> Iterator[None]:
    """Turns a broker that does not answer into one line that says what to check."""
    try:
        yield
    except KafkaException as error:
        where = config.kafka.bootstrap_servers
        reason = error.args[0].str() if error.args and isinstance(error.args[0], KafkaError) else str(error)
        raise UnusableInput(f"the brokers {where} do not do it: {reason}; check [kafka] and that they run") from None


def admin(config: WorkerConfig) -> AdminClient:
    """An admin client by the worker's configuration; librdkafka's own log stays quiet."""
    settings = config.kafka.confluent_settings() | {"socket.timeout.ms": int(TIMEOUT_S * 1000), "log_level": 0}
    return AdminClient(settings)


def differences(config: WorkerConfig) -> list[str]:
    """How the topics that exist differ, a line each: those that are missing, and counts where only one is right.

    Raises UnusableInput where a change of the count was begun and not finished.
    """
    return _compared(config)[0]


def _compared(config: WorkerConfig) -> tuple[list[str], Sizes]:
    with answering(config):
        client = admin(config)
        counts, change = counts_of(client), change_in(config)
    refuse_half_done(change)
    names, lines = Names(config.topics.prefix), []
    for topic in specifications(config):
        count = counts.get(topic.name, 0)
        if change is not None and topic.name in {names.sightings, names.state} and count >= change.now:
            count = change.now  # those beyond were in use once
        if not count:
            lines.append(f"{topic.name} is missing")
        elif topic.is_fixed and count != topic.partitions:
            lines.append(f"{topic.name} has {count} partitions, the configuration says {topic.partitions}")
    return lines, sizes_of(config, counts, change)


def create_topics(config: WorkerConfig) -> list[str]:
    """Make the topics that are missing; returns their names."""
    with answering(config):
        client = admin(config)
        known = client.list_topics(timeout=TIMEOUT_S).topics
        missing = [topic for topic in specifications(config) if topic.name not in known]
        new = [NewTopic(topic.name, topic.partitions, config.topics.replication, config=topic.settings) for topic in missing]
        for made in client.create_topics(new, operation_timeout=TIMEOUT_S).values() if new else ():
            made.result()
        names = {topic.name for topic in missing}
        ends = time.monotonic() + TIMEOUT_S
        while not names <= client.list_topics(timeout=TIMEOUT_S).topics.keys() and time.monotonic() < ends:
            time.sleep(0.05)  # the controller has made them, and the broker that is asked does not know them yet
    return [topic.name for topic in missing]


def check_topics(config: WorkerConfig) -> Sizes:
    """How large the log is; a worker refuses to start on topics other than configured: a number's home would move."""
    found, sizes = _compared(config)
    if found:
        raise UnusableInput(
            f"{'; '.join(found)}: run `linewatch topics`, or mend [topics] partitions, or have the count changed by "
            "`linewatch repartition`"
        )
    return sizes


def topic_ids(config: WorkerConfig, client: AdminClient | None = None) -> dict[str, str]:
    """The id of each topic that there is, which a topic that was deleted and made anew does not keep.

    Whoever asks again and again keeps a client for it, and with it its connections.
    """
    names = [topic.name for topic in specifications(config)]
    ids: dict[str, str] = {}
    with answering(config):
        client = client or admin(config)  # held: its futures end with it
        for name, future in client.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_S).items():
            try:
                ids[name] = str(future.result().topic_id)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
    return ids


def delete_before(config: WorkerConfig, topic: str, partition: int, offset: int) -> None:
    """Let the broker delete a partition's messages before an offset; a broker that does not is asked again the next time."""
    client = admin(config)  # held: its futures end with it
    for deleted in client.delete_records([TopicPartition(topic, partition, offset)]).values():
        with suppress(KafkaException):
            deleted.result(TIMEOUT_S)
