"""How well flags match the truth: by fraud type precision, recall, time to detect, false alarms per million records."""

import re
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any, Literal, NotRequired, TypedDict

import msgspec

from linewatch.config.errors import UnusableInput
from linewatch.stream.records.files import lines

ACTIONS = ("watch", "review", "block")


class Label(TypedDict):
    """A line of `labels.jsonl`; `variant` is the simulator's."""

    number: str
    fraud_type: str
    first_ms: float  # as some tools write whole numbers
    also: NotRequired[list[str] | None]
    variant: NotRequired[str | None]


class Related(TypedDict):
    """A line of `related.jsonl`, as far as it is looked at."""

    number: str


class Flagged(TypedDict):
    """A line of flags, as far as it is looked at."""

    number: str
    fraud_type: str
    action: str
    flagged_ms: float


class Judged(TypedDict):
    """A line of verdicts, as far as it is looked at."""

    number: str
    verdict: Literal["fraud", "legitimate"]
    fraud_type: NotRequired[str | None]


class Measure(msgspec.Struct, frozen=True):
    """One fraud type. Times in s; false alarms are numbers *ever* flagged so strongly, per million records."""

    fraud_type: str
    truth: int
    found: int
    recall: float | None
    precision: float | None
    detect_s: float | None
    false_numbers: dict[str, int]
    false_per_million: dict[str, float]


def evaluate(
    flags: Iterable[dict[str, Any]], labels: Iterable[dict[str, Any]], related: Iterable[dict[str, Any]], records: int
) -> list[Measure]:
    """Measures by fraud type in the order of their names, then those of all types together."""
    truth: dict[str, dict[str, tuple[int, frozenset[str]]]] = {}
    for line in labels:
        right = frozenset((line["fraud_type"], *line.get("also", ())))
        truth.setdefault(line["number"], {})[line["fraud_type"]] = (line["first_ms"], right)
    known = truth.keys() | {line["number"] for line in related}
    best: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], int] = {}
    for flag in flags:
        if flag["action"] in ACTIONS:
            key = (flag["number"], flag["fraud_type"])
            best[key] = max(best.get(key, 0), ACTIONS.index(flag["action"]) + 1)
            first[key] = min(first.get(key, flag["flagged_ms"]), flag["flagged_ms"])
    names = sorted({name for types in truth.values() for name in types} | {name for _, name in best})
    measures = [_of_type(name, truth, known, best, first, records) for name in names]
    return [*measures, _together(measures, known, best, records)]


def _of_type(name: str, truth: Any, known: Any, best: Any, first: Any, records: int) -> Measure:
    right = {number: types[name] for number, types in truth.items() if name in types}
    hits = {
        number: min(first[number, flagged] for flagged in also if (number, flagged) in first)
        for number, (_, also) in right.items()
        if any((number, flagged) in best for flagged in also)
    }
    false = _false({key: level for key, level in best.items() if key[1] == name}, known)
    wrong = false["watch"]
    waits = [max(0, at - right[number][0]) / 1000 for number, at in hits.items()]
    return Measure(
        fraud_type=name,
        truth=len(right),
        found=len(hits),
        recall=len(hits) / len(right) if right else None,
        precision=len(hits) / (len(hits) + wrong) if hits or wrong else None,
        detect_s=median(waits) if waits else None,
        false_numbers=false,
        false_per_million={action: count * 1e6 / max(records, 1) for action, count in false.items()},
    )


def _false(best: dict[tuple[str, str], int], known: Any) -> dict[str, int]:
    return {
        action: len({number for (number, _), level in best.items() if level > index and number not in known})
        for index, action in enumerate(ACTIONS)
    }


def _together(measures: list[Measure], known: Any, best: Any, records: int) -> Measure:
    truth, found = sum(m.truth for m in measures), sum(m.found for m in measures)
    false = _false(best, known)
    wrong = false["watch"]
    return Measure(
        fraud_type="all",
        truth=truth,
        found=found,
        recall=found / truth if truth else None,
        precision=found / (found + wrong) if found or wrong else None,
        detect_s=None,
        false_numbers=false,
        false_per_million={action: count * 1e6 / max(records, 1) for action, count in false.items()},
    )


def read_lines(path: Path, of: Any = dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON lines of a file, each `of` a kind, without what is null; raises UnusableInput naming the line that is none."""
    decoder = msgspec.json.Decoder(of)
    found = []
    for line in lines([path]):
        if line.raw.isspace():
            continue
        try:
            fields = decoder.decode(line.raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            why = re.sub(r" '[^']*'", "", str(error)) if isinstance(error, msgspec.ValidationError) else "it is no JSON"
            raise UnusableInput(f"{path} line {line.number}: {why}; check that it is the right file") from None
        found.append({name: value for name, value in fields.items() if value is not None})
    return found


def count_lines(path: Path) -> int:
    """How many lines that are not empty."""
    return sum(not line.raw.isspace() for line in lines([path]))
