"""A batch of raw records of one source partition in; frames of the sightings log and dead letters out."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.clock import SourceClock
from linewatch.stream.intake.fan_out import FanOut, event_ms_of
from linewatch.stream.intake.spread import spread
from linewatch.stream.order.frame import LAYOUT, Frame, Mark, Source, encode
from linewatch.stream.order.sighting import LATE
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.decode import decode_batch

DAY_MS: Final = 86_400_000
_NO_TIMES: Final = np.zeros(0, np.int64)
_FARTHEST_MS: Final = 1 << 53  # whole milliseconds stay exact in every arithmetic on the way


class IntakeResult(msgspec.Struct, frozen=True):
    """What one batch became: a frame per partition of the log (all have the mark), and what could not be read."""

    frames: list[bytes]
    dead: list[DeadLetter]
    records: int
    clock_ms: int
    event_ms: NDArray[np.int64]  # of the records that count, in their order


class Intake:
    """Stateless but for caches and the clocks of its sources: two intakes given one batch make the same frames."""

    def __init__(self, operator: Operator, partitions: int, text_model: TextModel | None) -> None:
        self.partitions = partitions
        self.text_model = text_model
        self.fan_out = FanOut(operator, text_model)
        self._clocks: dict[Source, SourceClock] = {}

    def replace_operator(self, operator: Operator) -> None:
        """Read what follows with another operator file."""
        self.fan_out = FanOut(operator, self.text_model)

    def clock_ms(self, source: Source) -> int:
        """The source's clock, the least integer before its first record."""
        return self._clocks[source].now_ms if source in self._clocks else SourceClock().now_ms

    def sources(self) -> set[Source]:
        """The sources that a clock is held of."""
        return set(self._clocks)

    def forget_source(self, source: Source) -> None:
        """The source went to another worker: its clock starts anew should it come back."""
        self._clocks.pop(source, None)

    def batch(
        self,
        source: Source,
        kind: str,
        values: Sequence[bytes | None],
        offsets: Sequence[int] | NDArray[np.int64],
        timestamps_ms: Sequence[int] | NDArray[np.int64],
        at_end: bool,
    ) -> IntakeResult:
        """Records of one kind, in the order of their offsets; `timestamps_ms` are the broker's."""
        records, broken = decode_batch(kind, values)
        places = np.array(offsets, np.int64)
        good = [index for index in range(len(records)) if index not in broken] if broken else range(len(records))
        kept = [records[index] for index in good] if broken else records
        kept_places, kept_times = (places, np.array(timestamps_ms, np.int64))
        if broken:
            kept_places, kept_times = kept_places[good], kept_times[good]
        impossible = _impossible(kind, kept, kept_times)
        if impossible.any():
            index_of = list(good)
            broken.update({index_of[i]: "impossible" for i in np.flatnonzero(impossible)})
            kept = [record for record, bad in zip(kept, impossible, strict=True) if not bad]
            kept_places = kept_places[~impossible]
        dead = [
            DeadLetter(reason, source.topic, source.partition, int(places[index]), values[index])
            for index, reason in sorted(broken.items())
        ]
        return self._frames(source, kind, kept, kept_places, at_end, dead)

    def _frames(
        self,
        source: Source,
        kind: str,
        records: list[Any],
        offsets: NDArray[np.int64],
        at_end: bool,
        dead: list[DeadLetter],
    ) -> IntakeResult:
        clock = self._clocks.setdefault(source, SourceClock())
        if not records:
            empty = encode(Frame(LAYOUT, source=source, mark=Mark(clock.now_ms, at_end)))
            return IntakeResult([empty] * self.partitions, dead, 0, clock.now_ms, _NO_TIMES)
        columns = self.fan_out.columns(kind, records, offsets)
        furthest = max(other.now_ms for other in self._clocks.values())
        first_named = np.where(columns.one.entity, columns.one.entity, columns.two.entity)
        late = clock.advance(columns.event_ms, first_named, furthest)
        if late.any():
            columns = columns._replace(bits=columns.bits | np.where(late, np.uint32(LATE), np.uint32(0)))
        mark = Mark(clock.now_ms, at_end)
        frames = [
            encode(Frame(LAYOUT, source, mark, rows.tobytes(), text.tobytes())) for rows, text in spread(columns, self.partitions)
        ]
        return IntakeResult(frames, dead, len(records), clock.now_ms, columns.event_ms)


def _impossible(kind: str, records: Sequence[Any], timestamps_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
    """A negative duration, an event time more than a day ahead of the broker's, or nobody that it could count for."""
    if not records:
        return np.zeros(0, np.bool_)
    if _all_plausible(kind, records):
        return event_ms_of(kind, records) > timestamps_ms + DAY_MS
    return np.array(
        [
            not _all_plausible(kind, [record]) or bool(event_ms_of(kind, [record])[0] > now_ms + DAY_MS)
            for record, now_ms in zip(records, timestamps_ms.tolist(), strict=True)
        ]
    )


def _all_plausible(kind: str, records: Sequence[Any]) -> bool:
    """Whether each names somebody and has a time and a length that a number can hold."""
    if kind == "call":
        times = [r.start_ms for r in records]
        named = all(r.calling or r.called for r in records)
        if min([r.duration_s for r in records]) < 0 or min([r.ring_s or 0.0 for r in records]) < 0:
            return False
    elif kind == "sms":
        times = [r.submit_ms for r in records]
        named = all(r.sender or r.recipient for r in records)
    else:
        times = [r.at_ms for r in records]
        named = all(r.number for r in records)
    return named and min(times) >= -_FARTHEST_MS and max(times) <= _FARTHEST_MS
