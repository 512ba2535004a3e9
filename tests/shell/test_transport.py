"""Many records become few composites, in order; only what agents finished is committed; what ran ahead is not fetched."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types import TP

from linewatch.stream.shell.transport import MOST_BYTES, MOST_RECORDS, BatchScheduler, Composite, Consumer


def records(offsets: range, size: int = 10) -> list[Any]:
    return [SimpleNamespace(offset=offset, value=b"x" * size, key=b"k", timestamp=5) for offset in offsets]


def composites(fetched: dict[TP, list[Any]]) -> list[tuple[TP, Composite]]:
    return list(BatchScheduler().iterate(fetched))


def test_all_records_come_once_in_the_order_of_each_partition() -> None:
    fetched = {TP("a", 0): records(range(7, 7 + 3 * MOST_RECORDS)), TP("a", 1): records(range(5))}
    got: dict[TP, list[int]] = {}
    for tp, composite in composites(fetched):
        assert composite.offset == composite.value.last
        assert len(composite.value) <= MOST_RECORDS
        got.setdefault(tp, []).extend(composite.value.offsets)
    assert got == {tp: [record.offset for record in found] for tp, found in fetched.items()}


def test_partitions_take_turns() -> None:
    fetched = {TP("a", 0): records(range(2 * MOST_RECORDS)), TP("a", 1): records(range(2 * MOST_RECORDS))}
    assert [tp.partition for tp, _ in composites(fetched)] == [0, 1, 0, 1]


def test_a_composite_is_bounded_in_bytes_and_holds_one_record_at_least() -> None:
    fetched = {TP("a", 0): records(range(4), size=MOST_BYTES // 2 + 1)}
    assert [len(composite.value) for _, composite in composites(fetched)] == [1, 1, 1, 1]


@pytest.fixture
def consumer() -> Consumer:
    made = Consumer.__new__(Consumer)
    made.finished, made.held_back = {}, set()
    made._acked, made._acked_index, made._committed_offset, made._read_offset = {}, {}, {}, {}
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
