"""A batch of raw records of some source partitions in; frames of the sightings log and dead letters out."""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.online.snapshot import snapshot_of
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.clock import Seen, SourceClock
from linewatch.stream.intake.fan_out import FanOut, Party, Places
from linewatch.stream.intake.memories import Memories
from linewatch.stream.intake.read import Read, read, taken
from linewatch.stream.intake.reputation import Whence
from linewatch.stream.intake.spread import Columns, Piece, joined, spread
from linewatch.stream.order.frame import LAYOUT, Frame, Mark, Source, encode
from linewatch.stream.order.sighting import CALL, LATE, PLACE_SHIFT, SMS
from linewatch.stream.records.dead_letters import DeadLetter

_NO_TIMES: Final = np.zeros(0, np.int64)


class Part(NamedTuple):
    """Records of one kind and source partition, in the order of their offsets; `timestamps_ms` are the broker's."""

    source: Source
    kind: str
    values: Sequence[bytes | None]
    offsets: Sequence[int] | NDArray[np.int64]
    timestamps_ms: Sequence[int] | NDArray[np.int64]
    at_end: bool


class Made(NamedTuple):
    """Columns of a batch, and of those of its calls that were forwarded, with which they are; who acts from where, and when."""

    columns: Columns
    forwarded: tuple[Columns, NDArray[np.int64]] | None
    whence: Whence | None
    met_ms: NDArray[np.int64]  # see `Seen`


class IntakeResult(msgspec.Struct, frozen=True):
    """What a batch became: a frame per partition of the log (all have the marks of all parts), and what could not be read."""

    frames: list[bytes]
    dead: list[DeadLetter]
    marks: tuple[tuple[Source, Mark], ...]  # a part each
    counted: dict[str, NDArray[np.int64]]  # by kind the event times of the records that count


class Intake:
    """Stateless but for caches, the clocks of its sources and, with feedback, what `Memories` have of the records of late.

    Without feedback two intakes given one batch make the same frames. What these memories add is written to the log, as all
    that a text says is: flags are a function of the log either way.
    """

    def __init__(self, operator: Operator, partitions: int, text_model: TextModel | None, feedback: bool = False) -> None:
        self.partitions = partitions
        self.text_model = text_model
        self.fan_out = FanOut(operator, text_model, Memories(text_model) if feedback else None)
        self._clocks: dict[Source, SourceClock] = {}

    def replace_operator(self, operator: Operator) -> None:
        """Read what follows with another operator file."""
        self.fan_out = FanOut(operator, self.text_model, self.memories)

    @property
    def memories(self) -> Memories | None:
        """What it remembers of the records of late, None without feedback."""
        return self.fan_out.memories

    def recall(self, state: dict[str, Any]) -> None:
        """Remember what `Memories.state` of an intake before has, and nothing else; without feedback nothing.

        Whatever is raised for a state that does not fit, it remembers what it did.
        """
        if self.memories is not None:
            memories = Memories(self.text_model)
            memories.load(state)
            self.fan_out.memories = memories

    def hear(self, payload: bytes) -> None:
        """What the learner's latest snapshot has of trusted verdicts, for texts, campaigns, and places that numbers act from."""
        if self.memories is not None:
            self.memories.hear(snapshot_of(payload))

    @property
    def texts_learned(self) -> int:
        """How often a text was learned, once for each verdict on a sender of it."""
        lessons = self.memories.lessons if self.memories is not None else None
        return lessons.learned if lessons is not None else 0

    def clock_ms(self, source: Source) -> int:
        """The source's clock, the least integer before its first record."""
        return self._clocks[source].now_ms if source in self._clocks else SourceClock().now_ms

    def sources(self) -> set[Source]:
        """The sources that a clock is held of."""
        return set(self._clocks)

    def forget_source(self, source: Source) -> None:
        """The source went to another worker: its clock starts anew should it come back."""
        self._clocks.pop(source, None)

    def batch(self, parts: Sequence[Part]) -> IntakeResult:
        """Work some parts out together: each frame has its price, whatever is in it."""
        clocks = [self._clocks.setdefault(part.source, SourceClock()) for part in parts]
        pieces: list[list[Piece]] = [[] for _ in range(self.partitions)]
        dead: list[DeadLetter] = []
        counted: dict[str, NDArray[np.int64]] = {}
        found: list[Made] = []
        for kind in dict.fromkeys(part.kind for part in parts):
            made, broken = self._made(kind, parts, clocks)
            dead += broken
            counted[kind] = _NO_TIMES
            if made is not None:
                counted[kind] = made.columns.event_ms
                found.append(made)
        for made in self._with_odds(found):
            for home, piece in self._spread(made):
                pieces[home].append(piece)
        if self.memories is not None:
            for made in found:
                if made.columns.kind in (CALL, SMS):
                    self.memories.campaigns.answer(made.columns.one.entity, made.columns.two.entity)
        marks = tuple((part.source, Mark(clock.now_ms, part.at_end)) for part, clock in zip(parts, clocks, strict=True))
        told = [joined(own) for own in pieces]
        frames = [encode(Frame(LAYOUT, marks, rows.tobytes(), text.tobytes())) for rows, text in told]
        return IntakeResult(frames, dead, marks, counted)

    def _made(self, kind: str, parts: Sequence[Part], clocks: Sequence[SourceClock]) -> tuple[Made | None, list[DeadLetter]]:
        """Columns of all records of one kind, and those that are broken."""
        places = [place for place, part in enumerate(parts) if part.kind == kind]
        chosen = [parts[place] for place in places]
        values = chosen[0].values if len(chosen) == 1 else list(chain.from_iterable(part.values for part in chosen))
        spots = Places(
            np.repeat(np.array(places, np.uint16), [len(part.values) for part in chosen]),
            np.concatenate([np.asarray(part.offsets, np.int64) for part in chosen]),
            np.concatenate([np.asarray(part.timestamps_ms, np.int64) for part in chosen]),
        )
        known, kept, broken = read(kind, values)
        made = None
        if known is not None:
            made, possible = self._columns(kind, known, spots.take(kept), clocks)
            if not possible.all():
                broken.update((index, "impossible") for index in kept[~possible].tolist())
                which = np.flatnonzero(possible)
                if len(which):
                    made, _ = self._columns(kind, taken(known, which), spots.take(kept[which]), clocks)
        dead = []
        for index, reason in sorted(broken.items()):
            source = parts[spots.sources[index]].source
            dead.append(DeadLetter(reason, source.topic, source.partition, int(spots.offsets[index]), values[index]))
        return made, dead

    def _columns(
        self, kind: str, known: Read, spots: Places, clocks: Sequence[SourceClock]
    ) -> tuple[Made | None, NDArray[np.bool_]]:
        """Columns of records, None where one cannot be; and which of them can be. Moves the clocks of their sources.

        Impossible: a time or length that no number can hold, a negative length, an event time more than a day ahead
        of the broker's, or nobody that the record could count for.
        """
        parties = self.fan_out.parties(known)
        named = parties[0].named if parties[1] is None else parties[0].named | parties[1].named
        possible = known.possible & named & (known.event_ms <= spots.timestamps_ms + DAY_MS)
        if not possible.all():
            return None, possible
        one, two = parties
        seen = self._seen(known.event_ms, one, two, spots.sources, clocks)
        columns = self.fan_out.columns(kind, known, parties, spots, seen.met_ms)
        if seen.late.any():
            columns = columns._replace(bits=columns.bits | np.where(seen.late, np.uint32(LATE), np.uint32(0)))
        forwarded = self.fan_out.forwarded(known, spots, one, two) if kind == "call" and two is not None else None
        acts = self.memories is not None and kind in ("call", "sms")
        whence = self.fan_out.whence(known, parties, columns) if acts else None
        return Made(columns, forwarded, whence, seen.met_ms), possible

    def _with_odds(self, found: list[Made]) -> list[Made]:
        """The same, with the bits of how bad the places are that numbers act from: all kinds in the order of their offsets."""
        acting = [(made.columns, made.whence, made.met_ms) for made in found if made.whence is not None]
        if self.memories is None or not acting:
            return found
        order = np.argsort(np.concatenate([columns.offset for columns, _, _ in acting]), kind="stable")
        met_ms = np.concatenate([times for _, _, times in acting])[order]
        numbers = np.concatenate([whence.numbers for _, whence, _ in acting])[order]
        places = tuple(np.concatenate(of_kind)[order] for of_kind in zip(*(whence.places for _, whence, _ in acting), strict=True))
        bits = np.empty(len(order), np.uint32)
        bits[order] = self.memories.reputation.odds(Whence(numbers, places), met_ms) << np.uint32(PLACE_SHIFT)
        ends = np.cumsum([len(columns.offset) for columns, _, _ in acting])
        told = iter(np.split(bits, ends[:-1]))
        return [
            made if made.whence is None else made._replace(columns=made.columns._replace(bits=made.columns.bits | next(told)))
            for made in found
        ]

    def _spread(self, made: Made) -> Iterator[tuple[int, Piece]]:
        """Rows by the partition of the log that they belong to."""
        columns = made.columns
        yield from enumerate(spread(columns, self.partitions))
        if made.forwarded is not None:
            also, which = made.forwarded
            also = also._replace(bits=also.bits | columns.bits[which])
            yield from enumerate(spread(also, self.partitions))

    def _seen(
        self,
        event_ms: NDArray[np.int64],
        one: Party,
        two: Party | None,
        sources: NDArray[np.uint16],
        clocks: Sequence[SourceClock],
    ) -> Seen:
        """What the clocks of their sources say of records, source by source; moves these."""
        first_named = np.where(one.named, one.ids, two.ids) if two is not None else one.ids
        furthest = max(other.now_ms for other in self._clocks.values())
        found: list[Seen] = []
        edges = np.flatnonzero(np.diff(sources)) + 1
        for begin, end in pairwise([0, *edges.tolist(), len(event_ms)]):
            clock = clocks[sources[begin]]
            found.append(clock.advance(event_ms[begin:end], first_named[begin:end], furthest))
            furthest = max(furthest, clock.now_ms)
        return Seen(*map(np.concatenate, zip(*found, strict=True)))
