"""Many records become few composites, in order; only what agents finished is committed; what ran ahead is not fetched."""

import asyncio
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


def test_a_partition_of_which_nothing_is_committed_is_read_from_its_first_record(monkeypatch: pytest.MonkeyPatch) -> None:
    committed, begun = {TP("a", 0): 7, TP("a", 1): None, TP("a", 2): 0, TP("a", 3): None}, set[TP]()

    async def seek(self: Any) -> dict[TP, Any]:
        return committed

    async def begin(self: Any, *partitions: TP) -> None:
        begun.update(partitions)

    monkeypatch.setattr(AIOKafkaConsumerThread, "seek_to_committed", seek)
    monkeypatch.setattr(AIOKafkaConsumerThread, "seek_to_beginning", begin)
    monkeypatch.setattr(AIOKafkaConsumerThread, "assignment", lambda self: {TP("a", number) for number in range(3)})
    assert asyncio.run(ConsumerThread.__new__(ConsumerThread).seek_to_committed()) == committed
    assert begun == {TP("a", 1), TP("a", 2)}, "and not what went meanwhile"


def test_what_came_since_a_fetch_is_waited_for_and_the_end_is_told_by_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = TP("a", 0), TP("a", 1)
    fetches = [{first: records(range(5)), second: records(range(3))}, {first: records(range(5, 9))}]
    waits: list[float] = []

    async def fetch(self: Any, consumer: Any, active: Any, timeout: float, max_records: Any) -> dict[TP, list[Records]]:
        waits.append(timeout)
        return fetches.pop(0)

    monkeypatch.setattr(AIOKafkaConsumerThread, "_fetch_records", fetch)
    known = SimpleNamespace(highwater={first: 9, second: 4}.get, assignment=lambda: {first, second})
    thread = ConsumerThread.__new__(ConsumerThread)
    thread._ends = {}
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
    thread = ConsumerThread.__new__(ConsumerThread)
    thread._ends = {}
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
    thread = ConsumerThread.__new__(ConsumerThread)
    thread._ends = {}
    known = SimpleNamespace(highwater=lambda tp: next(ends), assignment=lambda: {tp})
    told = []
    for _ in range(2):
        found = asyncio.run(thread._fetch_records(known, {tp}, timeout=1.0, max_records=None))
        told.append(found[tp][-1].at_end)
        now[0] += pause_s
    assert told == [False, at_end]
