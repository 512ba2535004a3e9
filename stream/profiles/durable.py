"""A durable unit of a partition: named arrays and plain data, as chunks that fit into Kafka messages."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import UnusableInput
from linewatch.config.known import known
from linewatch.stream.profiles.recent import LEG, RECORD
from linewatch.stream.profiles.row import BLOCK_ROW, NUMBER_ROW

LAYOUT: Final = 12
"""Raised with every change of a row or of the plain data; a unit of another layout is refused by name."""
MEND: Final = "run the version that wrote it, or make the state topic anew and let the group read the log from its beginning"
CHUNK_BYTES: Final = 800_000
_DTYPES: Final = {
    "gone": np.dtype("<u8"),
    "gone_blocks": np.dtype("<u8"),
    "numbers": NUMBER_ROW,
    "blocks": BLOCK_ROW,
    "duplicates": RECORD,
    "legs": LEG,
}


Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""What a unit is made of: plain data, and arrays by name."""


@known
class Chunk(msgspec.Struct, array_like=True):
    """A part of one array, or (`name` empty) of the packed plain data; parts of a name stand in their order."""

    layout: int
    name: str
    data: bytes


class Chunks:
    """The chunks of a unit, each less than 900 KB, encoded as they are asked for."""

    def __init__(self, side: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        self._parts = [("", memoryview(msgspec.msgpack.encode(side)))]
        self._parts += [(name, np.ascontiguousarray(array).view(np.uint8).data) for name, array in arrays.items()]

    def __len__(self) -> int:
        return sum(len(range(0, len(data), CHUNK_BYTES)) for _, data in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        for name, data in self._parts:
            for begin in range(0, len(data), CHUNK_BYTES):
                yield msgspec.msgpack.encode((LAYOUT, name, data[begin : begin + CHUNK_BYTES]))  # a `Chunk` on the wire


def unpack(chunks: Iterable[bytes]) -> Parts:
    """The inverse of `Chunks`; another layout is refused, never misread."""
    parts: dict[str, list[bytes]] = {"": [], **{name: [] for name in _DTYPES}}
    decode = msgspec.msgpack.Decoder(Chunk).decode
    for chunk in map(decode, chunks):
        if chunk.layout != LAYOUT:
            raise UnusableInput(f"the stored state has layout {chunk.layout}, this version reads {LAYOUT}: {MEND}")
        parts[chunk.name].append(chunk.data)
    side = msgspec.msgpack.decode(b"".join(parts[""]), strict=False)
    arrays = {name: np.frombuffer(b"".join(parts[name]), dtype).copy() for name, dtype in _DTYPES.items()}
    return side, arrays
