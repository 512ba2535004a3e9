"""Faust's Kafka transport, with many records as one event.

Faust costs some 75 us an event, and several turns of the event loop, so what a fetch brought of one topic is handed on as few
composite records. A composite passes for a record of the first of its partitions, with the offset of that one's last record. Three
things follow, all mended here: Faust would take the offsets between for gaps, its list of acked offsets would hold each of them,
and it would drop a composite whose first partition it has read further.
"""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, count
from typing import Any, ClassVar, Final, cast

import msgspec
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as AIOKafkaConsumer
from faust.transport.drivers.aiokafka import Transport as AIOKafkaTransport
from faust.types import TP

MOST_RECORDS: Final = 4000
MOST_BYTES: Final = 2 << 20
FETCH_WAIT_MS: Final = 20
FETCH_BYTES: Final = 4 << 20
FRESH_S: Final = 0.015
"""How long to wait for what came since a fetch."""
LATELY_S: Final = 0.1
"""A source that has read all that there was so long ago is at its end: another look would find what came meanwhile, again."""
LOOK_AGAIN_S: Final = 0.05
"""How long a fetch waits while partitions are held back, so that one let go is read again at once."""


class Records(msgspec.Struct, frozen=True):
    """Records of one partition as the broker had them, a column each, by rising offset.

    `at_end` says whether the last was the last that there was when they were fetched, `seek` after which
    seek of the partition, see `ConsumerThread`.
    """

    offsets: list[int]
    values: list[bytes | None]
    timestamps_ms: list[int]
    keys: list[bytes | None]
    headers: list[Sequence[tuple[str, bytes]]]
    at_end: bool = False
    seek: int = 0

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def last(self) -> int:
        """The offset of the last record."""
        return self.offsets[-1]

    @property
    def offset(self) -> int:
        """The same, as aiokafka asks a record for it."""
        return self.offsets[-1]

    def part(self, begin: int, end: int) -> "Records":
        """Some of them, by their place."""
        cut = slice(begin, end)
        columns = {name: getattr(self, name)[cut] for name in COLUMNS}
        return Records(**columns, at_end=self.at_end and end >= len(self), seek=self.seek)


COLUMNS: Final = ("offsets", "values", "timestamps_ms", "keys", "headers")


def columns(records: Sequence[Any]) -> Records:
    """The columns of aiokafka's records."""
    return Records(
        [record.offset for record in records],
        [record.value for record in records],
        [record.timestamp or 0 for record in records],
        [record.key for record in records],
        [record.headers for record in records],
    )


def joined(parts: Sequence[Records]) -> Records:
    """Several, one after the other."""
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {name: list(chain.from_iterable(getattr(part, name) for part in parts)) for name in COLUMNS}
    return Records(**columns, at_end=parts[-1].at_end, seek=parts[-1].seek)


class WholeBatch:
    """One of Kafka's batches of records, which gives all of them as one; else it is as aiokafka has it."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Records]:
        records = list(self._batch)
        if records:
            yield columns(records)


class WholeBatches:
    """What a fetch brought of one partition, batch by batch."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches

    def has_next(self) -> bool:
        """Whether there is one more."""
        return bool(self._batches.has_next())

    def next_batch(self) -> WholeBatch:
        """The next one."""
        return WholeBatch(self._batches.next_batch())


class PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """What a fetch brought of one partition, a batch at a time: aiokafka's way with single records costs 1.5 us each."""

    def __init__(self, tp: Any, records: Any, *rest: Any, **named: Any) -> None:
        super().__init__(tp, WholeBatches(records), *rest, **named)

    def _consumer_record(self, tp: Any, record: Records) -> Records:
        """Those from the offset on that was asked for: a fetch brings the whole batch that it is in."""
        return record.part(bisect_left(record.offsets, self.next_fetch_offset), len(record))


def read_whole_batches() -> None:
    """From here on aiokafka's consumers give `Records` for single records: it has no other place to say so."""
    fetcher.PartitionRecords = PartitionRecords


class Composite:
    """Records of some partitions of one topic, in the shape of one that Faust understands; the value has them by partition."""

    __slots__ = (
        "checksum",
        "headers",
        "key",
        "offset",
        "partition",
        "serialized_key_size",
        "serialized_value_size",
        "timestamp",
        "timestamp_type",
        "topic",
        "value",
    )

    def __init__(self, topic: str, parts: Mapping[int, Records]) -> None:
        self.partition, first = next(iter(parts.items()))
        self.topic, self.offset = topic, first.last
        self.timestamp, self.timestamp_type = first.timestamps_ms[-1], 0
        self.headers, self.key, self.checksum = (), None, None
        self.serialized_key_size, self.serialized_value_size = 0, 0
        self.value = parts


class BatchScheduler:
    """Hands what a fetch brought on in composites, of each partition a part in turn."""

    def iterate(self, fetched: Mapping[TP, list[Records]]) -> Iterator[tuple[TP, Composite]]:
        """Composites of every topic, round robin."""
        waiting = {tp: self._parts(joined(found)) for tp, found in fetched.items() if found}
        while waiting:
            topics: dict[str, dict[int, Records]] = {}
            firsts: dict[str, TP] = {}
            for tp, parts in list(waiting.items()):
                part = next(parts, None)
                if part is None:
                    del waiting[tp]
                else:
                    firsts.setdefault(tp.topic, tp)
                    topics.setdefault(tp.topic, {})[tp.partition] = part
            for topic, found in topics.items():
                yield firsts[topic], Composite(topic, found)

    @staticmethod
    def _parts(records: Records) -> Iterator[Records]:
        ends = list(accumulate(0 if value is None else len(value) for value in records.values))
        begin, before = 0, 0
        while begin < len(records):
            end = bisect_right(ends, before + MOST_BYTES, begin, min(len(ends), begin + MOST_RECORDS))
            end = max(end, begin + 1)
            yield records.part(begin, end)
            begin, before = end, ends[end - 1]


class Unread(defaultdict[TP, int | None]):
    """Of no partition how far it was read: what Faust would drop by it is for the agents to skip, who know what they took."""

    def __getitem__(self, tp: TP) -> None:
        return None


class ConsumerThread(AIOKafkaConsumerThread):
    """Its fetches do not wait for long, and bring no more than caches hold.

    Of each broker one fetch is under way at a time, for the partitions of which nothing is at hand; while it waits for quiet ones,
    what comes meanwhile in the others waits with it. Faust has no setting for it, and lets it wait 1.5 s. Nor has it one for the
    size of an answer: 50 MB of one cost a tenth of all CPU time, in copies and in what the caches forgot.

    What it fetched says after which seek of its partition it was: what Faust still hands on of an earlier one would stand ahead of
    what it followed, among what is read anew.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ends: dict[TP, tuple[int, float]] = {}
        self._count = count(1)
        self._seeks: dict[TP, int] = {}

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._fetch_max_bytes = FETCH_BYTES
        return consumer

    async def _fetch_records(self, consumer: Any, *arguments: Any, **named: Any) -> Any:
        """What came, and what came meanwhile; says of it whether it reached the end, as only this fetch can.

        aiokafka fetches ahead, and what it has at hand is what there was when it was asked last, a round of all agents ago: where
        that is not much, the fetch that it begins now is waited for.
        """
        fetched = self._marked(await super()._fetch_records(consumer, *arguments, **named))
        if fetched and sum(len(records) for found in fetched.values() for records in found) < MOST_RECORDS:
            fresh = self._marked(await super()._fetch_records(consumer, *arguments, **(named | {"timeout": FRESH_S})))
            for tp, found in fresh.items():
                if tp in fetched and fetched[tp][-1].seek != found[0].seek:
                    del fetched[tp]
                fetched.setdefault(tp, []).extend(found)
        now = time.monotonic()
        for tp, found in fetched.items():
            end = _known_end(consumer, tp)
            if end is not None and found[-1].last + 1 >= self._end_of_late(tp, end, now):
                found[-1] = msgspec.structs.replace(found[-1], at_end=True)
        return fetched

    def _marked(self, fetched: Mapping[TP, list[Records]]) -> dict[TP, list[Records]]:
        """What aiokafka handed over just now, by the seeks that it came after; what came after none is to be fetched again."""
        seeks = self._seeks
        return {
            tp: [msgspec.structs.replace(records, seek=seeks[tp]) for records in found]
            for tp, found in fetched.items()
            if tp in seeks
        }

    def is_since_seek(self, tp: TP, records: Records) -> bool:
        """Whether they were read after the position of their partition was last sought; what was read before comes again."""
        return self._seeks.get(tp) == records.seek

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """As Faust does it; of all that is fetched until positions are sought nothing counts, for it all goes back to them."""
        self._seeks.clear()
        await super().on_partitions_revoked(revoked)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """As Faust does it, and to the first record where nothing is committed: Faust goes on behind what it dropped."""
        return cast(Mapping[TP, int], await self.call_thread(self._seek_to_committed))

    async def _seek_to_committed(self) -> Mapping[TP, int]:
        consumer = self._ensure_consumer()
        committed = {tp: await consumer.committed(tp) for tp in consumer.assignment()}
        held = {tp: offset for tp, offset in committed.items() if tp in consumer.assignment()}
        for tp, offset in held.items():
            if offset:
                consumer.seek(tp, offset)
            self._seeks[TP(*tp)] = next(self._count)  # no other fetch comes in between
        if bare := [tp for tp, offset in held.items() if not offset]:
            await consumer.seek_to_beginning(*bare)
        return committed

    async def seek_now(self, tp: TP, offset: int) -> None:
        """Seek a partition to an offset."""
        await self.call_thread(self._seek_now, tp, offset)

    async def _seek_now(self, tp: TP, offset: int) -> None:
        self._ensure_consumer().seek(TopicPartition(*tp), offset)
        self._seeks[tp] = next(self._count)

    async def commit_owned(self, tp: TP, offset: int) -> bool:
        """Commit an offset of a partition that is still assigned; whether the group took it."""
        return bool(await self.call_thread(self._commit_owned, tp, offset))

    async def _commit_owned(self, tp: TP, offset: int) -> bool:
        return tp in self.assignment() and await self._commit({tp: offset})

    def highwater(self, tp: TP) -> int | None:  # type: ignore[override]  # Faust knows of no partition that went
        """The end of a partition as the last fetch told it; None where it told none, or is no longer assigned."""
        return _known_end(self._ensure_consumer(), tp)

    def _end_of_late(self, tp: TP, end: int, now: float) -> int:
        """The end of a partition now or, where it was seen so lately, at the fetch before: more may come while one is under way."""
        before, since = self._ends.get(tp, (end, now))
        self._ends[tp] = end, now
        return before if now - since <= LATELY_S else end


def _known_end(consumer: Any, tp: TP) -> int | None:
    """Of a partition that is still assigned: it may go while something is waited for, and aiokafka asserts that it did not."""
    end: int | None = consumer.highwater(tp) if tp in consumer.assignment() else None
    return end


class Consumer(AIOKafkaConsumer):
    """Commits what agents say is finished, and nothing by Faust's own acks.

    Faust acks a message when its agent is cancelled or raises, and drops what it fetched of a partition that is paused
    meanwhile. So the agents name the offsets to commit in `finished`, and partitions in `held_back` are merely not
    fetched from: what was fetched of them before is still handed on.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finished: dict[TP, int] = {}
        self.held_back: set[TP] = set()
        self.handed_on: set[TP] = set()
        self._read_offset = Unread()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def begin(self) -> None:
        """Nothing is finished or handed on of the partitions that were given."""
        self.finished.clear()
        self.handed_on.clear()

    async def _seek(self, partition: TP, offset: int) -> None:
        await cast(ConsumerThread, self._thread).seek_now(partition, offset)

    def is_since_seek(self, tp: TP, records: Records) -> bool:
        """Whether records were read since the position of their partition was last sought; those before come again."""
        return cast(ConsumerThread, self._thread).is_since_seek(tp, records)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        if self.held_back and active_partitions:
            active_partitions, timeout = active_partitions - self.held_back, LOOK_AGAIN_S
            if not active_partitions:
                await asyncio.sleep(LOOK_AGAIN_S)
                return {}
        fetched = await super()._getmany(active_partitions, timeout)
        self.handed_on.update(fetched)
        return fetched

    def known_committed(self, tp: TP) -> int | None:
        """Up to which offset a partition is worked off, by what is finished or was committed when it was given."""
        return self.finished.get(tp) or self._committed_offset[tp]

    async def owns(self, tp: TP) -> bool:
        """Whether the group counts a partition as this worker's, by committing again what is; where nothing is, nobody can tell."""
        known = self.known_committed(tp)
        if known is None:
            return tp in self.assignment()
        return await cast(ConsumerThread, self._thread).commit_owned(tp, known)

    async def worked_off(self, tp: TP) -> int | None:
        """Up to which offset a partition is worked off, by what is finished or committed; None while that is open.

        Of an empty partition 0 may be committed, which Faust takes for nothing committed.
        """
        known = self.known_committed(tp)
        if known is not None:
            return known
        position: int | None = await self.position(tp)
        return position if not position or tp not in self.handed_on else None

    async def is_drained(self, tp: TP) -> bool:
        """Whether all that was read of a partition is worked off."""
        return await self.worked_off(tp) == await self.position(tp)

    async def begin_anew(self, tp: TP) -> None:
        """Read a partition from its beginning, and commit what is worked off of it from there: its topic is another.

        The broker is told at once: whenever Faust takes partitions up it goes on at what is committed, and drops what is below.
        """
        self.finished.pop(tp, None)
        self.handed_on.discard(tp)
        await self._commit({tp: 0})
        self._committed_offset[tp] = None
        await self.seek(tp, 0)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """The offsets between two composites' are no gap."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in list(self.finished) if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        return self.finished.get(tp)


class Transport(AIOKafkaTransport):
    """Faust's aiokafka transport with the consumer above."""

    Consumer: ClassVar[Any] = Consumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        read_whole_batches()
