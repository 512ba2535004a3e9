"""Partitions that other workers own, kept nearly up to date: whoever takes one over has little left to read.

Which, Faust's assignor says: it names a standby for each partition, and gives a partition whose owner is gone to its standby.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiokafka.errors import KafkaError

from linewatch.config.errors import LinewatchError
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.shell.context import Context
from linewatch.stream.shell.durable import Unit, Units

FOLLOW_S: Final = 10.0
"""Seconds between two looks for new units; a busy partition has one every `checkpoint_s`."""
log = logging.getLogger("linewatch")


class Follower:
    """The state of one partition as its units have it, brought up to date as often as it is asked for."""

    def __init__(self, units: Callable[[], Units], state: Callable[[], Partition]) -> None:
        self._make_units, self._make_state = units, state
        self._units = units()
        self._lock = asyncio.Lock()
        self.state = state()
        self.taken: list[Unit] = []

    async def catch_up(self) -> None:
        """Take in the units that there are by now; raises `UnusableInput` where this version cannot read one."""
        async with self._lock:
            chain = await self._units.chain()
            if [one.unit for one in chain[: len(self.taken)]] != self.taken:
                self._begin_anew()
            if any(not one.chunks for one in chain[len(self.taken) :]):  # let go of already, and in force again
                self._units = self._make_units()
                self._begin_anew()
                chain = await self._units.chain()
            for one in chain[len(self.taken) :]:
                await asyncio.to_thread(self.state.restore, one.chunks)
                self.taken.append(one.unit)
            self._units.let_go()

    def _begin_anew(self) -> None:
        self.state, self.taken = self._make_state(), []


class Standbys:
    """The followers of one worker."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._followers: dict[int, Follower] = {}

    def keep(self, numbers: set[int]) -> None:
        """From here on follow these partitions and no others; none where the configuration does not want it."""
        if not self._context.config.state.standby:
            return
        self._followers = {number: self._followers.get(number) or self._make(number) for number in numbers}
        self._context.metrics.standbys.set(len(self._followers))

    def take(self, number: int) -> Follower:
        """That of a partition which is to be owned, followed until now or not; it is followed no more."""
        return self._followers.pop(number, None) or self._make(number)

    async def follow(self) -> None:
        """Bring all up to date, one after the other."""
        for number, follower in list(self._followers.items()):
            if self._followers.get(number) is not follower:
                continue
            try:
                await follower.catch_up()
            except KafkaError as error:
                log.warning("partition %d cannot be followed for the moment: %s", number, error)
            except LinewatchError as error:  # its owner is of another version; who takes it over will say so
                log.warning("partition %d is not followed: %s", number, error)
                if self._followers.get(number) is follower:
                    del self._followers[number]
                    self._context.metrics.standbys.set(len(self._followers))

    def _make(self, number: int) -> Follower:
        context = self._context
        topic, sources = context.names.state, context.sizes.sources_at_first
        return Follower(lambda: Units(context.config, topic, number), lambda: Partition(number, sources, context.number_model))
