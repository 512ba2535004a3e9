"""What was sent and is not acknowledged yet: one delivery after the other for each source, while the agent goes on with others."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable

log = logging.getLogger("linewatch")
GiveUp = Callable[[str], Awaitable[None]]
"""Ends the process and does not return."""


class InFlight:
    """At most one delivery for each key. Waiting for every acknowledgement in turn cost most of a record's way.

    `on_landing` is told of each delivery that landed.
    """

    def __init__(self, name: str, give_up: GiveUp, on_landing: Callable[[], None] = lambda: None) -> None:
        self._name = name
        self._give_up = give_up
        self._on_landing = on_landing
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._tasks

    def __len__(self) -> int:
        """For how many keys something is under way."""
        return len(self._tasks)

    async def landed(self, key: Hashable) -> None:
        """Wait for what was begun for a key."""
        task = self._tasks.get(key)
        if task is not None:
            await asyncio.shield(task)

    async def all_landed(self) -> None:
        """Wait for all that was begun."""
        for key in list(self._tasks):
            await self.landed(key)

    async def begin(self, keys: Iterable[Hashable], delivery: Coroutine[None, None, None]) -> None:
        """Let a delivery begin, those before it for the same keys having landed.

        One that fails ends the process: what it stood for must not count as done.
        """
        task = asyncio.create_task(self._guarded(delivery))
        self._tasks.update(dict.fromkeys(keys, task))
        task.add_done_callback(self._forget)
        await asyncio.sleep(0)

    async def follow(self, key: Hashable, delivery: Coroutine[None, None, None]) -> None:
        """Let a delivery begin once the one before it for the same key has landed; wait for that one.

        Whoever waits may be cancelled: what was handed over is delivered all the same.
        """
        before = self._tasks.get(key)
        await self.begin([key], self._after(before, delivery))
        if before is not None:
            await asyncio.shield(before)

    @staticmethod
    async def _after(before: "asyncio.Task[None] | None", delivery: Coroutine[None, None, None]) -> None:
        if before is not None:
            await asyncio.shield(before)
        await delivery

    def _forget(self, done: "asyncio.Task[None]") -> None:
        self._tasks = {key: task for key, task in self._tasks.items() if task is not done}
        self._on_landing()

    async def _guarded(self, delivery: Coroutine[None, None, None]) -> None:
        try:
            await delivery
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the %s agent cannot deliver", self._name)
            await self._give_up(f"the {self._name} agent cannot deliver")
