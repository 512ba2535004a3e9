"""Replay: the worker's own intake, profiles and decision over files, in event time, with no broker."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import compress
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.config.policy import Policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.score import NumberScorer
from linewatch.stream.decision.warning import Warning
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.intake.numbers import NumberPlans, timezone_of_region
from linewatch.stream.intake.plan_automaton import REGION_SHIFT
from linewatch.stream.learner.hours import HourlyLearner
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order.frame import Mark, Source, control_frame, marks_frame
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.order.sighting import ENTITY_NUMBER
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.dead_letters import MAX_BYTES, DeadLetter
from linewatch.stream.records.files import Block, Line, blocks_of_lines, kinds_of_lines
from linewatch.stream.records.kinds import KINDS

BATCH = 4000
FILES = {kind: Source("files", kind, 0) for kind in KINDS}
"""Each kind is a source of its own, as it is a topic of its own; all have the clock of the whole file."""
AtHour = Callable[[int, list[Output]], tuple[int, bytes] | None]
"""Called at a full hour with what all partitions gave since the last one; returns a snapshot, which says from when it counts."""


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


class Finding(msgspec.Struct):
    """What a partition knows at the end; `regions` counts the numbers of each."""

    duplicates: int
    late: int
    numbers: int
    regions: dict[str, int]


class Profiles(Protocol):
    """The partitions of a replay, in this process or in others."""

    partitions: int

    def apply(self, frames: list[list[bytes]], stops: list[int]) -> None:
        """Messages for each partition, and the full hours that their sightings make worth a stop."""

    def finish(self) -> tuple[list[Output], list[Finding]]:
        """Release all that is held; what came since the last full hour, and what is known at the end."""

    def close(self) -> None:
        """Leave nothing behind."""


class OneProcess:
    """One partition, here."""

    partitions = 1

    def __init__(self, partition: Partition, at_hour: AtHour) -> None:
        self.partition = partition
        self._gathered = Output()
        self._at_hour = at_hour
        self._offset = 0
        partition.at_stop = self._stop

    def apply(self, frames: list[list[bytes]], stops: list[int]) -> None:
        """As `Profiles` says."""
        self.partition.stop_at(stops)
        numbered = [(self._offset + index, frame, 0) for index, frame in enumerate(frames[0])]
        self._offset += len(numbered)
        output = self.partition.apply(numbered)  # may stop at an hour and begin a new gathering
        gather(self._gathered, output)

    def _stop(self, hour_ms: int, output: Output) -> None:
        gather(self._gathered, output)
        gathered, self._gathered = self._gathered, Output()
        snapshot = self._at_hour(hour_ms, [gathered])
        if snapshot is not None:
            self.partition.install("models", *snapshot)

    def finish(self) -> tuple[list[Output], list[Finding]]:
        """As `Profiles` says."""
        output = self.partition.drain()
        gather(self._gathered, output)
        return [self._gathered], [finding(self.partition)]

    def close(self) -> None:
        """As `Profiles` says."""


class Replay:
    """One pass over records; `sink` gets flags by the hour, in the order of `flag_order`, and what else a batch gave."""

    def __init__(
        self,
        policy: Policy,
        operator: Operator,
        text_model: TextModel | None,
        number_model: NumberScorer | None,
        sink: Callable[[Output, list[DeadLetter]], None],
        feedback: bool = True,
        keep_features: bool = False,
        workers: int = 1,
    ) -> None:
        self.learner = Learner(FEATURES, policy) if feedback else None
        self.hours = HourlyLearner(self.learner) if self.learner is not None else None
        self.profiles: Profiles
        if workers == 1:
            self.partition = Partition(0, len(FILES), number_model, keep_features=keep_features)
            self.profiles = OneProcess(self.partition, self._at_hour)
        else:
            from linewatch.stream.replay_workers import Workers, models_of

            self.profiles = Workers(workers, models_of(number_model), keep_features, self._at_hour)
        self.intake = Intake(operator, self.profiles.partitions, text_model, feedback)
        self.sink = sink
        self.summary = Summary(flags={})
        self._flags: Counter[str] = Counter()
        self._line = 0
        self._begun_hours: set[int] = set()
        self.hears_every = BATCH
        """Lines between two moments at which intake hears what the learner gave out, so that no cut of the lines shows in flags."""
        self._unheard: list[bytes] = []
        order = OrderSettings().payload()
        controls = [("policy", policy.source.encode()), ("operator", operator.source.encode()), ("order", order), ("models", b"")]
        self._to_all([control_frame(kind, 1, payload) for kind, payload in controls])

    def _to_all(self, frames: list[bytes]) -> None:
        self.profiles.apply([frames] * self.profiles.partitions, [])

    def _at_hour(self, hour_ms: int, outputs: list[Output]) -> tuple[int, bytes] | None:
        snapshot = None
        if self.hours is not None:
            for output in outputs:
                self.hours.take(output.examples)
            snapshot = self.hours.close(hour_ms)
        self._give(outputs)
        if snapshot is None:
            return None
        self.summary.snapshots += 1
        self._unheard.append(snapshot[1])
        return snapshot[0] + 1, snapshot[1]

    def _give(self, outputs: list[Output]) -> None:
        """Hand on what all partitions gave up to one moment, in an order that does not depend on how many there are."""
        flags = sorted((flag for output in outputs for flag in output.flags), key=flag_order)
        rows = [row for output in outputs for row in output.feature_rows]
        self._flags.update(f"{flag.fraud_type} {flag.action}" for flag in flags)
        scored, released = sum(output.scored for output in outputs), sum(output.released for output in outputs)
        self.summary.scored += scored
        self.summary.sightings += released
        shadow = sorted((flag for output in outputs for flag in output.shadow), key=flag_order)
        warnings = sorted((one for output in outputs for one in output.warnings), key=warning_order)
        self.sink(Output(flags, [0] * len(flags), [], released, scored, _sorted_rows(rows), shadow, warnings), [])

    def run(self, lines: Iterable[Line], progress: Callable[[int], None] = lambda count: None) -> Summary:
        """Read all lines, release all that is held, and return the summary."""
        return self.run_blocks(blocks_of_lines(lines, BATCH), progress)

    def run_blocks(self, source: Iterable[Block], progress: Callable[[int], None] = lambda count: None) -> Summary:
        """The same, of lines in blocks."""
        began = time.perf_counter()
        try:
            for block in source:
                self.take(block)
                progress(len(block.raws))
            outputs, findings = self.profiles.finish()
        finally:
            self.profiles.close()
        self._give(outputs)
        return self._finished(findings, time.perf_counter() - began)

    def take(self, block: Block) -> None:
        """Some records more; `run` and `run_blocks` do it for all, and finish."""
        begin = 0
        while begin < len(block.raws):
            end = min(begin + self.hears_every - self._line % self.hears_every, len(block.raws))
            self._take(block.part(begin, end))
            begin = end
            if self._line % self.hears_every == 0:
                for payload in self._unheard:
                    self.intake.hear(payload)
                self._unheard.clear()

    def _take(self, block: Block) -> None:
        dead = self._unknown(block) if self._sort(block) else []
        now_ms = np.full(len(block.raws), int(time.time() * 1000), np.int64)
        parts = []
        for kind, chosen in self._chosen.items():
            raws = list(compress(block.raws, chosen))
            parts.append(Part(FILES[kind], kind, raws, np.flatnonzero(chosen) + self._line, now_ms[: len(raws)], False))
        result = self.intake.batch(parts)
        for letter in result.dead:
            line = block.line(letter.offset - self._line)
            dead.append(DeadLetter(letter.reason, line.path, 0, line.number, letter.raw))
        self._line += len(block.raws)
        clock_ms = max(self.intake.clock_ms(source) for source in FILES.values())
        marks = marks_frame([(source, Mark(clock_ms, True)) for source in FILES.values()])
        frames = [[frame, marks] for frame in result.frames]
        self.summary.records += len(block.raws) - len(dead)
        self.summary.dead_letters += len(dead)
        if dead:
            self.sink(Output(), sorted(dead, key=lambda letter: (letter.topic, letter.offset)))
        self.profiles.apply(frames, list(self._new_hours(result.counted.values())))

    def _sort(self, block: Block) -> bool:
        """Find the lines of each kind; returns whether there are lines of none."""
        kinds = kinds_of_lines(block.raws)
        found = set(kinds)
        self._chosen = {kind: [one == kind for one in kinds] for kind in KINDS if kind in found}
        self._kinds = kinds
        return None in found

    def _unknown(self, block: Block) -> list[DeadLetter]:
        lines = [block.line(index) for index, kind in enumerate(self._kinds) if kind is None]
        return [DeadLetter(_why(line.raw), line.path, 0, line.number, line.raw) for line in lines]

    def _new_hours(self, times: Iterable[NDArray[np.int64]]) -> Iterator[int]:
        """The ends of the hours that these event times are the first in."""
        for event_ms in times:
            for hour in np.unique(event_ms // HOUR_MS).tolist():
                if hour not in self._begun_hours:
                    self._begun_hours.add(hour)
                    yield (hour + 1) * HOUR_MS

    def _finished(self, findings: list[Finding], seconds: float) -> Summary:
        summary = self.summary
        summary.duplicates = sum(found.duplicates for found in findings)
        summary.late = sum(found.late for found in findings)
        summary.numbers = sum(found.numbers for found in findings)
        summary.flags = dict(sorted(self._flags.items()))
        summary.inferred = self._inferred(findings)
        summary.seconds = seconds
        return summary

    def _inferred(self, findings: list[Finding]) -> str:
        """What stood in for an operator file's country: each number's own; named is the commonest among the actors."""
        regions: Counter[str] = Counter()
        for found in findings:
            regions.update(found.regions)
        if self.intake.fan_out.operator.country or not regions:
            return ""
        country = min(regions, key=lambda region: (-regions[region], region))
        return f"country {country}, nights by {timezone_of_region(country)}"


def flag_order(flag: Flag) -> tuple[int, str, str, int]:
    """The order of flags in a file, within an hour."""
    return flag.flagged_ms, flag.number, flag.fraud_type, flag.step


def warning_order(warning: Warning) -> tuple[int, str, str, str]:
    """The order of warnings in a file, within an hour."""
    return warning.at_ms, warning.number, warning.by, warning.fraud_type


def gather(into: Output, output: Output) -> None:
    """Move what an output has; it may go on being filled."""
    into.flags += output.flags
    into.examples += output.examples
    into.feature_rows += output.feature_rows
    into.shadow += output.shadow
    into.warnings += output.warnings
    into.released += output.released
    into.scored += output.scored
    output.flags, output.arrived_ms, output.examples = [], [], []
    output.feature_rows, output.shadow, output.warnings = [], [], []
    output.released = output.scored = 0


def finding(partition: Partition) -> Finding:
    """What a partition knows at the end."""
    numbers = partition.store.numbers
    rows = numbers.rows[: numbers.count]
    plans = NumberPlans(None)
    facts = plans.facts(np.ascontiguousarray(rows["entity"][(rows["flags"] & ENTITY_NUMBER) > 0]))
    regions, counts = np.unique(facts >> REGION_SHIFT, return_counts=True)
    named = {plans.regions[region]: count for region, count in zip(regions.tolist(), counts.tolist(), strict=True)}
    duplicates = sum(count for _, count in partition.tally.values())
    return Finding(duplicates, partition.late, numbers.count, named)


Rows = tuple[NDArray[np.void], NDArray[np.float32], NDArray[np.float64]]


def _sorted_rows(rows: list[Rows]) -> list[Rows]:
    """Feature rows in the order of event time and record."""
    if not rows:
        return []
    sightings, features, scores = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    order = np.lexsort((sightings["role"], sightings["record"], sightings["event_ms"]))
    return [(sightings[order], features[order], scores[order])]


def _why(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        return "oversized"
    try:
        document = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "unreadable"
    return "kind" if isinstance(document, dict) and isinstance(document.get("kind"), str) else "wrong_type"


def line_of(given: Flag | Warning) -> bytes:
    """A flag or a warning as a line of a file."""
    return msgspec.json.encode(given) + b"\n"
