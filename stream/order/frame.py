"""The message layout of the sightings log: one message is a batch of sightings of some source partitions, with their marks.

Control records (policy, its shadow, operator list, order, model snapshot, a number to forget) travel in the same envelope, and
so does the state with which a partition begins anew when their number changes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import UnusableInput
from linewatch.config.known import known
from linewatch.stream.order.sighting import SIGHTING

LAYOUT: Final = 7
"""Raised with every change of the envelope or of `SIGHTING`; a number that is not known is refused by name."""
OF_ONE_SOURCE: Final = (5, 6)
"""Layouts of before that are read: a message had one source, and 6 stood for pieces of state."""


class Source(msgspec.Struct, frozen=True, array_like=True):
    """One partition of a source topic; `topic_id` tells a topic that was deleted and made anew from the one before.

    `epoch` is how often the number of the log's partitions had changed when it was read: what a worker still writes that
    does not know of a change is recognised by it.
    """

    topic_id: str
    topic: str
    partition: int
    epoch: int = 0


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """How far a source partition is: the clock of its records, whether its end is reached, whether it is silent."""

    clock_ms: int
    at_end: bool
    idle: bool = False


class Control(msgspec.Struct, frozen=True, array_like=True):
    """What enters through the log besides sightings; `kind` is policy, shadow, operator, order, models, forget or state."""

    kind: str
    version: int
    payload: bytes


@known
class Piece(msgspec.Struct, frozen=True, array_like=True):
    """The payload of a control record of kind `state`: chunk `number` of `count` of a full unit; `change` tells two tries apart."""

    change: str
    number: int
    count: int
    chunk: bytes


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One message of the log."""

    layout: int
    marks: tuple[tuple[Source, Mark], ...] = ()  # of the sources it tells of; the field `source` of a row is a place among them
    rows: bytes = b""
    text: bytes = b""  # record_ids, sources of verdicts and odd forms of numbers, UTF-8, where the rows say
    control: Control | None = None

    def sightings(self) -> NDArray[np.void]:
        """The rows, read-only, of dtype `SIGHTING`."""
        return np.frombuffer(self.rows, SIGHTING)


class _OneSource(msgspec.Struct, frozen=True, array_like=True):
    """A message of layouts 5 and 6: of one source, and rows with 0 for it."""

    layout: int
    source: Source | None = None
    mark: Mark | None = None
    rows: bytes = b""
    text: bytes = b""
    control: Control | None = None
    marks: tuple[tuple[Source, Mark], ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Frame)
_DECODER_OF_ONE_SOURCE = msgspec.msgpack.Decoder(_OneSource)
_LAYOUT = msgspec.msgpack.Decoder(list[msgspec.Raw])


def encode(frame: Frame) -> bytes:
    """The frame as the value of a Kafka message."""
    return _ENCODER.encode(frame)


def decode(value: bytes) -> Frame:
    """The frame in a message of the log; a layout that is not known is refused by name, never misread."""
    layout = msgspec.msgpack.decode(_LAYOUT.decode(value)[0])
    if layout in OF_ONE_SOURCE:
        before = _DECODER_OF_ONE_SOURCE.decode(value)
        one = ((before.source, before.mark),) if before.source is not None and before.mark is not None else ()
        return Frame(LAYOUT, (*one, *before.marks), before.rows, before.text, before.control)
    if layout != LAYOUT:
        raise UnusableInput(f"the sightings log has layout {layout}, this version reads {LAYOUT}: run the version that wrote it")
    return _DECODER.decode(value)


def control_frame(kind: str, version: int, payload: bytes) -> bytes:
    """A control record, to be appended to every partition by the one writer."""
    return encode(Frame(LAYOUT, control=Control(kind, version, payload)))


def state_frames(change: str, version: int, chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """The chunks of a full unit as records of the log: its partition begins anew with them."""
    for number, chunk in enumerate(chunks):
        payload = msgspec.msgpack.encode(Piece(change, number, count, chunk))
        yield encode(Frame(LAYOUT, control=Control("state", version, payload)))


def begins_anew(value: bytes) -> bool:
    """Whether a message of the log is the first piece of a state, with which its partition begins anew."""
    control = decode(value).control
    return control is not None and control.kind == "state" and piece_of(control).number == 0


def piece_of(control: Control) -> Piece:
    """The inverse, of one record."""
    return msgspec.msgpack.decode(control.payload, type=Piece)


def idle_frame(source: Source, clock_ms: int, idle: bool) -> bytes:
    """A mark alone: the source is at its end, and silent if `idle`."""
    return marks_frame([(source, Mark(clock_ms, True, idle))])


def marks_frame(marks: Sequence[tuple[Source, Mark]]) -> bytes:
    """Marks alone."""
    return encode(Frame(LAYOUT, tuple(marks)))
