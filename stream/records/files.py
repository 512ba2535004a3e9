"""Record files: lines of `.jsonl`, `.jsonl.gz`, `.jsonl.zst`; several at once are merged by event time."""

import gzip
import heapq
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
import zstandard

from linewatch.config.errors import UnusableInput
from linewatch.stream.records.dead_letters import MAX_BYTES
from linewatch.stream.records.decode import kind_of


class Line(NamedTuple):
    """One line of a file, without its line feed; `number` counts from 1."""

    path: str
    number: int
    raw: bytes


class _Times(msgspec.Struct, gc=False):
    start_ms: float | None = None
    ring_s: float | None = None
    duration_s: float | None = None
    submit_ms: float | None = None
    at_ms: float | None = None


_TIMES = msgspec.json.Decoder(_Times)


def open_records(path: Path) -> IO[bytes]:
    """The file, decompressed by its ending; raises UnusableInput with what to mend."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}; check the path") from None
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 20)  # type: ignore[arg-type]
    if path.suffix == ".zst":
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw), 1 << 20)
    return raw


def lines(paths: Sequence[Path]) -> Iterator[Line]:
    """All lines that are not empty, of several files by event time as far as each file is in order."""
    if len(paths) == 1:
        return _lines_of(paths[0])
    return heapq.merge(*map(_lines_of, paths), key=_Ordered())


def _lines_of(path: Path) -> Iterator[Line]:
    name = str(path)
    with open_records(path) as file:
        try:
            for number, raw in enumerate(file, 1):
                stripped = raw.rstrip(b"\r\n")
                if stripped:
                    yield Line(name, number, stripped)
        except (OSError, EOFError, zstandard.ZstdError) as error:
            raise UnusableInput(f"{path} breaks off or is damaged: {error}") from None


class _Ordered:
    """The event time of a line; one that has none stays by the line before it."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def __call__(self, line: Line) -> float:
        try:
            times = _TIMES.decode(line.raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._last.get(line.path, 0.0)
        ended = (times.start_ms or 0.0) + 1000 * ((times.ring_s or 0.0) + (times.duration_s or 0.0))
        event = times.submit_ms or times.at_ms or ended
        self._last[line.path] = event
        return event


def kind_of_line(raw: bytes) -> str | None:
    """The kind that a line names, None where it is too large to look at or names none that is known."""
    return kind_of(raw) if len(raw) <= MAX_BYTES else None
