"""Replay: the worker's own intake, profiles and decision over files, in event time, with no broker."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec
import numpy as np

from linewatch.config.operator import Operator
from linewatch.config.policy import Policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.score import NumberScorer
from linewatch.stream.intake.intake import Intake
from linewatch.stream.intake.numbers import REGION_SHIFT, timezone_of_region
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order.frame import Source, control_frame, idle_frame
from linewatch.stream.order.sighting import ENTITY_NUMBER
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Output, Partition
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.files import Line, kind_of_line
from linewatch.stream.records.kinds import KINDS

BATCH = 4000
FILES = {kind: Source("files", kind, 0) for kind in KINDS}
"""Each kind is a source of its own, as it is a topic of its own; all have the clock of the whole file."""


class Summary(msgspec.Struct):
    """What a replay read and found."""

    records: int = 0
    duplicates: int = 0
    late: int = 0
    dead_letters: int = 0
    flags: dict[str, int] = {}
    scored: int = 0
    sightings: int = 0
    numbers: int = 0
    snapshots: int = 0
    seconds: float = 0.0
    inferred: str = ""


class Replay:
    """One pass over records; `sink` gets what each batch gave, in order."""

    def __init__(
        self,
        policy: Policy,
        operator: Operator,
        text_model: TextModel | None,
        number_model: NumberScorer | None,
        sink: Callable[[Output, list[DeadLetter]], None],
        feedback: bool = True,
        keep_features: bool = False,
    ) -> None:
        self.intake = Intake(operator, 1, text_model)
        self.partition = Partition(0, len(FILES), number_model, keep_features=keep_features)
        self.learner = Learner(FEATURES, policy) if feedback else None
        self.sink = sink
        self.summary = Summary(flags={})
        self._flags: Counter[str] = Counter()
        self._offset = 0
        self._line = 0
        self._due: list[tuple[int, int, bytes]] = []
        for kind, payload in (
            ("policy", policy.source.encode()),
            ("operator", operator.source.encode()),
            ("models", b""),
        ):
            self._apply([control_frame(kind, 1, payload)])

    def _apply(self, frames: list[bytes], dead: list[DeadLetter] | None = None) -> None:
        numbered = [(self._offset + index, frame, 0) for index, frame in enumerate(frames)]
        self._offset += len(frames)
        self._take(self.partition.apply(numbered), dead or [])

    def _take(self, output: Output, dead: list[DeadLetter]) -> None:
        summary = self.summary
        summary.dead_letters += len(dead)
        summary.scored += output.scored
        summary.sightings += output.released
        for flag in output.flags:
            self._flags[f"{flag.fraud_type} {flag.action}"] += 1
        self._learn(output)
        self.sink(output, dead)

    def _learn(self, output: Output) -> None:
        if self.learner is None:
            return
        for examples in output.examples:
            self._due.extend(self.learner.learn(examples))

    def _publish(self, now_ms: int) -> None:
        """Snapshots whose hour has come enter as they would through the log."""
        while self._due and self._due[0][0] and self._due[0][1] <= now_ms:
            version, _, payload = self._due.pop(0)
            self.summary.snapshots += 1
            self._apply([control_frame("models", version + 1, payload)])

    def run(self, lines: Iterable[Line], progress: Callable[[int], None] = lambda count: None) -> Summary:
        """Read all lines, release all that is held, and return the summary."""
        began = time.perf_counter()
        for batch in _batches(lines):
            self._batch(batch)
            progress(len(batch))
        self._take(self.partition.drain(), [])
        return self._finished(time.perf_counter() - began)

    def _batch(self, batch: list[Line]) -> None:
        now_ms = int(time.time() * 1000)
        by_kind: dict[str, list[tuple[int, Line]]] = {}
        dead: list[DeadLetter] = []
        for line in batch:
            self._line += 1
            kind = kind_of_line(line.raw)
            by_kind.setdefault(kind or "", []).append((self._line, line))
        unknown = by_kind.pop("", [])
        dead.extend(DeadLetter(_why(line.raw), line.path, 0, line.number, line.raw) for _, line in unknown)
        frames = []
        for kind, numbered in by_kind.items():
            result = self.intake.batch(
                FILES[kind],
                kind,
                [line.raw for _, line in numbered],
                [place for place, _ in numbered],
                [now_ms] * len(numbered),
                False,
            )
            frames.extend(result.frames)
            places = {place: line for place, line in numbered} if result.dead else {}
            for letter in result.dead:
                line = places[letter.offset]
                dead.append(DeadLetter(letter.reason, line.path, 0, line.number, letter.raw))
        clock_ms = max(self.intake.clock_ms(source) for source in FILES.values())
        frames.extend(idle_frame(source, clock_ms, idle=False) for source in FILES.values())
        self.summary.records += len(batch) - len(dead)
        self._apply(frames, sorted(dead, key=lambda letter: (letter.topic, letter.offset)))
        self._publish(self.partition.hold.released_ms)

    def _finished(self, seconds: float) -> Summary:
        summary = self.summary
        duplicates = sum(count for _, count in self.partition.tally.values())
        summary.duplicates, summary.late = duplicates, self.partition.late
        summary.numbers = self.partition.store.numbers.count
        summary.flags = dict(sorted(self._flags.items()))
        summary.inferred = self._inferred()
        summary.seconds = seconds
        return summary

    def _inferred(self) -> str:
        """What stood in for an operator file's country: each number's own; named is the commonest among the actors."""
        if self.intake.fan_out.operator.country:
            return ""
        rows = self.partition.store.numbers.rows[: self.partition.store.numbers.count]
        numbers = rows["entity"][(rows["flags"] & ENTITY_NUMBER) > 0]
        plans = self.intake.fan_out.plans
        regions, counts = np.unique(plans.facts(numbers) >> REGION_SHIFT, return_counts=True)
        if not len(regions):
            return ""
        country = plans.regions[int(regions[counts.argmax()])]
        return f"country {country}, nights by {timezone_of_region(country)}"


def _why(raw: bytes) -> str:
    if len(raw) > 1 << 20:
        return "oversized"
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "unreadable"
    return "kind" if isinstance(document, dict) and isinstance(document.get("kind"), str) else "wrong_type"


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    iterator = iter(lines)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def flags_line(flag: Flag) -> bytes:
    """A flag as a line of a file."""
    return msgspec.json.encode(flag) + b"\n"
