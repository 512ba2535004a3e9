"""Faust's Kafka transport, with many records as one event.

Faust costs some 75 us an event, so what a fetch brought of one partition is handed on as few composite records.
A composite's offset is that of its last record. Two things follow, both mended here: Faust would take the offsets
between for gaps, and its list of acked offsets would hold each of them.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, ClassVar, Final

import msgspec
from aiokafka.consumer import fetcher
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as AIOKafkaConsumer
from faust.transport.drivers.aiokafka import Transport as AIOKafkaTransport
from faust.types import TP

MOST_RECORDS: Final = 4000
MOST_BYTES: Final = 2 << 20
FETCH_WAIT_MS: Final = 20
FETCH_BYTES: Final = 8 << 20
LOOK_AGAIN_S: Final = 0.05
"""How long a fetch waits while partitions are held back, so that one let go is read again at once."""


class Records(msgspec.Struct, frozen=True):
    """Records of one partition as the broker had them, a column each, by rising offset."""

    offsets: list[int]
    values: list[bytes | None]
    timestamps_ms: list[int]
    keys: list[bytes | None]
    headers: list[Sequence[tuple[str, bytes]]]

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
        return Records(self.offsets[cut], self.values[cut], self.timestamps_ms[cut], self.keys[cut], self.headers[cut])


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
    return Records(*(list(chain.from_iterable(column)) for column in zip(*map(msgspec.structs.astuple, parts), strict=True)))


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
    """Several records of one partition, in the shape of one that Faust understands."""

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

    def __init__(self, tp: TP, records: Records, size: int) -> None:
        self.topic, self.partition, self.offset = tp.topic, tp.partition, records.last
        self.timestamp, self.timestamp_type = records.timestamps_ms[-1], 0
        self.headers, self.key, self.checksum = (), None, None
        self.serialized_key_size, self.serialized_value_size = 0, size
        self.value = records


class BatchScheduler:
    """Hands what a fetch brought on in composites, the partitions in turn."""

    def iterate(self, fetched: Mapping[TP, list[Records]]) -> Iterator[tuple[TP, Composite]]:
        """Composites of every partition, round robin."""
        waiting = [(tp, self._composites(tp, joined(found))) for tp, found in fetched.items() if found]
        while waiting:
            left = []
            for tp, composites in waiting:
                composite = next(composites, None)
                if composite is not None:
                    yield tp, composite
                    left.append((tp, composites))
            waiting = left

    @staticmethod
    def _composites(tp: TP, records: Records) -> Iterator[Composite]:
        ends = list(accumulate(0 if value is None else len(value) for value in records.values))
        begin, before = 0, 0
        while begin < len(records):
            end = bisect_right(ends, before + MOST_BYTES, begin, min(len(ends), begin + MOST_RECORDS))
            end = max(end, begin + 1)
            yield Composite(tp, records.part(begin, end), ends[end - 1] - before)
            begin, before = end, ends[end - 1]


class ConsumerThread(AIOKafkaConsumerThread):
    """Its fetches do not wait for long, and bring no more than caches hold.

    Of each broker one fetch is under way at a time, for the partitions of which nothing is at hand; while it waits for quiet ones,
    what comes meanwhile in the others waits with it. Faust has no setting for it, and lets it wait 1.5 s. Nor has it one for the
    size of an answer: 50 MB of one cost a tenth of all CPU time, in copies and in what the caches forgot.
    """

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._fetch_max_bytes = FETCH_BYTES
        return consumer


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

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        if not self.held_back or not active_partitions:
            return await super()._getmany(active_partitions, timeout)
        wanted = active_partitions - self.held_back
        if not wanted:
            await asyncio.sleep(LOOK_AGAIN_S)
            return {}
        return await super()._getmany(wanted, LOOK_AGAIN_S)

    async def worked_off(self, tp: TP) -> int | None:
        """Up to which offset a partition is worked off, by what is finished or committed; None while that is open.

        Of an empty partition 0 may be committed, which Faust takes for nothing committed and a record read.
        """
        known = self.finished.get(tp) or self._committed_offset[tp]
        if known is not None:
            return known
        position: int | None = await self.position(tp)
        return position if not position or self._read_offset.get(tp) is None else None

    async def is_drained(self, tp: TP) -> bool:
        """Whether all that was read of a partition is worked off."""
        return await self.worked_off(tp) == await self.position(tp)

    async def begin_anew(self, tp: TP) -> None:
        """Read a partition from its beginning, and commit what is worked off of it from there: its topic is another.

        The broker is told at once: whenever Faust takes partitions up it goes on at what is committed, and drops what is below.
        """
        self.finished.pop(tp, None)
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
