"""What a second policy changes: numbers gained and lost, raised and lowered; alerts a day; how right either is."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from math import sqrt
from statistics import median
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.backtest.run import Backtest, Outcome
from linewatch.stream.backtest.truth import UNTYPED, said_of
from linewatch.stream.decision.episode import ACTIONS
from linewatch.stream.decision.flag import Flag
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.training.evaluate.measure import evaluate

LEVELS: Final = ("watch", "review", "block")
Z_95: Final = 1.959963984540054
"""The normal quantile of a 95 % interval."""


class Height(msgspec.Struct):
    """How far one number and fraud type ever came: level 1 to 3, when it came to each, the flag of the highest."""

    level: int
    first_ms: dict[int, int]
    flag: Flag


class Change(msgspec.Struct, frozen=True):
    """A number and type that two policies treat differently; the reasons are of the stronger flag.

    `segment` is the longest prefix that either policy has thresholds of its own for, empty where there is none.
    """

    number: str
    fraud_type: str
    segment: str
    change: str
    before: str | None
    after: str | None
    score: float
    reasons: list[dict[str, Any]]


class Share(msgspec.Struct, frozen=True):
    """`part` of `whole`, with Wilson's interval of 95 %; None where the whole is nothing."""

    part: int
    whole: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def shown(self) -> str:
        """As tables have it; empty where there is none."""
        return "" if self.value is None else f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


class Accuracy(msgspec.Struct, frozen=True):
    """Of one fraud type, or `all`, at one action and stronger; the time to detect is a median in s."""

    fraud_type: str
    least: str
    precision: Share
    recall: Share
    detect_s: float | None


class Side(msgspec.Struct):
    """One policy's share of the report; counts are of numbers and types that ever came so far."""

    policy: str
    flagged: dict[str, dict[str, int]]
    alerts_a_day: dict[str, float]
    by_day: dict[str, dict[str, int]]
    accuracy: list[Accuracy]


class Report(msgspec.Struct):
    """All of it, as `--json` has it. `truth` says what accuracy is held against: labels, verdicts, or nothing.

    By verdicts it is that of the numbers that somebody judged, which are no sample of all.
    """

    truth: Literal["", "labels", "verdicts"]
    records: int
    days: float
    frozen: bool
    folded_apart: list[str]
    sides: list[Side]
    changes: list[Change]


class Truth(msgspec.Struct):
    """What the flags are held against: `labels` are all frauds there are, `related` numbers that are neither right nor wrong.

    Without labels, `judged` says by fraud type which entities were found to be fraud and which legitimate, as `judged_by` has it.
    """

    labels: list[dict[str, Any]] | None = None
    related: list[dict[str, Any]] = []
    judged: dict[str, dict[int, bool]] | None = None

    @property
    def kind(self) -> Literal["", "labels", "verdicts"]:
        """Which of them there is."""
        return "labels" if self.labels is not None else "verdicts" if self.judged is not None else ""


def report_of(result: Backtest, truth: Truth | None = None) -> Report:
    """Compare the outcomes."""
    truth = truth or Truth()
    tops = [heights(outcome.flags) for outcome in result.outcomes]
    sides = [_side(outcome, top, result, truth) for outcome, top in zip(result.outcomes, tops, strict=True)]
    prefixes = {segment.prefix for outcome in result.outcomes for segment in outcome.policy.segments}
    changed = changes(tops[0], tops[1], prefixes) if len(tops) == 2 else []
    return Report(truth.kind, result.records, result.days, result.frozen, result.folded_apart, sides, changed)


def heights(flags: Iterable[Flag]) -> dict[tuple[str, str], Height]:
    """By number and fraud type how far it ever came."""
    found: dict[tuple[str, str], Height] = {}
    for flag in flags:
        if flag.action == "clear":
            continue
        level, key = ACTIONS.index(flag.action), (flag.number, flag.fraud_type)
        held = found.setdefault(key, Height(level, {}, flag))
        for reached in range(1, level + 1):
            held.first_ms.setdefault(reached, flag.flagged_ms)
        if level > held.level:
            held.level, held.flag = level, flag
    return found


def changes(
    before: dict[tuple[str, str], Height], after: dict[tuple[str, str], Height], prefixes: Collection[str] = ()
) -> list[Change]:
    """What differs, the strongest first; the same in every run."""
    found = []
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        one, other = (held.level if held else 0 for held in (old, new))
        if one == other:
            continue
        kind = "gained" if not one else "lost" if not other else "raised" if other > one else "lowered"
        flag = (new if new and other > one else old or new).flag  # type: ignore[union-attr]  # one of the two is there
        segment = segment_of(key[0], prefixes)
        found.append(Change(*key, segment, kind, ACTIONS[one], ACTIONS[other], flag.score, flag.reasons))
    return sorted(found, key=lambda one: (one.change, -one.score, one.fraud_type, one.number))


def segment_of(number: str, prefixes: Collection[str]) -> str:
    """The longest prefix that a number begins with, empty where there is none."""
    return max((prefix for prefix in prefixes if number.startswith(prefix)), key=len, default="")


def wilson(part: int, whole: int) -> Share:
    """A share with Wilson's interval, which holds where counts are few."""
    if not whole:
        return Share(part, whole, None, None, None)
    return Share(part, whole, part / whole, *wilson_interval(part / whole, whole))


def wilson_interval(share: float, whole: float) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share of `whole`, which may be an effective number."""
    weight = Z_95**2 / whole
    middle = (share + weight / 2) / (1 + weight)
    reach = Z_95 * sqrt(share * (1 - share) / whole + weight / (4 * whole)) / (1 + weight)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _side(outcome: Outcome, top: dict[tuple[str, str], Height], result: Backtest, truth: Truth) -> Side:
    flagged = {name: dict.fromkeys(LEVELS, 0) for name in FRAUD_TYPES}
    by_day: dict[str, dict[str, int]] = {}
    for (_, fraud_type), height in top.items():
        for level, first_ms in height.first_ms.items():
            flagged[fraud_type][LEVELS[level - 1]] += 1
            day = f"{datetime.fromtimestamp(first_ms / 1000, UTC):%Y-%m-%d}"
            by_day.setdefault(day, dict.fromkeys(LEVELS, 0))[LEVELS[level - 1]] += 1
    totals = {level: sum(counts[level] for counts in flagged.values()) for level in LEVELS}
    alerts = {level: count / max(result.days, 1 / 24) for level, count in totals.items()}
    if truth.labels is not None:
        accuracy = accuracies(outcome.flags, truth.labels, truth.related, result.records)
    else:
        accuracy = judged_accuracies(top, truth.judged, result.country) if truth.judged is not None else []
    return Side(outcome.policy.identity, flagged, alerts, dict(sorted(by_day.items())), accuracy)


def accuracies(flags: list[Flag], labels: list[dict[str, Any]], related: list[dict[str, Any]], records: int) -> list[Accuracy]:
    """Precision, recall and time to detect, by fraud type and by the action from which on a flag counts."""
    found = []
    for index, least in enumerate(LEVELS):
        strong = [flag for flag in flags if flag.action in LEVELS[index:]]
        waits_s = _waits_s(strong, labels)
        for one in evaluate([msgspec.to_builtins(flag) for flag in strong], labels, related, records):
            precision = wilson(one.found, one.found + one.false_numbers["watch"])
            detect_s = one.detect_s if one.fraud_type != "all" else (median(waits_s) if waits_s else None)
            found.append(Accuracy(one.fraud_type, least, precision, wilson(one.found, one.truth), detect_s))
    return found


def _waits_s(flags: list[Flag], labels: list[dict[str, Any]]) -> list[float]:
    """Of each fraud that was found the time from its first act to the first flag of a type that is right for it."""
    first_ms: dict[tuple[str, str], int] = {}
    for flag in flags:
        key = flag.number, flag.fraud_type
        first_ms[key] = min(first_ms.get(key, flag.flagged_ms), flag.flagged_ms)
    waits_s = []
    for line in {(line["number"], line["fraud_type"]): line for line in labels}.values():
        right = ((line["number"], fraud_type) for fraud_type in (line["fraud_type"], *line.get("also", ())))
        if at_ms := [first_ms[key] for key in right if key in first_ms]:
            waits_s.append(max(0, min(at_ms) - line["first_ms"]) / 1000)
    return waits_s


def judged_accuracies(
    top: dict[tuple[str, str], Height], judged: dict[str, dict[int, bool]], country: str | None
) -> list[Accuracy]:
    """Of the numbers that were judged: the share of frauds among those flagged, and of those flagged among the frauds.

    A fraud of no named type makes every flag of its number right, and is one fraud of all, found if any type found it.
    """
    reached = _levels(top, country)
    untyped = [entity for entity in judged.get(UNTYPED, {}) if not any(judged.get(name, {}).get(entity) for name in FRAUD_TYPES)]
    found = []
    for index, least in enumerate(LEVELS):
        sums = np.zeros(4, np.int64)
        for fraud_type in FRAUD_TYPES:
            known, typed = said_of(judged, fraud_type), judged.get(fraud_type, {})
            flagged = {entity for entity in known if reached.get((fraud_type, entity), 0) > index}
            right = sum(known[entity] for entity in flagged)
            counts = np.array([right, len(flagged), sum(typed.get(entity, False) for entity in flagged), sum(typed.values())])
            sums += counts
            found.append(_judged(fraud_type, least, counts))
        hits = sum(any(reached.get((name, entity), 0) > index for name in FRAUD_TYPES) for entity in untyped)
        found.append(_judged("all", least, sums + np.array([0, 0, hits, len(untyped)])))
    return found


def _levels(top: dict[tuple[str, str], Height], country: str | None) -> dict[tuple[str, int], int]:
    """By fraud type and entity how far it came in any of the forms in which its number was reported."""
    levels: dict[tuple[str, int], int] = {}
    entities = NumberPlans(country).ids([number for number, _ in top]).tolist()
    for ((_, fraud_type), height), entity in zip(top.items(), entities, strict=True):
        levels[fraud_type, entity] = max(height.level, levels.get((fraud_type, entity), 0))
    return levels


def _judged(fraud_type: str, least: str, counts: NDArray[np.int64]) -> Accuracy:
    right, flagged, hits, frauds = counts.tolist()
    return Accuracy(fraud_type, least, wilson(right, flagged), wilson(hits, frauds), None)
