"""Durable units of partitions in the state topic: chunks, then an end marker; read back by whoever comes next."""

import math
import time
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from linewatch.config.errors import UnusableInput
from linewatch.config.known import known
from linewatch.config.worker import WorkerConfig
from linewatch.stream.profiles.durable import Chunks
from linewatch.stream.shell.outbox import Message, Outbox
from linewatch.stream.shell.transport import read_whole_batches

HEADER: Final = "unit"
COMMANDS_WAIT_S: Final = 15.0
AT_A_TIME: Final = 8
"""Chunks on their way at once, some 6 MB: a unit has as many bytes as its rows."""


@known
class Unit(msgspec.Struct, array_like=True):
    """The header of a chunk or, with `end`, of the marker: whose unit, which, and how many chunks it has.

    `place` is the chunk's: while brokers fail, one may be written twice, or after others that come behind it.
    """

    generation: int
    owner: str
    serial: int
    full: bool
    end: bool
    chunks: int
    place: int = -1  # of a marker, and of chunks that came in their order from versions that did not say


class Found(msgspec.Struct):
    """A complete unit as read back."""

    unit: Unit
    first_offset: int
    chunks: list[bytes]


async def write_unit(outbox: Outbox, topic: str, partition: int, unit: Unit, chunks: Chunks) -> int:
    """Chunks, a few at a time, and when all are acknowledged, the marker; returns the offset at which the unit begins."""

    def message(value: bytes, **changes: Any) -> Message:
        header = msgspec.msgpack.encode(msgspec.structs.replace(unit, **changes))
        return Message(topic, value, None, partition, [(HEADER, header)])

    waiting, offsets = enumerate(chunks), []
    while some := list(islice(waiting, AT_A_TIME)):
        offsets += await outbox.send([message(chunk, place=place) for place, chunk in some])
    await outbox.send([message(b"", end=True)])
    return min(offsets)


class Units:
    """The units of a partition as its topic has them, read on each time from where the last reading ended."""

    def __init__(self, config: WorkerConfig, topic: str, partition: int, patience_s: float = math.inf) -> None:
        self._where, self._patience_s = (config, topic, partition), patience_s
        self._next_offset = 0
        self._held: dict[tuple[str, int, int], tuple[int, dict[int, bytes]]] = {}
        """Of units without a marker so far the first offset, and chunks by place."""
        self._found: list[Found] = []

    async def chain(self) -> list[Found]:
        """The last full unit and those that follow it without a gap, by the highest generation; [] where there is none."""
        async for record in read_all(*self._where, self._next_offset, self._patience_s):
            self._next_offset = record.offset + 1
            header = dict(record.headers).get(HEADER)
            if header is not None:
                self._take(msgspec.msgpack.decode(header, type=Unit), record)
        chain = chain_of(self._found)
        if chain:
            first = next(place for place, one in enumerate(self._found) if one is chain[0])
            before = [place for place, one in enumerate(self._found[:first]) if one.unit.full]
            del self._found[: before[-1] if before else 0]  # what the topic itself lets go of
        return chain

    def _take(self, unit: Unit, record: "Stored") -> None:
        key = (unit.owner, unit.generation, unit.serial)
        if not unit.end:
            _, chunks = self._held.setdefault(key, (record.offset, {}))
            chunks.setdefault(unit.place if unit.place >= 0 else len(chunks), record.value or b"")
            return
        first_offset, chunks = self._held.get(key, (0, {}))
        if chunks and len(chunks) == unit.chunks:
            self._found.append(Found(unit, first_offset, [chunks[place] for place in sorted(chunks)]))
        self._held = {torn: held for torn, held in self._held.items() if not _is_over(torn, unit)}

    def let_go(self) -> None:
        """Of what was found so far keep no more than which units there are: whoever asked has taken it in."""
        for one in self._found:
            one.chunks.clear()


def _is_over(key: tuple[str, int, int], unit: Unit) -> bool:
    """Whether a unit of which there are chunks so far, by owner, generation and serial, is left behind by one that is complete."""
    owner, generation, serial = key
    return generation < unit.generation or (owner == unit.owner and serial <= unit.serial)


async def read_units(config: WorkerConfig, topic: str, partition: int) -> list[Found]:
    """The chain of units to recover a partition from, as it stands now; raises UnusableInput where brokers stop answering."""
    return await Units(config, topic, partition, COMMANDS_WAIT_S).chain()


def chain_of(found: Sequence[Found]) -> list[Found]:
    """Of units in the order of the topic the chain to recover from."""
    chains: list[list[Found]] = []
    for one in found:
        if one.unit.full:
            chains.append([one])
            continue
        for chain in reversed(chains):
            last = chain[-1].unit
            follows = (last.owner, last.serial + 1) == (one.unit.owner, one.unit.serial)
            if follows and one.unit.generation >= last.generation:  # an owner keeps a partition through rebalances
                chain.append(one)
                break
    best: list[Found] = []
    for chain in chains:
        if not best or chain[-1].unit.generation >= best[-1].unit.generation:
            best = chain
    return best


def ahead_of(units: Sequence[Unit], generation: int) -> int:
    """What to add to the group's generation so that new units come after those recovered.

    0, unless the group counts anew, as it does when the brokers have forgotten it: after a week without a member, by default.
    """
    return max(0, units[-1].generation + 1 - generation) if units else 0


class Stored(NamedTuple):
    """One record of a topic."""

    offset: int
    value: bytes | None
    key: bytes | None
    headers: Sequence[tuple[str, bytes]]


async def read_all(
    config: WorkerConfig, topic: str, partition: int, begin: int = 0, patience_s: float = math.inf
) -> AsyncIterator[Stored]:
    """Every record of a partition as it stands now, from an offset on; from the first where the topic was made anew since.

    Raises UnusableInput where nothing has come for `patience_s`; without, brokers that are away are waited for.
    """
    read_whole_batches()
    consumer = AIOKafkaConsumer(**config.kafka.client_settings(), enable_auto_commit=False, max_partition_fetch_bytes=8 << 20)
    await consumer.start()
    try:
        where = TopicPartition(topic, partition)
        consumer.assign([where])
        ends = await consumer.end_offsets([where])
        begins = await consumer.beginning_offsets([where])
        position = begin if begins[where] <= begin <= ends[where] else begins[where]
        consumer.seek(where, position)
        came_at = time.monotonic()
        while position < ends[where]:
            if time.monotonic() - came_at > patience_s:
                raise UnusableInput(f"partition {partition} of {topic} stopped answering at offset {position}; try again")
            fetched = await consumer.getmany(where, timeout_ms=1000)
            for records in fetched.get(where, ()):
                came_at = time.monotonic()
                position = records.last + 1
                for stored in zip(records.offsets, records.values, records.keys, records.headers, strict=True):
                    yield Stored(*stored)
            if not fetched:
                position = max(position, await consumer.position(where))
    finally:
        await consumer.stop()
