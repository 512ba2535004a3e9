"""`python -m linewatch.training.evaluate.report`: figures on simulated operators that nothing was tuned on.

Prints them, and writes them between the marks of `docs/detection.md`.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import mean, median, quantiles
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
from rich.console import Console
from sklearn.metrics import average_precision_score

from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import TextModel
from linewatch.training.evaluate.baseline import Reached, baseline
from linewatch.training.evaluate.counters import Counted, counted, limits_of
from linewatch.training.evaluate.measure import ACTIONS
from linewatch.training.evaluate.message_report import Messages, measured, messages_table, senders_table
from linewatch.training.evaluate.pages import marks, put_into
from linewatch.training.evaluate.trial import FalseNumber, Outcome, Trial, kinds_of, per_million, run
from linewatch.training.simulate.build import Simulation, simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED, TUNING
from linewatch.training.simulate.world import PLAIN

SEEDS = (82001, 82002, 82003, 82004, 82005, 82006, 82007, 82008)
LIMIT_SEEDS = (71001, 71002, 71003, 71004)
"""Operators of the ranges for tuning, on which the limits of plain counters are set."""
SIZES = (2500,)
LARGE = 20_000
"""Subscribers of operators of whom few are fraudulent; a trial takes minutes, and so stands by itself."""
RARE = msgspec.structs.replace(REPORTED, frauds=0.3)
"""Ranges of such operators: fraud is as rare as in life, one active number in a hundred."""
DAYS = 2.0
MARKS = {"watch": 60.0, "review": 20.0, "block": 2.0}
MOST_ACTS = {"wangiri": 50, "irsf": 3, "robocall": 100}
"""Of the fraud, over by the flag, in the median; of both forms together."""
MOST_HOURS = {("sim_box", "plain"): 2.0, ("sim_box", "evasive"): 48.0}
"""From the first fraudulent act to the flag, in the median."""
LEAST_TOP_RIGHT = 0.9
LEAST_RECALL = 0.95
LEAST_EVASIVE = 0.8
SCORES = (0.35, 0.5, 0.75, 0.9, 0.97, 0.99, 1.01)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "detection.md"
MARK = "figures"
LARGE_MARK = "large figures"
BEGIN, END = marks(MARK)
Figures = dict[str, Reached]
Made = TypeVar("Made")


class Beside(NamedTuple):
    """What simpler means make of one operator: a random forest's figures, and plain counters."""

    forest: Figures
    counters: Counted


def trials(
    size: int, seeds: Sequence[int], limits: dict[str, float], progress: Callable[[str], None]
) -> tuple[list[Trial], list[Beside]]:
    """One trial a seed, and what stands beside each; two at a time."""
    found = _two_at_a_time(partial(_trial, size, limits), seeds, lambda done: progress(f"{size:,} subscribers: {done}"))
    done, beside = zip(*found, strict=True)
    return list(done), list(beside)


def _trial(size: int, limits: dict[str, float], seed: int) -> tuple[Trial, Beside]:
    simulation = simulate(REPORTED, size, DAYS, seed)
    return run(simulation, shipped_policy(), TextModel.load()), Beside(_baseline(simulation), counted(simulation, limits))


def _two_at_a_time(make: Callable[[int], Made], seeds: Sequence[int], progress: Callable[[str], None]) -> list[Made]:
    """What is made of each seed, in processes of their own."""
    found = []
    with ProcessPoolExecutor(2) as processes:
        for made in processes.map(make, seeds):
            found.append(made)
            progress(f"{len(found)} of {len(seeds)} operators")
    return found


def _baseline(simulation: Simulation) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        write_simulation(simulation, Path(folder))
        return baseline(Path(folder) / "records.jsonl.gz", simulation.labels)


HEADS = (
    "fraud type",
    "form",
    "numbers",
    "recall at watch (95 % interval)",
    "review",
    "block",
    "exact type",
    "top type right",
    "only a wrong type",
    "detected after, median",
    "p90",
    "acts begun until then, median",
    "and over",
    "PR-AUC",
    "precision",
    "false/M watch",
    "review",
    "block",
)


def detection_table(done: list[Trial]) -> list[str]:
    """Markdown: by fraud type and form, the recall and the time to detect; and false alarms of that type."""
    records = sum(trial.records for trial in done)
    lines = [f"| {' | '.join(HEADS)} |", "| --- " * len(HEADS) + "|"]
    for fraud_type in FRAUD_TYPES:
        of_type = [outcome for trial in done for outcome in trial.outcomes if outcome.fraud_type == fraud_type]
        wrong = sum(f.fraud_type == fraud_type for trial in done for f in trial.false)
        hits = sum(outcome.detect_s is not None for outcome in of_type)
        alarms = [f"{_false_per_million(done, level, fraud_type):.1f}" for level in range(len(ACTIONS))]
        scores = [f.score for trial in done for f in trial.false if f.fraud_type == fraud_type]
        lines.append(_line(fraud_type, PLAIN, of_type, scores, [f"{hits / max(1, hits + wrong):.3f}", *alarms]))
        evasive = sorted({outcome.variant for outcome in of_type} - {PLAIN})
        lines += [_line("", variant, of_type, scores, [""] * 4) for variant in evasive]
    alarms = [f"{action} {_false_per_million(done, level):.1f}" for level, action in enumerate(ACTIONS)]
    active = sum(trial.active for trial in done)
    most = [max(per_million(trial.false, level, trial.records) for trial in done) for level in range(len(ACTIONS))]
    worst = ", ".join(f"{action} {rate:.1f}" for action, rate in zip(ACTIONS, most, strict=True))
    lines += [
        "",
        f"{records:,} records of {active:,} active numbers, {_labelled(done) / max(active, 1):.1%} of them fraudulent; "
        f"{sum(trial.flags for trial in done):,} flags. False alarms of any type, distinct numbers ever "
        f"flagged per million records: {', '.join(alarms)}; on the worst single operator: {worst}.",
    ]
    return lines


def _labelled(done: list[Trial]) -> int:
    return sum(len(trial.outcomes) for trial in done)


def _line(name: str, variant: str, of_type: list[Outcome], false: list[float], tail: list[str]) -> str:
    some = [outcome for outcome in of_type if outcome.variant == variant]
    return f"| {' | '.join([name, variant.replace('_', ' '), *_detected(some), _area(some, false), *tail])} |"


def _area(some: list[Outcome], false: list[float]) -> str:
    """Under precision over recall, of numbers by their highest score, against legitimate numbers flagged so.

    Numbers that were never flagged have no score: recall ends where flags do.
    """
    found = [outcome.score for outcome in some if outcome.score > 0]
    if not found:
        return "0.000" if some else ""
    right = [True] * len(found) + [False] * len(false)
    return f"{average_precision_score(right, found + false) * len(found) / len(some):.3f}"


def _detected(some: list[Outcome]) -> list[str]:
    """The cells of one form, from how many numbers it has to how many acts it took."""
    if not some:
        return ["0", *[""] * 10]
    waits = sorted(outcome.detect_s / 60 for outcome in some if outcome.detect_s is not None)
    low, high = wilson(len(waits), len(some))
    strong = [f"{mean(outcome.level >= level for outcome in some):.2f}" for level in (2, 3)]
    exact = f"{mean(outcome.exact for outcome in some):.2f}"
    top = f"{mean(outcome.top_right for outcome in some if outcome.detect_s is not None):.2f}" if waits else ""
    wrong = str(sum(outcome.only_wrong for outcome in some))
    cells = [str(len(some)), f"{len(waits) / len(some):.3f} ({low:.2f} to {high:.2f})", *strong, exact, top, wrong]
    if not waits:
        return [*cells, "", "", "", ""]
    tenths = quantiles(waits, n=10, method="inclusive") if len(waits) > 1 else waits * 9
    acts = [outcome.acts for outcome in some if outcome.acts is not None]
    medians = [f"{median(counts):g}" for counts in zip(*acts, strict=True)] if acts else ["", ""]
    return [*cells, f"{tenths[4]:.1f} min", f"{tenths[8]:.1f} min", *medians]


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927)."""
    share, spread = hits / count, z * z / count
    centre, width = share + spread / 2, z * sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, (centre - width) / (1 + spread)), min(1.0, (centre + width) / (1 + spread))


def _false_per_million(done: list[Trial], level: int, fraud_type: str | None = None) -> float:
    records = sum(trial.records for trial in done)
    return sum(per_million(trial.false, level, trial.records, fraud_type) * trial.records for trial in done) / max(records, 1)


def kinds_table(false: list[FalseNumber]) -> list[str]:
    """Markdown: who the false alarms are, the commonest first."""
    lines = ["| numbers | who, as what, at most how strongly |", "| --- | --- |"]
    return lines + [f"| {count} | {kind.replace('_', ' ')} |" for kind, count in kinds_of(false).most_common()]


def calibration_table(done: list[Trial]) -> list[str]:
    """Markdown: of the flags that came with a score in a range, how many were right."""
    scored = [pair for trial in done for pair in trial.scored]
    lines = ["| score of the flag | flags | mean score | share right |", "| --- | --- | --- | --- |"]
    for low, high in pairwise(SCORES):
        some = [(score, right) for score, right in scored if low <= score < high]
        if some:
            means = f"{mean(score for score, _ in some):.3f} | {mean(right for _, right in some):.3f}"
            lines.append(f"| {low:g} to {min(high, 1.0):g} | {len(some)} | {means} |")
    return lines


def baseline_table(beside: dict[int, list[Beside]]) -> list[str]:
    """Markdown: the random forest's mean figures over the seeds, by size, fraud type and form."""
    heads = " | ".join(f"{size:,} subscribers: ROC AUC | average precision" for size in beside)
    lines = [f"| fraud type | form | {heads} |", "| --- " * (2 + 2 * len(beside)) + "|"]
    for fraud_type in FRAUD_TYPES:
        sizes = [[one.forest[fraud_type] for one in ones if fraud_type in one.forest] for ones in beside.values()]
        whole = [cell for reached in sizes for cell in (_mean(r.auc for r in reached), _mean(r.average_precision for r in reached))]
        lines.append(f"| {fraud_type} | all | {' | '.join(whole)} |")
        for form in sorted({form for reached in sizes for r in reached for form in r.forms}):
            cells = [cell for reached in sizes for cell in ("", _mean(r.forms[form] for r in reached if form in r.forms))]
            lines.append(f"|  | {form.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines


def _mean(values: Iterable[float]) -> str:
    found = list(values)
    return f"{mean(found):.3f}" if found else ""


def counters_section(beside: dict[int, list[Beside]], limits: dict[str, float]) -> list[str]:
    """Markdown: what plain counters with fixed limits flag, whatever the type."""
    heads = " | ".join(f"{size:,} subscribers: recall" for size in beside)
    lines = [
        "### Beside them: plain counters with fixed limits",
        "",
        f"| fraud type | {heads} |",
        "| --- " * (1 + len(beside)) + "|",
    ]
    for fraud_type in FRAUD_TYPES:
        lines.append(f"| {fraud_type} | {' | '.join(_counters_recall(ones, fraud_type) for ones in beside.values())} |")
    counters = [one.counters for ones in beside.values() for one in ones]
    rate = sum(one.false for one in counters) * 1e6 / sum(one.records for one in counters)
    over = ", ".join(f"more than {limit:,.0f} {name}" for name, limit in limits.items())
    return [*lines, "", f"A number is flagged at {over}. Legitimate numbers flagged per million records: {rate:.1f}.", ""]


def _counters_recall(ones: list[Beside], fraud_type: str) -> str:
    numbers, found = np.sum([one.counters.found[fraud_type] for one in ones], axis=0)
    return f"{found / max(1, numbers):.3f}"


def messages_section(seeds: Sequence[int], progress: Callable[[str], None]) -> list[str]:
    """Markdown: messages with their texts and without, at the smaller size."""
    done = _two_at_a_time(_messages, seeds, lambda found: progress(f"messages: {found}"))
    head = f"### Messages, with texts handed over and without, {SIZES[0]:,} subscribers"
    return [head, "", *messages_table(done), "", *senders_table(done), ""]


def _messages(seed: int) -> dict[str, Messages]:
    return measured(simulate(REPORTED, SIZES[0], DAYS, seed), shipped_policy(), TextModel.load())


def misses(done: list[Trial]) -> list[str]:
    """The marks that do not hold over these trials, one line each."""
    outcomes = [outcome for trial in done for outcome in trial.outcomes]
    found = []
    for fraud_type in FRAUD_TYPES:
        of_type = [outcome for outcome in outcomes if outcome.fraud_type == fraud_type]
        acts = [outcome.acts[1] for outcome in of_type if outcome.acts is not None]
        if fraud_type in MOST_ACTS and acts and median(acts) > MOST_ACTS[fraud_type]:
            found.append(f"{fraud_type} is flagged after {median(acts):g} acts, over {MOST_ACTS[fraud_type]}")
        for form, least in (("plain", LEAST_RECALL), ("evasive", LEAST_EVASIVE)):
            some = [outcome for outcome in of_type if outcome.stealthy == (form == "evasive")]
            waits = [outcome.detect_s / 3600 for outcome in some if outcome.detect_s is not None]
            if waits and median(waits) > MOST_HOURS.get((fraud_type, form), float("inf")):
                found.append(f"{fraud_type} in its {form} form is flagged after {median(waits):.1f} h")
            recall = mean(outcome.detect_s is not None for outcome in some) if some else 0.0
            if recall < least:
                found.append(f"{fraud_type} in its {form} form is recalled at {recall:.3f}, under {least}")
    top = [outcome.top_right for outcome in outcomes if outcome.detect_s is not None]
    if top and mean(top) < LEAST_TOP_RIGHT:
        found.append(f"the type of the highest score is right for {mean(top):.3f}, under {LEAST_TOP_RIGHT}")
    for level, action in enumerate(ACTIONS):
        rate = _false_per_million(done, level)
        if rate > MARKS[action]:
            found.append(f"{rate:.1f} false numbers per million at {action}, over {MARKS[action]}")
    return found


def section(size: int, seeds: Sequence[int], done: list[Trial]) -> list[str]:
    """Markdown: what was found at one size, who the false alarms are, what scores are worth."""
    false = [f._replace(number=f"{index} {f.number}") for index, trial in enumerate(done) for f in trial.false]
    head = f"### {size:,} subscribers, {DAYS:g} days, seeds {', '.join(map(str, seeds))}"
    return [head, "", *detection_table(done), "", *kinds_table(false), "", *calibration_table(done), ""]


def large(seeds: Sequence[int], progress: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """Sections of operators of `LARGE`, with nothing beside them, and the marks that do not hold."""
    done = _two_at_a_time(partial(_alone, LARGE), seeds, lambda found: progress(f"{LARGE:,} subscribers: {found}"))
    return section(LARGE, seeds, done), misses(done)


def _alone(size: int, seed: int) -> Trial:
    return run(simulate(RARE, size, DAYS, seed), shipped_policy(), TextModel.load())


def whole(sizes: Sequence[int], seeds: Sequence[int], progress: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """All sections, and the marks that do not hold."""
    limits = limits_of(simulate(TUNING, SIZES[0], DAYS, seed) for seed in LIMIT_SEEDS)
    lines, beside, missed = [], {}, []
    for size in sizes:
        done, beside[size] = trials(size, seeds, limits, progress)
        lines += section(size, seeds, done)
        missed += [f"{size} subscribers: {line}" for line in misses(done)]
    lines += messages_section(seeds, progress)
    lines += counters_section(beside, limits)
    return [*lines, "### Beside them: a random forest over plain aggregates", "", *baseline_table(beside)], missed


def main() -> int:
    """Run, print, write; status 1 where a mark does not hold."""
    parser = argparse.ArgumentParser(description="Figures of detection on simulated operators that nothing was tuned on.")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="one operator each")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="subscribers")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} subscribers instead, with nothing beside them")
    parser.add_argument("--no-write", action="store_true", help=f"leave {DOCUMENT.name} as it is")
    options = parser.parse_args()
    with Console(stderr=True).status("limits of plain counters") as status:
        made = large(options.seeds, status.update) if options.large else whole(options.sizes, options.seeds, status.update)
    lines, missed = made
    print("\n".join(lines))
    print("\n".join(missed) if missed else "every mark holds")
    if not options.no_write:
        put_into(DOCUMENT, LARGE_MARK if options.large else MARK, "\n".join(["", *lines, ""]))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
