"""A batch of raw records of one source partition in; frames of the sightings log and dead letters out."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.online.snapshot import Judged, snapshot_of
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.campaigns.campaigns import Campaigns, Heard
from linewatch.stream.intake.clock import SourceClock
from linewatch.stream.intake.fan_out import FanOut, Places
from linewatch.stream.intake.read import read
from linewatch.stream.intake.spread import Columns, beside, spread
from linewatch.stream.order.frame import LAYOUT, Frame, Mark, Source, encode
from linewatch.stream.order.sighting import LATE
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.decode import decode_batch

DAY_MS: Final = 86_400_000
MOST_HEARD: Final = 2000
"""Verdicts that are remembered as heard, more than a snapshot has: each partition of the log brings the same."""
_NO_TIMES: Final = np.zeros(0, np.int64)


class Made(NamedTuple):
    """Columns of a batch, and of those of its calls that were forwarded, with which they are."""

    columns: Columns
    forwarded: tuple[Columns, NDArray[np.int64]] | None


class IntakeResult(msgspec.Struct, frozen=True):
    """What one batch became: a frame per partition of the log (all have the mark), and what could not be read."""

    frames: list[bytes]
    dead: list[DeadLetter]
    records: int
    clock_ms: int
    event_ms: NDArray[np.int64]  # of the records that count, in their order


class Intake:
    """Stateless but for caches, the clocks of its sources and, with feedback, the campaigns that it has seen of late.

    Without feedback two intakes given one batch make the same frames. What campaigns add is written to the log, as all
    that a text says is: flags are a function of the log either way.
    """

    def __init__(self, operator: Operator, partitions: int, text_model: TextModel | None, feedback: bool = False) -> None:
        self.partitions = partitions
        self.text_model = text_model
        self.fan_out = FanOut(operator, text_model, Campaigns() if feedback else None)
        self._clocks: dict[Source, SourceClock] = {}
        self._heard: dict[Judged, None] = {}

    def replace_operator(self, operator: Operator) -> None:
        """Read what follows with another operator file."""
        self.fan_out = FanOut(operator, self.text_model, self.fan_out.campaigns)

    def hear(self, snapshot: bytes) -> None:
        """What the learner's latest snapshot says of senders of texts, for the campaigns that they send in."""
        if self.fan_out.campaigns is None:
            return
        judged = snapshot_of(snapshot).judged
        fresh = [one for one in judged if one not in self._heard]
        self._heard |= dict.fromkeys(fresh)
        if len(self._heard) > MOST_HEARD:
            self._heard = dict.fromkeys(judged)
        self.fan_out.campaigns.hear(Heard(f"+{one.entity}", one.fraud_type, one.fraud) for one in fresh)

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
        places, times_ms = np.array(offsets, np.int64), np.array(timestamps_ms, np.int64)
        kept = np.arange(len(records))
        if broken:
            kept = np.array([index for index in range(len(records)) if index not in broken], np.int64)
        made, possible = self._columns(kind, records, kept, places, times_ms)
        if not possible.all():
            broken.update((index, "impossible") for index in kept[~possible].tolist())
            kept = kept[possible]
            made, _ = self._columns(kind, records, kept, places, times_ms)
        dead = [
            DeadLetter(reason, source.topic, source.partition, int(places[index]), values[index])
            for index, reason in sorted(broken.items())
        ]
        return self._frames(source, made, at_end, dead)

    def _columns(
        self, kind: str, records: list[Any], kept: NDArray[np.int64], places: NDArray[np.int64], times_ms: NDArray[np.int64]
    ) -> tuple[Made | None, NDArray[np.bool_]]:
        """Columns of the records that are kept, None where there are none or one cannot be; and which of them can be.

        Impossible: a time or length that no number can hold, a negative length, an event time more than a day ahead
        of the broker's, or nobody that the record could count for.
        """
        if len(kept) < len(records):
            records, places, times_ms = [records[index] for index in kept.tolist()], places[kept], times_ms[kept]
        if not records:
            return None, np.ones(0, np.bool_)
        known = read(kind, records)
        parties = self.fan_out.parties(known)
        named = parties[0].named if parties[1] is None else parties[0].named | parties[1].named
        possible = known.possible & named & (known.event_ms <= times_ms + DAY_MS)
        if not possible.all():
            return None, possible
        spots = Places(places, times_ms)
        columns = self.fan_out.columns(kind, known, parties, spots)
        one, two = parties
        forwarded = self.fan_out.forwarded(known, spots, one, two) if kind == "call" and two is not None else None
        return Made(columns, forwarded), possible

    def _frames(self, source: Source, made: Made | None, at_end: bool, dead: list[DeadLetter]) -> IntakeResult:
        clock = self._clocks.setdefault(source, SourceClock())
        if made is None:
            empty = encode(Frame(LAYOUT, source=source, mark=Mark(clock.now_ms, at_end)))
            return IntakeResult([empty] * self.partitions, dead, 0, clock.now_ms, _NO_TIMES)
        columns = made.columns
        furthest = max(other.now_ms for other in self._clocks.values())
        first_named = np.where(columns.one.entity, columns.one.entity, columns.two.entity)
        late = clock.advance(columns.event_ms, first_named, furthest)
        if late.any():
            columns = columns._replace(bits=columns.bits | np.where(late, np.uint32(LATE), np.uint32(0)))
        pieces = spread(columns, self.partitions)
        if made.forwarded is not None:
            also, which = made.forwarded
            also = also._replace(bits=also.bits | columns.bits[which])
            pieces = [beside(*pair) for pair in zip(pieces, spread(also, self.partitions), strict=True)]
        mark = Mark(clock.now_ms, at_end)
        frames = [encode(Frame(LAYOUT, source, mark, rows.tobytes(), text.tobytes())) for rows, text in pieces]
        return IntakeResult(frames, dead, len(columns.offset), clock.now_ms, columns.event_ms)
