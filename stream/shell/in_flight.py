"""What was sent and is not acknowledged yet: one delivery after the other for each source, while the agent goes on with others."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable

log = logging.getLogger("linewatch")
GiveUp = Callable[[str], Awaitable[None]]
"""Ends the process and does not return."""


class InFlight:
    """At most one delivery for each key. Waiting for every acknowledgement in turn cost most of a record's way."""

    def __init__(self, name: str, give_up: GiveUp) -> None:
        self._name = name
        self._give_up = give_up
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    async def landed(self, key: Hashable) -> None:
        """Wait for what was begun for a key."""
        task = self._tasks.get(key)
        if task is not None:
            await asyncio.shield(task)

    async def all_landed(self) -> None:
        """Wait for all that was begun."""
        for key in list(self._tasks):
            await self.landed(key)

    async def begin(self, key: Hashable, delivery: Coroutine[None, None, None]) -> None:
        """Let a delivery begin, the one before having landed.

        One that fails ends the process: what it stood for must not count as done.
        """
        task = asyncio.create_task(self._guarded(delivery))
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))
        await asyncio.sleep(0)

    def _forget(self, key: Hashable, done: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is done:
            del self._tasks[key]

    async def _guarded(self, delivery: Coroutine[None, None, None]) -> None:
        try:
            await delivery
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the %s agent cannot deliver", self._name)
            await self._give_up(f"the {self._name} agent cannot deliver")
