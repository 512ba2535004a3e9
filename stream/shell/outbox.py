"""What leaves a worker: every message is awaited, with a limit, and tried again while the broker is away."""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

import faust
from aiokafka.errors import KafkaError

from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.shell.topics import Names

CONTRACT = ("linewatch-contract", b"1")
PATIENCE_S = 60.0
log = logging.getLogger("linewatch")


class Message(NamedTuple):
    """One message to be sent; without a partition the key decides."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


def dead_message(names: Names, letter: DeadLetter) -> Message:
    """A dead letter on its way, to the partition of its number."""
    return Message(names.dead_letters, letter.raw, letter.key(), letter.partition, letter.headers())


class Outbox:
    """Sends through the app's producer."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    async def send(self, messages: Sequence[Message]) -> list[int]:
        """Send all and return their offsets when all replicas have them; what fails is sent again: a repeat may happen."""
        waiting = list(messages)
        offsets: list[int] = []
        while waiting:
            done = await asyncio.gather(*map(self._one, waiting), return_exceptions=True)
            failed = []
            for message, result in zip(waiting, done, strict=True):
                if isinstance(result, KafkaError | TimeoutError):
                    failed.append(message)
                elif isinstance(result, BaseException):
                    raise result
                else:
                    offsets.append(result)
            if failed:
                log.warning("%d messages were not acknowledged; sending them again", len(failed))
                await asyncio.sleep(1.0)
            waiting = failed
        return offsets

    async def _one(self, message: Message) -> int:
        sent = await self._app.producer.send(
            message.topic,
            message.key,
            message.value,
            message.partition,
            None,
            [CONTRACT, *message.headers],
        )
        return int((await asyncio.wait_for(sent, PATIENCE_S)).offset)
