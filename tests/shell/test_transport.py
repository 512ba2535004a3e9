"""Many records become few composites, in order; only what agents finished is committed; what ran ahead is not fetched."""

import asyncio
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types import TP

from linewatch.stream.shell import transport
from linewatch.stream.shell.transport import (
    FRESH_S,
    LATELY_S,
    MOST_BYTES,
    MOST_RECORDS,
    BatchScheduler,
    Composite,
    Consumer,
    ConsumerThread,
    PartitionRecords,
    Records,
    columns,
    joined,
)


def records(offsets: range, size: int = 10) -> list[Records]:
    """As aiokafka has them of a fetch: by batches of a thousand."""
    found = [SimpleNamespace(offset=offset, value=b"x" * size, key=b"k", timestamp=5, headers=()) for offset in offsets]
    return [columns(found[begin : begin + 1000]) for begin in range(0, len(found), 1000)]


def composites(fetched: dict[TP, list[Records]]) -> list[Composite]:
    made = list(BatchScheduler().iterate(fetched))
    assert all(tp == (composite.topic, composite.partition) for tp, composite in made)
    return [composite for _, composite in made]


def test_all_records_come_once_in_the_order_of_each_partition() -> None:
    fetched = {TP("a", 0): records(range(7, 7 + 3 * MOST_RECORDS)), TP("a", 1): records(range(5)), TP("b", 1): records(range(3))}
    got: dict[TP, list[int]] = {}
    for composite in composites(fetched):
        assert composite.offset == composite.value[composite.partition].last
        for partition, part in composite.value.items():
            assert len(part) <= MOST_RECORDS
            got.setdefault(TP(composite.topic, partition), []).extend(part.offsets)
    assert got == {tp: joined(found).offsets for tp, found in fetched.items()}


def test_partitions_of_a_topic_go_together_and_topics_take_turns() -> None:
    fetched = {
        TP("a", 0): records(range(2 * MOST_RECORDS)),
        TP("b", 3): records(range(9)),
        TP("a", 1): records(range(2 * MOST_RECORDS)),
    }
    assert [(one.topic, list(one.value)) for one in composites(fetched)] == [("a", [0, 1]), ("b", [3]), ("a", [0, 1])]


def test_a_part_is_bounded_in_bytes_and_holds_one_record_at_least() -> None:
    fetched = {TP("a", 0): records(range(4), size=MOST_BYTES // 2 + 1)}
    assert [len(composite.value[0]) for composite in composites(fetched)] == [1, 1, 1, 1]


def test_the_last_part_of_a_fetch_alone_is_at_the_end() -> None:
    found = records(range(2 * MOST_RECORDS))
    found[-1] = msgspec.structs.replace(found[-1], at_end=True)
    assert [composite.value[0].at_end for composite in composites({TP("a", 0): found})] == [False, True]


def test_a_fetch_gives_what_was_asked_for_batch_by_batch() -> None:
    """Two batches of a real fetch, asked for from the middle of the first."""
    data = b""
    for base in (0, 10):
        builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 16)
        for place in range(10):
            builder.append(base + place, 1000 + place, b"k" if place else None, f"v{base + place}".encode(), [])
        data += bytes(builder.build())
    fetched = PartitionRecords(TP("a", 0), MemoryRecords(data), [], 4, None, None, True, 0)
    first, second = list(fetched)
    assert first.offsets == list(range(4, 10))
    assert second.offsets == list(range(10, 20))
    assert second.values == [f"v{offset}".encode() for offset in range(10, 20)]
    assert second.keys == [None] + [b"k"] * 9
    assert second.timestamps_ms == [1000 + place for place in range(10)]
    assert fetched.next_fetch_offset == 20
    broken = bytearray(data)
    broken[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        list(PartitionRecords(TP("a", 0), MemoryRecords(bytes(broken)), [], 0, None, None, True, 0))


@pytest.fixture
def consumer() -> Consumer:
    made = Consumer.__new__(Consumer)
    made.finished, made.held_back, made.handed_on = {}, set(), set()
    made._acked, made._acked_index, made._committed_offset = {}, {}, {}
    return made


def test_what_faust_acks_is_not_committed(consumer: Consumer) -> None:
    tp = TP("a", 0)
    consumer._acked[tp] = [10, 11]
    assert consumer._new_offset(tp) is None
    consumer.finished[tp] = 11
    consumer._acked[tp] = [10, 11, 12]
    assert consumer._new_offset(tp) == 11
    assert list(consumer._filter_tps_with_pending_acks()) == [tp]
    assert not consumer._acked


def test_partitions_held_back_are_left_out_of_the_fetch(consumer: Consumer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[TP]] = []

    async def getmany(self: Any, active: set[TP], timeout: float) -> dict[Any, Any]:
        asked.append(set(active))
        return {}

    monkeypatch.setattr(FaustConsumer, "_getmany", getmany)
    both = {TP("a", 0), TP("a", 1)}
    asyncio.run(consumer._getmany(both, 1.0))
    consumer.held_back = {TP("a", 0)}
    asyncio.run(consumer._getmany(both, 1.0))
    consumer.held_back = both
    assert asyncio.run(consumer._getmany(both, 1.0)) == {}
    assert asked == [both, {TP("a", 1)}]
    assert both == {TP("a", 0), TP("a", 1)}


class Broker:
    """What aiokafka's consumer has to do with positions, of partitions that hold a hundred records each."""

    def __init__(self, committed: dict[TP, int | None]) -> None:
        self.offsets = committed
        self.positions = dict.fromkeys(committed, 50)
        self.leaving: set[TP] = set()

    def assignment(self) -> set[TP]:
        return set(self.positions)

    async def committed(self, tp: TP) -> int | None:
        for gone in self.leaving:
            self.positions.pop(gone, None)
        return self.offsets[tp]

    def seek(self, tp: TP, offset: int) -> None:
        self.positions[tp] = offset

    async def seek_to_beginning(self, *partitions: TP) -> None:
        self.positions.update(dict.fromkeys(partitions, 0))

    def highwater(self, tp: TP) -> int:
        return 100

    def fetched(self) -> dict[TP, list[Records]]:
        """Ten records of each partition, from its position on."""
        found = {tp: records(range(position, position + 10)) for tp, position in self.positions.items()}
        self.positions = {tp: position + 10 for tp, position in self.positions.items()}
        return found


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[Broker], ConsumerThread]:
    """Makes threads that read from a broker above, each call in the loop that asks for it."""

    async def fetch(self: Any, consumer: Any, active: Any, timeout: float, max_records: Any) -> dict[TP, list[Records]]:
        return consumer.fetched() if timeout > FRESH_S else {}

    async def call(self: Any, do: Any, *arguments: Any) -> Any:
        return await do(*arguments)

    async def revoked(self: Any, gone: set[TP]) -> None:
        pass

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    monkeypatch.setattr(AIOKafkaConsumerThread, "call_thread", call)
    monkeypatch.setattr(AIOKafkaConsumerThread, "on_partitions_revoked", revoked)

    def make(broker: Broker) -> ConsumerThread:
        monkeypatch.setattr(AIOKafkaConsumerThread, "_ensure_consumer", lambda self: broker)
        return bare_thread()

    return make


def bare_thread(*sought: TP) -> ConsumerThread:
    """One without its thread, which has sought the positions of some partitions."""
    thread = ConsumerThread.__new__(ConsumerThread)
    thread._ends, thread._count, thread._seeks = {}, count(1), dict.fromkeys(sought, 0)
    return thread


def test_a_partition_of_which_nothing_is_committed_is_read_from_its_first_record(reading: Any) -> None:
    first, bare, zero, gone = (TP("a", number) for number in range(4))
    broker = Broker({first: 7, bare: None, zero: 0, gone: None})
    broker.leaving = {gone}
    assert asyncio.run(reading(broker).seek_to_committed()) == broker.offsets
    assert broker.positions == {first: 7, bare: 0, zero: 0}, "and nothing of what went meanwhile"


def test_what_was_fetched_before_its_position_was_sought_is_told_from_what_comes_again(reading: Any) -> None:
    """Faust may hand both on, the older one ahead of what it followed: to take it would be to pass over that."""
    tp, other = TP("a", 0), TP("a", 1)
    broker = Broker({tp: 20, other: None})
    thread = reading(broker)

    async def fetched() -> dict[TP, Records]:
        found = await thread._fetch_records(broker, {tp, other}, timeout=1.0, max_records=None)
        return {tp: joined(records) for tp, records in found.items()}

    async def go() -> None:
        assert await fetched() == {}, "nothing was sought yet"
        await thread.seek_to_committed()
        before = await fetched()
        assert {tp: records.offsets[0] for tp, records in before.items()} == {tp: 20, other: 0}
        assert all(thread.is_since_seek(tp, records) for tp, records in before.items())
        assert all(thread.is_since_seek(tp, part.part(0, 5)) for tp, part in before.items())
        await thread.seek_now(tp, 20)
        assert [thread.is_since_seek(tp, records) for tp, records in before.items()] == [False, True]
        after = await fetched()
        assert {tp: records.offsets[0] for tp, records in after.items()} == {tp: 20, other: 10}
        await thread.on_partitions_revoked({tp})
        assert not any(thread.is_since_seek(tp, records) for tp, records in after.items())
        assert await fetched() == {}, "positions go back to what is committed before anything is taken"

    asyncio.run(go())


def test_what_came_before_a_seek_does_not_go_with_what_came_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tp = TP("a", 0)
    thread = bare_thread(tp)
    fetches = [records(range(40, 50)), records(range(5))]

    async def fetch(self: Any, consumer: Any, active: Any, timeout: float, max_records: Any) -> dict[TP, list[Records]]:
        if len(fetches) == 1:
            thread._seeks[tp] = 1  # while what is fresh was waited for
        return {tp: fetches.pop(0)}

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    known = SimpleNamespace(highwater={tp: 100}.get, assignment=lambda: {tp})
    found = asyncio.run(thread._fetch_records(known, {tp}, timeout=1.0, max_records=None))
    assert joined(found[tp]).offsets == list(range(5))


def test_what_came_since_a_fetch_is_waited_for_and_the_end_is_told_by_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = TP("a", 0), TP("a", 1)
    fetches = [{first: records(range(5)), second: records(range(3))}, {first: records(range(5, 9))}]
    waits: list[float] = []

    async def fetch(self: Any, consumer: Any, active: Any, timeout: float, max_records: Any) -> dict[TP, list[Records]]:
        waits.append(timeout)
        return fetches.pop(0)

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    known = SimpleNamespace(highwater={first: 9, second: 4}.get, assignment=lambda: {first, second})
    thread = bare_thread(first, second)
    found = asyncio.run(thread._fetch_records(known, {first, second}, timeout=1.0, max_records=None))
    assert waits == [1.0, FRESH_S]
    assert joined(found[first]).offsets == list(range(9))
    assert joined(found[first]).at_end
    assert not joined(found[second]).at_end
    fetches.append({first: records(range(MOST_RECORDS))})
    assert len(asyncio.run(thread._fetch_records(known, {first}, timeout=1.0, max_records=None))) == 1, "much is handed on at once"


def test_a_partition_that_goes_while_what_is_fresh_is_waited_for_is_at_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, gone = TP("a", 0), TP("a", 1)
    fetches = [{kept: records(range(5)), gone: records(range(3))}, {}]

    async def fetch(self: Any, consumer: Any, active: Any, timeout: float, max_records: Any) -> dict[TP, list[Records]]:
        return fetches.pop(0)

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    thread = bare_thread(kept, gone)
    known = SimpleNamespace(highwater={kept: 5}.__getitem__, assignment=lambda: {kept})
    found = asyncio.run(thread._fetch_records(known, {kept, gone}, timeout=1.0, max_records=None))
    assert joined(found[kept]).at_end
    assert not joined(found[gone]).at_end


@pytest.mark.parametrize(("pause_s", "at_end"), [(LATELY_S / 2, True), (LATELY_S * 2, False)])
def test_a_source_that_read_what_there_was_at_the_fetch_before_is_at_its_end(
    pause_s: float, at_end: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More came while it was read, as in any busy source; one that was asked for long ago may have got a backlog since."""
    tp, now = TP("a", 0), [100.0]
    ends = iter([10, 25])
    fetches = [{tp: records(range(4))}, {}, {tp: records(range(4, 10))}, {}]

    async def fetch(self: Any, consumer: Any, active: Any, timeout: float, max_records: Any) -> dict[TP, list[Records]]:
        return fetches.pop(0)

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    monkeypatch.setattr(transport.time, "monotonic", lambda: now[0])
    thread = bare_thread(tp)
    known = SimpleNamespace(highwater=lambda tp: next(ends), assignment=lambda: {tp})
    told = []
    for _ in range(2):
        found = asyncio.run(thread._fetch_records(known, {tp}, timeout=1.0, max_records=None))
        told.append(found[tp][-1].at_end)
        now[0] += pause_s
    assert told == [False, at_end]
