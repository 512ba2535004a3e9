"""What leaves a worker: every message is awaited, with a limit, and tried again while the broker is away."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import faust
import msgspec
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.exceptions import ProducerSendError

from linewatch.stream.learner.examples import encode_examples
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.shell.topics import CONTRACT, Names

PATIENCE_S = 60.0
log = logging.getLogger("linewatch")


class Message(NamedTuple):
    """One message to be sent; without a partition the key decides."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: Sequence[tuple[str, bytes]] = ()


class Landed(NamedTuple):
    """Where a message stands, and the broker's timestamp of it."""

    offset: int
    timestamp_ms: int


def dead_message(names: Names, partitions: int, letter: DeadLetter) -> Message:
    """A dead letter on its way, to the partition of its source's number, modulo the `partitions` that its topic has."""
    return Message(names.dead_letters, letter.raw, letter.key(), letter.partition % partitions, letter.headers())


def messages_of(output: Output, names: Names, feedback: bool) -> list[Message]:
    """What applying a part of the log brought, on its way to the topics."""
    messages, forgotten = [], deque(output.forgotten)
    for place, flag in enumerate(output.flags):
        while forgotten and forgotten[0][0] <= place:
            messages.append(Message(names.standing, None, forgotten.popleft()[1]))
        value = msgspec.json.encode(flag)
        messages.append(Message(names.flags, value, flag.key()))
        messages.append(Message(names.standing, value, flag.standing_key()))
    messages += [Message(names.standing, None, key) for _, key in forgotten]
    messages += [Message(names.warnings, msgspec.json.encode(warning), warning.key()) for warning in output.warnings]
    for flag in output.shadow:
        messages.append(Message(names.shadow_flags, msgspec.json.encode(flag), flag.key()))
    if output.examples and feedback:
        messages.append(Message(names.learner, encode_examples(output.examples), b"examples", 0))
    return messages


class Outbox:
    """Sends through the app's producer, and to the topics `apart` through one of their own each.

    aiokafka has one request to a broker under way for each producer: flags would wait for frames of the log, and both for
    units of state. `on_landing` is told where each message stands that was acknowledged.
    """

    def __init__(self, app: faust.App, apart: Collection[str] = ()) -> None:
        self._app = app
        self._apart = apart
        self._producers: dict[str, Any] = {}
        self._starting = asyncio.Lock()
        self.on_landing: Callable[[Message, Landed], None] = lambda message, landed: None

    async def send(self, messages: Sequence[Message]) -> list[int]:
        """Send all and return their offsets when all replicas have them; what fails is sent again: a repeat may happen.

        With it goes what came behind it under the same key, for the last one written is the one that stands.
        """
        waiting = list(messages)
        offsets: list[int] = []
        while waiting:
            sent = [await self._begun(message) for message in waiting]
            await asyncio.wait(sent, timeout=PATIENCE_S)
            failed, overtaken = [], set()
            for message, future in zip(waiting, sent, strict=True):
                keyed, landed = (message.topic, message.key), _landed(future)
                if landed is None or keyed in overtaken:
                    failed.append(message)
                    if message.key is not None:
                        overtaken.add(keyed)
                else:
                    offsets.append(landed.offset)
                    self.on_landing(message, landed)
            if failed:
                log.warning("%d messages were not acknowledged; sending them again", len(failed))
                await asyncio.sleep(1.0)
            waiting = failed
        return offsets

    async def _begun(self, message: Message) -> "asyncio.Future[Any]":
        """On its way; what cannot begin has failed already."""
        headers = [CONTRACT, *message.headers]
        try:
            producer = await self._producer_of(message.topic)
            sent: Any = await producer.send(message.topic, message.key, message.value, message.partition, None, headers)
        except (KafkaError, ProducerSendError) as error:
            if isinstance(error.__cause__, MessageSizeTooLargeError):
                raise
            sent = asyncio.get_running_loop().create_future()
            sent.set_exception(error)
        return sent  # type: ignore[no-any-return]  # of aiokafka it is a future

    async def _producer_of(self, topic: str) -> Any:
        if topic not in self._apart:
            return self._app.producer
        async with self._starting:
            if topic not in self._producers:
                producer = self._app.transport.create_producer(loop=self._app.loop, beacon=self._app.beacon)
                await producer.start()
                self._producers[topic] = producer
        return self._producers[topic]

    async def close(self) -> None:
        """Stop the producers that are not the app's: nothing is sent any more."""
        for producer in self._producers.values():
            await producer.stop()
        self._producers.clear()


def _landed(sent: "asyncio.Future[Any]") -> Landed | None:
    """Where it stands; None where it was not acknowledged and may be sent again."""
    if not sent.done():
        sent.cancel()
        return None
    error = sent.exception()
    if error is None:
        where = sent.result()
        return Landed(where.offset, where.timestamp)
    if isinstance(error, KafkaError | ProducerSendError | TimeoutError):
        return None
    raise error
