"""Deliveries: one at a time for each key, others meanwhile, and none that fails counts as done."""

import asyncio

import pytest

from linewatch.stream.shell.in_flight import InFlight


async def _never(reason: str) -> None:
    raise AssertionError(reason)


def test_of_one_key_the_next_waits_and_others_do_not() -> None:
    async def run() -> list[str]:
        seen: list[str] = []
        acknowledged = {"a": asyncio.Event(), "b": asyncio.Event()}
        in_flight = InFlight("intake", _never)

        async def deliver(key: str) -> None:
            seen.append(f"{key} sent")
            await acknowledged[key].wait()
            seen.append(f"{key} landed")

        for key in "ab":
            await in_flight.landed(key)
            await in_flight.begin([key], deliver(key))
        waits = asyncio.create_task(in_flight.landed("a"))
        acknowledged["b"].set()
        await in_flight.landed("b")
        assert not waits.done()
        acknowledged["a"].set()
        await in_flight.all_landed()
        await waits
        return seen

    assert asyncio.run(run()) == ["a sent", "b sent", "b landed", "a landed"]


def test_who_waits_may_be_cancelled_and_the_delivery_goes_on() -> None:
    async def run() -> bool:
        acknowledged, landed = asyncio.Event(), []
        in_flight = InFlight("intake", _never)

        async def deliver() -> None:
            await acknowledged.wait()
            landed.append(True)

        await in_flight.begin(["a"], deliver())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await in_flight.landed("a")
        acknowledged.set()
        await in_flight.all_landed()
        return bool(landed)

    assert asyncio.run(run())


def test_one_that_follows_another_is_delivered_after_it_though_who_handed_it_over_is_cancelled() -> None:
    async def run() -> list[int]:
        acknowledged, landed = asyncio.Event(), list[int]()
        in_flight = InFlight("profiles", _never)

        async def deliver(number: int) -> None:
            await acknowledged.wait()
            landed.append(number)

        await in_flight.follow("a", deliver(1))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await in_flight.follow("a", deliver(2))
        acknowledged.set()
        await in_flight.landed("a")
        assert not in_flight
        return landed

    assert asyncio.run(run()) == [1, 2]


def test_one_that_fails_gives_up_and_never_lands() -> None:
    async def run() -> list[str]:
        reasons: list[str] = []

        async def give_up(reason: str) -> None:
            reasons.append(reason)
            await asyncio.Event().wait()

        async def fail() -> None:
            raise ValueError("a bug")

        in_flight = InFlight("profiles", give_up)
        await in_flight.begin(["a"], fail())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await in_flight.landed("a")
        return reasons

    assert asyncio.run(run()) == ["the profiles agent cannot deliver"]
