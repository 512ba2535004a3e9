"""What sources bring is worked out together where it can be, each source in its order, and nothing is lost where that fails."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from linewatch.stream.intake.intake import IntakeResult, Part
from linewatch.stream.order.frame import Mark, Source
from linewatch.stream.shell.intake_agent import IntakeAgent
from linewatch.stream.shell.transport import MOST_RECORDS, Records


def records(first: int, count: int = 3) -> Records:
    offsets = list(range(first, first + count))
    return Records(offsets, [b"x"] * count, [0] * count, [None] * count, [()] * count)


class Bench:
    """An intake agent whose broker acknowledges when it is told, and whose intake notes what it was given."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.batches: list[list[tuple[int, list[int]]]] = []
        self.alone: list[int] = []
        self.acknowledged = asyncio.Semaphore(0)
        self._breaks_at = breaks_at
        states = {TP("calls", number): object() for number in range(4)}
        context: Any = SimpleNamespace(
            names=SimpleNamespace(kind_of=lambda topic: "call", sightings="sightings"),
            intake=SimpleNamespace(batch=self._batch),
            outbox=SimpleNamespace(send=self._send),
            consumer=SimpleNamespace(finished={}),
            sure=asyncio.Event(),
            stage=lambda stage: None,
            progress=SimpleNamespace(moved=lambda: None),
            metrics=SimpleNamespace(batches=_Metric(), records=_Metric(), dead_letters=_Metric()),
        )
        sources: Any = SimpleNamespace(
            states=states,
            declare=_nothing,
            source=lambda tp: Source("id", tp.topic, tp.partition),
            read=lambda tp, clock_ms, at_end: None,
            hold_back=lambda: None,
        )
        context.sure.set()
        self.finished: dict[TP, int] = context.consumer.finished
        self.agent = IntakeAgent(context, sources, _never)

    def _batch(self, parts: Sequence[Part]) -> IntakeResult:
        if any(self._breaks_at in part.offsets for part in parts):
            raise ValueError("a bug that a record brings out")
        self.batches.append([(part.source.partition, list(part.offsets)) for part in parts])
        return IntakeResult([b"frame"], [], tuple((part.source, Mark(0, True)) for part in parts), {})

    async def _send(self, messages: Sequence[Any]) -> list[int]:
        await self.acknowledged.acquire()
        return []

    async def _alone(self, topic: str, partition: int, one: Records) -> None:
        self.alone.append(partition)

    async def run(self, act: Callable[["Bench"], Any]) -> "Bench":
        work = asyncio.create_task(self.agent.work(self._alone))
        try:
            async with asyncio.timeout(5):
                await act(self)
        finally:
            work.cancel()
        return self

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.001)


class _Metric:
    def labels(self, *values: str) -> "_Metric":
        return self

    def inc(self, count: int = 1) -> None:
        return None


async def _nothing() -> None:
    return None


async def _never(reason: str) -> None:
    raise AssertionError(reason)


def test_what_comes_while_a_batch_is_on_its_way_goes_together_in_the_order_of_each_source() -> None:
    async def act(bench: Bench) -> None:
        take = bench.agent.take
        await take("calls", 0, records(0))
        await bench.until(lambda: len(bench.batches) == 1)
        await take("calls", 0, records(3))
        await take("calls", 1, records(0))
        await take("calls", 0, records(6))
        await asyncio.sleep(0.03)  # longer than batches are apart
        assert len(bench.batches) == 1
        for count in (2, 3):
            bench.acknowledged.release()
            await bench.until(lambda: len(bench.batches) == count)  # noqa: B023  # asked before the next
        bench.acknowledged.release()
        await bench.until(lambda: bench.finished == {TP("calls", 0): 9, TP("calls", 1): 3})

    bench = asyncio.run(_made(act))
    assert bench.batches == [[(0, [0, 1, 2])], [(0, [3, 4, 5]), (1, [0, 1, 2])], [(0, [6, 7, 8])]]


def test_a_full_batch_waits_for_no_other_and_there_is_room_for_one() -> None:
    async def act(bench: Bench) -> None:
        await bench.agent.take("calls", 0, records(0))
        await bench.until(lambda: len(bench.batches) == 1)
        await bench.agent.take("calls", 1, records(0, MOST_RECORDS))
        await bench.until(lambda: len(bench.batches) == 2)
        await bench.agent.take("calls", 1, records(MOST_RECORDS, MOST_RECORDS))
        waits = asyncio.create_task(bench.agent.take("calls", 2, records(0)))
        await asyncio.sleep(0.03)
        assert not waits.done(), "what is taken in while nothing leaves is bounded"
        bench.acknowledged.release()
        bench.acknowledged.release()
        await waits

    bench = asyncio.run(_made(act))
    assert [len(offsets) for batch in bench.batches[1:] for _, offsets in batch if len(offsets) > 3] == [MOST_RECORDS] * 2


def test_where_a_batch_fails_each_source_goes_alone() -> None:
    async def act(bench: Bench) -> None:
        await bench.agent.take("calls", 0, records(0))
        await bench.until(lambda: len(bench.batches) == 1)
        await bench.agent.take("calls", 1, records(100))
        await bench.agent.take("calls", 2, records(0))
        bench.acknowledged.release()
        await bench.until(lambda: len(bench.alone) == 2)

    bench = asyncio.run(_made(act, breaks_at=101))
    assert bench.alone == [1, 2]


async def _made(act: Callable[[Bench], Any], breaks_at: int | None = None) -> Bench:
    return await Bench(breaks_at).run(act)
