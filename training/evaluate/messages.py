"""How well the text model does where it was not trained: one source, or one whole language, left out at a time.

`python -m linewatch.training.evaluate.messages DATA` trains once for each and writes the table into `docs/messages.md`.
Nothing is chosen by what is left out: calibration leaves out one of the *other* sources after the other. How far a half
familiar text is believed is not blind to one of them: see `message_notices`.
"""

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained.text import UNFAMILIAR, Mixture
from linewatch.models.texts.features import Rows
from linewatch.models.texts.lexicon import words
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.labelled import Labelled, at_most, columns, joined, read_messages
from linewatch.training.train.own_examples import OWN, own_rows
from linewatch.training.train.text import FRAUD, SPAM, area, features_of, train_on

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "messages.md"
MOST_OF_A_LABEL: Final = 2000
_ENOUGH: Final = 100
"""Harmless rows that a left-out part must have for a threshold of its own; otherwise it is 0.5, where calibration has put one
false alarm in a hundred in the mean over the other sources, left out in turn, before any caution."""
_FALSE_ALARMS: Final = 0.01


class LeftOut(msgspec.Struct, frozen=True):
    """What a model that has seen nothing of a part says of it. Rates are None where the part has too few such rows."""

    part: str
    bad: str  # which rows count as what should be found: fraud, or all unwanted where the source does not tell
    count: int
    recall_at_1: float  # at the threshold that one in a hundred harmless rows reaches
    area: float | None
    recall: float | None  # at a probability of 0.5
    false_ordinary: float | None
    false_otp: float | None
    unfamiliar: float  # share of its texts that count as unlike anything learned


def measured(part: str, model: Mixture, features: Rows, rows: Labelled) -> LeftOut:
    """The figures of one left-out part: ranks by what the model guesses, calls at 0.5 by what it says after caution."""
    guesses, familiar = model.guesses(features)
    chances, _ = model.chances(features)
    harmless = np.isin(rows.labels, ("ham", "otp"))
    fraud = rows.labels == "fraud"
    told = bool(fraud.any())
    bad = fraud if told else ~harmless
    scores, said = (made[:, FRAUD] + (0.0 if told else made[:, SPAM]) for made in (guesses, chances))
    own = harmless.sum() >= _ENOUGH
    threshold = float(np.quantile(scores[harmless], 1 - _FALSE_ALARMS)) if own else 0.5

    def rate(mask: NDArray[np.bool_], of: NDArray[np.float64], at: float) -> float | None:
        return float((of[mask] >= at).mean()) if mask.sum() >= 30 else None

    return LeftOut(
        part,
        "fraud" if told else "unwanted",
        int(bad.sum()),
        float((scores[bad] > threshold).mean()),
        area(scores, bad, harmless) if own else None,
        rate(bad, said, 0.5),
        rate(rows.labels == "ham", chances[:, FRAUD], 0.5),
        rate(rows.labels == "otp", chances[:, FRAUD], 0.5),
        float((familiar < UNFAMILIAR).mean()),
    )


def subset(features: Rows, rows: NDArray[np.int64]) -> Rows:
    """Some of the rows."""
    return Rows(features.matrix[rows], features.concepts[rows], features.unparted[rows])


def left_out(rows: Labelled, features: Rows, out: NDArray[np.bool_], part: str, seed: int) -> LeftOut:
    """Train on what is not left out, and look at what is."""
    train, test = np.flatnonzero(~out), np.flatnonzero(out)
    estimators, extra = train_on(subset(features, train), rows.taken(train), seed, lambda text: None)
    return measured(part, Mixture(estimators, extra), subset(features, test), rows.taken(test))


def rows_to_learn(data: Path, random: np.random.Generator) -> tuple[Labelled, Labelled]:
    """Labelled messages, no more of a source and label than `MOST_OF_A_LABEL`; and these with the project's own examples."""
    real = labelled_to_learn(data, random)
    return real, joined(real, columns(own_rows(random)))


def labelled_to_learn(data: Path, random: np.random.Generator) -> Labelled:
    """Labelled messages, no more of a source and label than `MOST_OF_A_LABEL`."""
    real = columns(read_messages(data))
    return real.taken(at_most(real, MOST_OF_A_LABEL, random))


def evaluate(data: Path, seed: int, only: str, progress: Callable[[str], None]) -> Iterator[LeftOut]:
    """One source after the other, then one language after the other: its rows, its words and its examples."""
    random = np.random.default_rng(seed)
    real, everything = rows_to_learn(data, random)
    features = features_of(everything.texts)
    for source in np.unique(real.sources):
        if re.search(only, f"source {source}"):
            progress(f"source {source}")
            yield left_out(everything, features, everything.sources == source, f"source {source}", seed)
    for language in np.unique(real.languages):
        if re.search(only, f"language {language}"):
            progress(f"language {language}")
            without = frozenset({str(language)})
            rows = joined(real, columns(own_rows(random, without)))
            out = (rows.languages == language) & (rows.sources != OWN)
            yield left_out(rows, features_of(rows.texts, words(without)), out, f"language {language}", seed)
    if re.search(only, "nothing"):
        progress("nothing")
        yield within(everything, features, seed)


def within(rows: Labelled, features: Rows, seed: int) -> LeftOut:
    """Nothing left out but one row in ten, of all sources."""
    held = (np.random.default_rng(seed).random(len(rows.texts)) < 0.1) & (rows.sources != OWN)
    train, test = np.flatnonzero(~held), np.flatnonzero(held)
    estimators, extra = train_on(subset(features, train), rows.taken(train), seed, lambda text: None)
    return measured("nothing (one row in ten)", Mixture(estimators, extra), subset(features, test), rows.taken(test))


def table(results: list[LeftOut]) -> str:
    """The results in Markdown, with the means of the two halves."""
    lines = [
        "| left out | rows to find | recall at 1 % false alarms | area | recall at 0.5 | ordinary called fraud | "
        "OTP called fraud | unfamiliar |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in ("source", "language", "nothing"):
        group = [result for result in results if result.part.startswith(kind)]
        for result in group:
            shown = (result.recall_at_1, result.area, result.recall, result.false_ordinary, result.false_otp, result.unfamiliar)
            rates = " | ".join("" if value is None else f"{value:.3f}" for value in shown)
            lines.append(f"| {result.part} | {result.count} {result.bad} | {rates} |")
        if len(group) > 1:
            mean = np.mean([result.recall_at_1 for result in group])
            fraud = [result.recall_at_1 for result in group if result.bad == "fraud"]
            worst = max(max(result.false_ordinary or 0.0, result.false_otp or 0.0) for result in group)
            of_fraud = f"; of those that name fraud {np.mean(fraud):.3f}" if fraud else ""
            lines.append(f"| **mean over each {kind}** | | **{mean:.3f}**{of_fraud} | | | worst {worst:.3f} | | |")
    return "\n".join(lines)


def asking(description: str | None) -> argparse.ArgumentParser:
    """A command that is given labelled messages."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", type=Path, help="messages.csv.gz, or its folder")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def main() -> None:
    """The command."""
    parser = asking(__doc__)
    parser.add_argument("--only", default="", help="a pattern of the parts, such as `source thai`; the table is then not written")
    arguments = parser.parse_args()
    results = []
    for result in evaluate(arguments.data, arguments.seed, arguments.only, lambda part: print(f"leaving out {part}", flush=True)):
        results.append(result)
        print(table([result]).splitlines()[-1], flush=True)
    if not arguments.only:
        put_into(DOCUMENT, "left out", table(results))


if __name__ == "__main__":
    main()
