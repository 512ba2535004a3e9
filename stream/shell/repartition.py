"""A change of the number of partitions: the state of all is shared out anew, and stands at the head of each log from there on.

Nothing is deleted. What must not be done by halves is said first in the topic of snapshots, and said to be done last; between the
two no worker starts, and each step can be done again: it is the same function of the same messages of the log.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from uuid import uuid4

import msgspec
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions  # type: ignore[attr-defined]  # its stubs leave it out
from numpy.typing import NDArray

from linewatch.config.errors import DoesNotHold, UnusableInput
from linewatch.config.worker import WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.decision.episode import Episode
from linewatch.stream.order.frame import state_frames
from linewatch.stream.order.sighting import SIGHTING
from linewatch.stream.profiles.carry import Carried, shared_out
from linewatch.stream.profiles.durable import Chunks
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.kinds import TOPICS
from linewatch.stream.shell import push
from linewatch.stream.shell.admin import TIMEOUT_S, admin, topic_ids
from linewatch.stream.shell.count import Change, Sizes, change_in, counts_of, sizes_of, write_change
from linewatch.stream.shell.inspect import fold_to
from linewatch.stream.shell.outbox import Message, messages_of
from linewatch.stream.shell.topics import CONTRACT, Names

ANY: Final = -1  # RD_KAFKA_PARTITION_UA: by the key
IN_FLIGHT: Final = 64
"""Messages that wait for their acknowledgement at once: of state some 50 MB."""


class Part(msgspec.Struct, frozen=True):
    """What a partition had before, or has from now on."""

    number: int
    numbers: int
    blocks: int
    suspicions: int
    flags: int
    held: int
    known: int


class Done(msgspec.Struct, frozen=True):
    """What was carried over, or would be; `dropped` records are no longer known, `flags` came of what was left to work off."""

    before: list[Part]
    after: list[Part]
    dropped: int
    flags: int


def repartition(config: WorkerConfig, count: int, dry: bool, say: Callable[[str], None]) -> Done:
    """Carry everything over to `count` partitions; `dry` changes nothing.

    Raises DoesNotHold where workers are in the group, where what they wrote to the log is not whole, or where `count` is in use.
    """
    client = admin(config)
    counts = counts_of(client)
    _refuse_missing(config, counts)
    _refuse_members(client, config.kafka.group)
    before = change_in(config)
    sizes = sizes_of(config, counts, before)
    change = _to_do(config, before, sizes, counts, count)
    say(f"reading the state of {change.before} partitions")
    sent: list[Message] = []
    old = _states(config, change, len(TOPICS) * change.first, sent)
    _refuse_gaps(config, change, old)
    parts = [state.parts(full=True) for state in old]
    carried = shared_out(parts, count, change.epoch, sizes.sources)
    if not dry:
        _deliver(config, sent)
        write_change(config, change)
        _grow(config, client, counts, count)
        say(f"writing the state of {count} partitions")
    after, dropped = [], 0
    for one in carried:
        if not dry:
            _deliver(config, _head(config, change.epoch, one))
        after.append(_part_of(one.side, one.arrays, one.number))
        dropped = one.dropped
    if not dry:
        _refuse_members(client, config.kafka.group)
        _place(config, change)
        write_change(config, msgspec.structs.replace(change, is_done=True))
    flags = sum(message.topic == Names(config.topics.prefix).flags for message in sent)
    return Done([_part_of(*part, number) for number, part in enumerate(parts)], after, dropped, flags)


def _refuse_missing(config: WorkerConfig, counts: dict[str, int]) -> None:
    names = Names(config.topics.prefix)
    for name in (names.sightings, names.state, names.snapshots, *names.sources.values()):
        if name not in counts:
            raise DoesNotHold(
                f"there is no topic {name}: `linewatch topics` makes them with the count that [topics] partitions says"
            )


def _to_do(config: WorkerConfig, before: Change | None, sizes: Sizes, counts: dict[str, int], count: int) -> Change:
    """The change that was begun and not finished, else the one that is to be."""
    if before is not None and not before.is_done:
        if before.now != count:
            raise DoesNotHold(
                f"a change to {before.now} partitions was begun and not finished: finish it first, --partitions {before.now}"
            )
        return before
    if sizes.now == count:
        raise DoesNotHold(f"the log has {count} partitions in use already")
    return _begun(config, sizes, counts[Names(config.topics.prefix).sightings], count)


def _begun(config: WorkerConfig, sizes: Sizes, partitions: int, now: int) -> Change:
    """The change as it is going to be: where the log ends, and how far the group is in its sources."""
    names = Names(config.topics.prefix)
    reader = push.consumer(config, config.kafka.group)
    try:
        begins = [push.ends_of(reader, names.sightings, number)[1] for number in range(partitions)]
        asked = [TopicPartition(name, number) for name in names.sources.values() for number in push.numbers_of(reader, name)]
        places = [(one.topic, one.partition, max(0, one.offset)) for one in reader.committed(asked, timeout=TIMEOUT_S)]
    finally:
        reader.close()
    return Change(sizes.epoch + 1, sizes.first, sizes.now, now, begins, places)


def _states(config: WorkerConfig, change: Change, sources: int, sent: list[Message]) -> list[Partition]:
    """The old partitions, each at its end; what their last messages brought goes to `sent`."""
    names, feedback = Names(config.topics.prefix), config.order.feedback
    model = NumberModel.load(FEATURES, candidates=config.models.candidates)

    def take(output: Output) -> None:
        sent.extend(messages_of(output, names, feedback))

    states = []
    for number, end in enumerate(change.begins[: change.before]):
        state = Partition(number, sources, model)
        fold_to(config, state, end, take)
        if state.next_offset != end or state.is_arriving:
            raise UnusableInput(
                f"partition {number} of the log has state for offset {state.next_offset}, and {end} messages: "
                "a worker may still run, or the topic was cut; start the workers again and stop them with SIGTERM"
            )
        states.append(state)
    return states


def _refuse_gaps(config: WorkerConfig, change: Change, states: list[Partition]) -> None:
    """What a source's place is not beyond may stand in some partitions of the log and not in others."""
    ids = topic_ids(config)
    places = {(topic, number): offset for topic, number, offset in change.places}
    for state in states:
        for source, offset in state.accepted.items():
            place = places.get((source.topic, source.partition), 0)
            if source.topic_id == ids.get(source.topic) and offset >= place:
                raise DoesNotHold(
                    f"partition {source.partition} of {source.topic} is in the log up to offset {offset} and committed "
                    f"up to {place}: a worker was stopped by force; start the workers again and stop them with SIGTERM"
                )


def _refuse_members(client: AdminClient, group: str) -> None:
    found = client.describe_consumer_groups([group], request_timeout=TIMEOUT_S)[group]
    try:
        members = len(found.result().members)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:
            raise
        return  # there never was such a group
    if members:
        raise DoesNotHold(f"{members} workers are in the group {group}: stop them all with SIGTERM, and wait until they have ended")


def _grow(config: WorkerConfig, client: AdminClient, counts: dict[str, int], count: int) -> None:
    """The log and the state get more partitions where there are too few, and never fewer: their history would go with them."""
    names = Names(config.topics.prefix)
    new = [NewPartitions(name, count) for name in (names.sightings, names.state) if counts[name] < count]
    for made in client.create_partitions(new, operation_timeout=TIMEOUT_S).values() if new else ():
        made.result()


def _head(config: WorkerConfig, epoch: int, one: Carried) -> Iterator[Message]:
    """What a new partition begins anew with."""
    topic, chunks = Names(config.topics.prefix).sightings, Chunks(one.side, one.arrays)
    frames = state_frames(uuid4().hex, epoch, chunks, len(chunks))
    return (Message(topic, frame, None, one.number) for frame in frames)


def _deliver(config: WorkerConfig, messages: Iterable[Message]) -> None:
    """Send them, a few at a time, each partition's in their order; raises where one is not acknowledged."""
    failed: list[str] = []
    sender = push.producer(config, in_order=True)
    for message in messages:
        sender.produce(
            message.topic,
            message.value,
            message.key,
            ANY if message.partition is None else message.partition,
            headers=[CONTRACT, *message.headers],
            on_delivery=lambda error, _: failed.append(error.str()) if error else None,
        )
        while len(sender) >= IN_FLIGHT and not failed:
            sender.poll(0.1)
        if failed:
            break
    if sender.flush(push.ANSWER_S) or failed:
        raise UnusableInput(
            f"the brokers did not acknowledge: {failed[0] if failed else 'no answer'}; check that they run, and call again"
        )


def _place(config: WorkerConfig, change: Change) -> None:
    """Let the group stand where the change found it: in the log before the new state, in its sources where it was."""
    topic = Names(config.topics.prefix).sightings
    places = [TopicPartition(topic, number, offset) for number, offset in enumerate(change.begins)]
    places += [TopicPartition(name, number, offset) for name, number, offset in change.places]
    somewhere = [place for place in places if place.offset > 0]
    reader = push.consumer(config, config.kafka.group)
    try:
        if somewhere:
            reader.commit(offsets=somewhere, asynchronous=False)
    finally:
        reader.close()


def _part_of(side: dict[str, Any], arrays: dict[str, NDArray[Any]], number: int) -> Part:
    episodes = side["live"]["decider"]["episodes"]
    return Part(
        number,
        len(arrays["numbers"]),
        len(arrays["blocks"]),
        len(episodes),
        sum(bool(msgspec.convert(plain, Episode).level) for _, _, plain in episodes),
        len(side["hold"]["rows"]) // SIGHTING.itemsize,
        len(arrays["duplicates"]) + len(arrays["legs"]),
    )
