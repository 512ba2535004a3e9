"""Record files: lines of `.jsonl`, `.jsonl.gz`, `.jsonl.zst`; several at once are merged by event time."""

import gzip
import heapq
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from linewatch.config.errors import UnusableInput
from linewatch.stream.records.dead_letters import MAX_BYTES
from linewatch.stream.records.decode import kind_of

_PIECE_BYTES: Final = 1 << 20


class Line(NamedTuple):
    """One line of a file, without its line feed; `number` counts from 1."""

    path: str
    number: int
    raw: bytes


class Block(NamedTuple):
    """Some lines; `paths` and `numbers` are by line, or a single path for all of them."""

    paths: list[str] | str
    numbers: Sequence[int]
    raws: list[bytes]

    def line(self, index: int) -> Line:
        """One line."""
        path = self.paths if isinstance(self.paths, str) else self.paths[index]
        return Line(path, self.numbers[index], self.raws[index])

    def part(self, begin: int, end: int) -> "Block":
        """Some of them, by their place; itself where that is all."""
        if begin == 0 and end >= len(self.raws):
            return self
        paths = self.paths if isinstance(self.paths, str) else self.paths[begin:end]
        return Block(paths, self.numbers[begin:end], self.raws[begin:end])


class _Call(msgspec.Struct, gc=False, tag_field="kind", tag="call"):
    start_ms: float
    ring_s: float | None = None
    duration_s: float | None = None

    @property
    def event_ms(self) -> float:
        return self.start_ms + 1000 * ((self.ring_s or 0.0) + (self.duration_s or 0.0))


class _Message(msgspec.Struct, gc=False, tag_field="kind", tag="sms"):
    event_ms: float = msgspec.field(name="submit_ms")


class _Event(msgspec.Struct, gc=False, tag_field="kind", tag="subscriber"):
    event_ms: float = msgspec.field(name="at_ms")


class _Verdict(msgspec.Struct, gc=False, tag_field="kind", tag="verdict"):
    event_ms: float = msgspec.field(name="at_ms")


_BEGINNINGS: Final = {
    b'{"kind":"call': "call",
    b'{"kind":"sms"': "sms",
    b'{"kind":"subs': "subscriber",
    b'{"kind":"verd': "verdict",
}
"""Lines mostly begin so; whoever is taken for another kind by it is a dead letter when it is decoded."""
_LOOKED_AT: Final = 13
_TIMES = msgspec.json.Decoder(_Call | _Message | _Event | _Verdict)


def open_records(path: Path) -> IO[bytes]:
    """The file, decompressed by its ending, `.GZ` as `.gz`; raises UnusableInput with what to mend."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}; check the path") from None
    ending = path.suffix.lower()
    if ending == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20)  # type: ignore[arg-type]  # a GzipFile is no RawIOBase to its stubs
    if ending == ".zst":
        import pyarrow  # its stream reads all frames and tells a file that breaks off, which zstandard's does not

        return io.BufferedReader(pyarrow.CompressedInputStream(pyarrow.PythonFile(raw, "r"), "zstd"), 1 << 20)
    return raw


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """What a file that breaks off or is damaged raises where it is read, as UnusableInput."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise UnusableInput(f"{path} breaks off or is damaged: {error}") from None


def lines(paths: Sequence[Path]) -> Iterator[Line]:
    """All lines that are not empty, of several files by event time as far as each file is in order."""
    if len(paths) == 1:
        return _lines_of(paths[0])
    return heapq.merge(*map(_lines_of, paths), key=_Ordered())


def blocks(paths: Sequence[Path], size: int) -> Iterator[Block]:
    """The lines of `lines`, at most `size` at a time; much faster for one file."""
    return _blocks_of(paths[0], size) if len(paths) == 1 else blocks_of_lines(lines(paths), size)


def blocks_of_lines(source: Iterable[Line], size: int) -> Iterator[Block]:
    """Lines from anywhere, `size` at a time."""
    iterator = iter(source)
    while some := list(islice(iterator, size)):
        yield Block([line.path for line in some], [line.number for line in some], [line.raw for line in some])


def _blocks_of(path: Path, size: int) -> Iterator[Block]:
    name, number, rest = str(path), 1, b""
    held: list[bytes] = []
    with open_records(path) as file:
        while True:
            with _damage_told(path):
                piece = file.read(_PIECE_BYTES)
            if not piece:
                break
            head, *held_new = (rest + piece).split(b"\n") if rest else piece.split(b"\n")
            held.append(head)
            held += held_new
            rest = held.pop()
            while len(held) >= size:
                yield from _block(name, number, held[:size])
                number, held = number + size, held[size:]
    if rest:
        held.append(rest)
    while held:
        yield from _block(name, number, held[:size])
        number, held = number + size, held[size:]


def _block(name: str, number: int, raws: list[bytes]) -> Iterator[Block]:
    """The lines with no line feed and none that is empty."""
    if any(not raw or raw[-1] == 13 for raw in raws):
        numbered = [(place, raw.rstrip(b"\r\n")) for place, raw in enumerate(raws, number)]
        kept = [(place, raw) for place, raw in numbered if raw]
        if kept:
            yield Block(name, [place for place, _ in kept], [raw for _, raw in kept])
    else:
        yield Block(name, range(number, number + len(raws)), raws)


def _lines_of(path: Path) -> Iterator[Line]:
    name = str(path)
    with open_records(path) as file, _damage_told(path):
        for number, raw in enumerate(file, 1):
            if stripped := raw.rstrip(b"\r\n"):
                yield Line(name, number, stripped)


class _Ordered:
    """The event time of a line, by the fields of its own kind; one that has none stays by the line before it."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def __call__(self, line: Line) -> float:
        try:
            event = _TIMES.decode(line.raw).event_ms
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._last.get(line.path, 0.0)
        self._last[line.path] = event
        return event


def kind_of_line(raw: bytes) -> str | None:
    """The kind that a line names, None where it is too large to look at or names none that is known."""
    return kind_of(raw) if len(raw) <= MAX_BYTES else None


def kinds_of_lines(raws: Sequence[bytes]) -> list[str | None]:
    """The same of many, mostly by how they begin."""
    kinds: list[str | None] = [*map(_BEGINNINGS.get, [raw[:_LOOKED_AT] for raw in raws])]
    if None in kinds:
        kinds = [kind or kind_of_line(raw) for kind, raw in zip(kinds, raws, strict=True)]
    return kinds
