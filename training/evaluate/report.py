"""`python -m linewatch.training.evaluate.report`: figures on simulated operators that nothing was tuned on.

Prints them, and writes them between the marks of `docs/detection.md`.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from statistics import mean, quantiles

from rich.console import Console

from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import TextModel
from linewatch.training.evaluate.baseline import baseline
from linewatch.training.evaluate.measure import ACTIONS
from linewatch.training.evaluate.message_report import measured, messages_table, senders_table
from linewatch.training.evaluate.trial import FalseNumber, Outcome, Trial, kinds_of, per_million, run
from linewatch.training.simulate.build import Simulation, simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED

SEEDS = (82001, 82002, 82003, 82004, 82005)
SIZES = (2500, 20_000)
DAYS = 2.0
MARKS = {"watch": 100.0, "review": 30.0, "block": 5.0}
LEAST_RECALL = 0.7
SCORES = (0.35, 0.5, 0.75, 0.9, 0.97, 0.99, 1.01)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "detection.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
Figures = dict[str, dict[str, float]]


def trials(size: int, seeds: Iterable[int], progress: Callable[[str], None]) -> tuple[list[Trial], list[Figures]]:
    """One trial a seed, and the baseline's figures of each."""
    text_model, policy = TextModel.load(), shipped_policy()
    done, beside = [], []
    for seed in seeds:
        progress(f"{size} subscribers, seed {seed}: simulating")
        simulation = simulate(REPORTED, size, DAYS, seed)
        progress(f"{size} subscribers, seed {seed}: {len(simulation.records)} records")
        done.append(run(simulation, policy, text_model))
        progress(f"{size} subscribers, seed {seed}: random forest")
        beside.append(_baseline(simulation))
    return done, beside


def _baseline(simulation: Simulation) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        write_simulation(simulation, Path(folder))
        return baseline(Path(folder) / "records.jsonl.gz", simulation.labels)


def detection_table(done: list[Trial]) -> list[str]:
    """Markdown: by fraud type, plain and stealthy, the recall and the time to detect; and false alarms of that type."""
    outcomes = [outcome for trial in done for outcome in trial.outcomes]
    records = sum(trial.records for trial in done)
    lines = [
        "| fraud type | form | numbers | recall | only a wrong type | detected after, median | p90 | precision | false/M watch "
        "| review | block |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for fraud_type in FRAUD_TYPES:
        of_type = [outcome for outcome in outcomes if outcome.fraud_type == fraud_type]
        wrong = sum(f.fraud_type == fraud_type for trial in done for f in trial.false)
        hits = sum(outcome.detect_s is not None for outcome in of_type)
        precision = f"{hits / max(1, hits + wrong):.3f}"
        alarms = " | ".join(f"{_false_per_million(done, level, fraud_type):.1f}" for level in range(len(ACTIONS)))
        for form, stealthy in (("plain", False), ("stealthy", True)):
            some = [outcome for outcome in of_type if outcome.stealthy == stealthy]
            tail = f"{precision} | {alarms}" if not stealthy else " | | | "
            lines.append(f"| {fraud_type if not stealthy else ''} | {form} | {_detected(some)} | {tail} |")
    alarms = ", ".join(f"{action} {_false_per_million(done, level):.1f}" for level, action in enumerate(ACTIONS))
    most = [max(per_million(trial.false, level, trial.records) for trial in done) for level in range(len(ACTIONS))]
    worst = ", ".join(f"{action} {rate:.1f}" for action, rate in zip(ACTIONS, most, strict=True))
    lines += [
        "",
        f"{records:,} records, {sum(trial.flags for trial in done):,} flags. False alarms of any type, distinct numbers ever "
        f"flagged per million records: {alarms}; on the worst single operator: {worst}.",
    ]
    return lines


def _detected(some: list[Outcome]) -> str:
    waits = sorted(outcome.detect_s / 60 for outcome in some if outcome.detect_s is not None)
    wrong = sum(outcome.only_wrong for outcome in some)
    if not some:
        return "0 | | | |"
    recall = f"{len(waits) / len(some):.3f}"
    if len(waits) < 2:
        return f"{len(some)} | {recall} | {wrong} | | "
    tenths = quantiles(waits, n=10, method="inclusive")
    return f"{len(some)} | {recall} | {wrong} | {tenths[4]:.1f} min | {tenths[8]:.1f} min"


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


def baseline_table(beside: dict[int, list[Figures]]) -> list[str]:
    """Markdown: the random forest's mean figures over the seeds, by size."""
    heads = " | ".join(f"{size:,} subscribers: ROC AUC | average precision" for size in beside)
    lines = [f"| fraud type | {heads} |", "| --- " * (1 + 2 * len(beside)) + "|"]
    for fraud_type in FRAUD_TYPES:
        cells = [
            f"{mean(f[fraud_type]['auc'] for f in figures if fraud_type in f):.3f} | "
            f"{mean(f[fraud_type]['average_precision'] for f in figures if fraud_type in f):.3f}"
            for figures in beside.values()
        ]
        lines.append(f"| {fraud_type} | {' | '.join(cells)} |")
    return lines


def messages_section(seeds: Iterable[int]) -> list[str]:
    """Markdown: messages with their texts and without, at the smaller size."""
    text_model, policy = TextModel.load(), shipped_policy()
    done = [measured(simulate(REPORTED, SIZES[0], DAYS, seed), policy, text_model) for seed in seeds]
    head = f"### Messages, with texts handed over and without, {SIZES[0]:,} subscribers"
    return [head, "", *messages_table(done), "", *senders_table(done), ""]


def misses(done: list[Trial]) -> list[str]:
    """The marks that do not hold over these trials, one line each."""
    outcomes = [outcome for trial in done for outcome in trial.outcomes if not outcome.stealthy]
    found = []
    for fraud_type in FRAUD_TYPES:
        some = [outcome for outcome in outcomes if outcome.fraud_type == fraud_type]
        recall = mean(outcome.detect_s is not None for outcome in some) if some else 0.0
        if recall < LEAST_RECALL:
            found.append(f"{fraud_type} in its plain form is recalled at {recall:.3f}, under {LEAST_RECALL}")
    for level, action in enumerate(ACTIONS):
        rate = _false_per_million(done, level)
        if rate > MARKS[action]:
            found.append(f"{rate:.1f} false numbers per million at {action}, over {MARKS[action]}")
    return found


def main() -> int:
    """Run, print, write; status 1 where a mark does not hold."""
    parser = argparse.ArgumentParser(description="Figures of detection on simulated operators that nothing was tuned on.")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="one operator each")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="subscribers")
    parser.add_argument("--no-write", action="store_true", help=f"leave {DOCUMENT.name} as it is")
    options = parser.parse_args()
    console = Console(stderr=True)
    lines, beside, missed = [], {}, []
    with console.status("") as status:
        for size in options.sizes:
            done, beside[size] = trials(size, options.seeds, status.update)
            false = [f._replace(number=f"{index} {f.number}") for index, trial in enumerate(done) for f in trial.false]
            lines += [f"### {size:,} subscribers, {DAYS:g} days, seeds {', '.join(map(str, options.seeds))}", ""]
            lines += [*detection_table(done), "", *kinds_table(false), "", *calibration_table(done), ""]
            missed += [f"{size} subscribers: {line}" for line in misses(done)]
    lines += messages_section(options.seeds)
    lines += ["### Beside them: a random forest over plain aggregates", "", *baseline_table(beside)]
    print("\n".join(lines))
    print("\n".join(missed) if missed else "every mark holds")
    if not options.no_write:
        text = DOCUMENT.read_text()
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        DOCUMENT.write_text(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + after)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
