"""How good and how well calibrated the number model is by itself, beside a forest of its own for each fraud type.

`python -m linewatch.training.evaluate.number_model` trains the latter on the operators that the shipped model was trained on, with
the same settings, and has both judge operators of other ranges that neither has seen: a few rows of each number, as in training,
so that frauds are commoner than in life. It writes a table into `docs/detection.md` and draws `docs/reliability.svg`.
"""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.special import expit
from sklearn.metrics import average_precision_score, brier_score_loss

from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.profiles.features import FEATURES
from linewatch.training.evaluate.pages import put_into
from linewatch.training.evaluate.report import DOCUMENT
from linewatch.training.simulate.parameters import REPORTED, TRAINING, Parameters
from linewatch.training.train.number import HIDDEN, LEARNED, forest, rows_of

MARK: Final = "number model"
SEEDS: Final = (84001, 84002, 84003, 84004)
SUBSCRIBERS, DAYS = 2500, 2.0
PLOT: Final = DOCUMENT.with_name("reliability.svg")
EDGES: Final = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1.0)
"""Of the ranges of probability that are looked at together."""
FEWEST: Final = 30
"""Rows that a range must have to be drawn."""
Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]


class Judged(NamedTuple):
    """Rows of numbers whose truth is known, `[n, fraud types]`: what is true, and how likely each model takes it to be."""

    truth: Truth
    chances: dict[str, Floats]


class Range(NamedTuple):
    """Chances in one range: of how many rows, their mean, and which share came true."""

    rows: int
    said: float
    true: float


def learned_rows(seeds: Sequence[int], parameters: Parameters) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Rows and what they are, as in training, of several operators, two at a time."""
    with ProcessPoolExecutor(2) as processes:
        begun = processes.map(partial(_rows_of, parameters=parameters), seeds)
        made = list(track(begun, "operators", total=len(seeds), console=Console(stderr=True)))
    rows, labels = (np.concatenate(part) for part in zip(*made, strict=True))
    rows[:, HIDDEN] = 0
    return rows, labels


def _rows_of(seed: int, parameters: Parameters) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """In a process of its own, with a policy of its own: the text of one stays behind where it is pickled."""
    return rows_of(seed, SUBSCRIBERS, DAYS, shipped_policy(), parameters)


def judged(progress: Callable[[str], None]) -> Judged:
    """Both models on operators that neither has seen."""
    rows, labels = learned_rows(LEARNED, TRAINING)
    shown, told = learned_rows(SEEDS, REPORTED)
    each = np.zeros((len(shown), len(FRAUD_TYPES)))
    for place, name in enumerate(FRAUD_TYPES):
        progress(f"a forest for {name}")
        each[:, place] = forest().fit(rows, labels == name).predict_proba(shown)[:, 1]
    together = expit(NumberModel.load(FEATURES).logits(shown))
    truth = np.column_stack([told == name for name in FRAUD_TYPES])
    return Judged(truth, {"one for all": together, "one each": each})


def reliability(truth: Truth, chances: Floats) -> list[Range]:
    """By range of `EDGES`, what chances of one or several types came to; ranges with too few are left out."""
    found = []
    for low, high in pairwise(EDGES):
        inside = (chances >= low) & ((chances < high) | (high == EDGES[-1]))
        if (count := int(inside.sum())) >= FEWEST:
            found.append(Range(count, float(chances[inside].mean()), float(truth[inside].mean())))
    return found


def apart(ranges: Sequence[Range]) -> float:
    """The expected calibration error (Naeini et al., 2015): how far what is said lies from what is true, in the mean."""
    return sum(one.rows * abs(one.said - one.true) for one in ranges) / sum(one.rows for one in ranges)


def table(found: Judged) -> str:
    """In Markdown: Brier scores (Brier, 1950) beside that of always saying how common a type is, and average precisions."""
    names = list(found.chances)
    heads = [f"{figure}, {name}" for figure in ("Brier score", "average precision") for name in names]
    lines = [
        f"| fraud type | rows | Brier score of its share alone | {' | '.join(heads)} |",
        f"| --- | --- | --- |{' --- |' * len(heads)}",
    ]
    for place, fraud_type in enumerate(FRAUD_TYPES):
        lines.append(_line(fraud_type, found.truth[:, [place]], [chances[:, [place]] for chances in found.chances.values()]))
    lines.append(_line("all of them", found.truth, list(found.chances.values())))
    errors = ", ".join(f"{name} {apart(reliability(found.truth, chances)):.4f}" for name, chances in found.chances.items())
    return "\n".join([*lines, "", f"Rows: {len(found.truth):,}. Expected calibration error over all types: {errors}."])


def _line(name: str, truth: Truth, chances: Sequence[Floats]) -> str:
    share = truth.mean(axis=0)
    alone = float((share * (1 - share)).mean())
    brier = [f"{np.mean([brier_score_loss(*pair) for pair in zip(truth.T, one.T, strict=True)]):.5f}" for one in chances]
    precision = [f"{np.mean([average_precision_score(*pair) for pair in zip(truth.T, one.T, strict=True)]):.3f}" for one in chances]
    return f"| {name} | {int(truth.sum())} | {alone:.5f} | {' | '.join([*brier, *precision])} |"


def plot(found: Judged, path: Path) -> None:
    """Over what is said, which share of it came true, and how often it is said."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    one, two = figure.subplots(1, 2)
    one.plot([0, 1], [0, 1], ":", color="gray")
    for name, chances in found.chances.items():
        ranges = reliability(found.truth, chances)
        one.plot([each.said for each in ranges], [each.true for each in ranges], "o-", label=name)
        two.plot([each.said for each in ranges], [each.rows for each in ranges], "o-", label=name)
    one.set(xlabel="probability of a fraud type", ylabel="share of rows that are of it", xlim=(0, 1), ylim=(0, 1))
    two.set(xlabel="probability of a fraud type", ylabel="how often it was said", yscale="log", xlim=(0, 1))
    one.legend()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Train, judge, print, write."""
    argparse.ArgumentParser(prog="python -m linewatch.training.evaluate.number_model", description=__doc__).parse_args()
    found = judged(lambda step: print(step, flush=True))
    shown = table(found)
    print(shown)
    put_into(DOCUMENT, MARK, shown)
    plot(found, PLOT)


if __name__ == "__main__":
    main()
