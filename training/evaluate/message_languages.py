"""What the project's own examples teach about languages: half of them learned, and the other half told apart.

`python -m linewatch.training.evaluate.message_languages DATA` trains the text model twice on the labelled messages, once with the
English ones of one half of the examples and once with all of that half, and writes into `docs/messages.md` what both say of the
other half. Both halves are of the same authors: this is no measure of what comes from elsewhere, for which see `messages`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained.text import CLASSES, Mixture
from linewatch.training.evaluate.messages import DOCUMENT, asking, labelled_to_learn
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.labelled import Labelled, columns, joined
from linewatch.training.train.own_examples import own_rows
from linewatch.training.train.text import FRAUD, OTP, features_of, train_on

LEARNED, ASKED = slice(0, None, 2), slice(1, None, 2)


class Said(NamedTuple):
    """Shares at a probability of 0.5: of fraud and of ordinary messages that are called fraud, of codes that are called codes."""

    fraud: float
    ordinary: float
    codes: float


class Language(NamedTuple):
    """What a model that met English examples alone says of one, and what a model says that met its own too."""

    name: str
    english_alone: Said
    with_own: Said


def said(chances: NDArray[np.float64], labels: NDArray[np.str_]) -> Said:
    """Of some messages; chances `[n, CLASSES]`."""
    assert chances.shape[1] == len(CLASSES)
    calls = [(chances[labels == label, which] >= 0.5).mean() for label, which in (("fraud", FRAUD), ("ham", FRAUD), ("otp", OTP))]
    return Said(*map(float, calls))


def told(labelled: Labelled, seed: int) -> list[Language]:
    """Every language of the examples."""
    random = np.random.default_rng(seed)
    learned, asked = (columns(own_rows(random, part=part)) for part in (LEARNED, ASKED))
    features, found = features_of(asked.texts), []
    for own in (learned.taken(np.flatnonzero(learned.languages == "en")), learned):
        rows = joined(labelled, own)
        found.append(Mixture(*train_on(features_of(rows.texts), rows, seed, lambda text: None)).chances(features)[0])
    made = []
    for name in np.unique(asked.languages):
        here = asked.languages == name
        made.append(Language(str(name), *(said(chances[here], asked.labels[here]) for chances in found)))
    return made


def table(languages: list[Language]) -> str:
    """In Markdown, with the mean over the languages but English."""
    lines = [
        "| language | fraud called so | ordinary called fraud | codes called codes |",
        "| --- | --- | --- | --- |",
    ]
    figures = np.array([[one.english_alone, one.with_own] for one in languages])
    mean = figures[[one.name != "en" for one in languages]].mean(axis=0)
    for name, (before, after) in zip([*(one.name for one in languages), "**mean, but English**"], [*figures, mean], strict=True):
        lines.append(f"| {name} | " + " | ".join(f"{old:.2f} to {new:.2f}" for old, new in zip(before, after, strict=True)) + " |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    arguments = asking(__doc__).parse_args()
    labelled = labelled_to_learn(arguments.data, np.random.default_rng(arguments.seed))
    shown = table(told(labelled, arguments.seed))
    print(shown)
    put_into(DOCUMENT, "languages", shown)


if __name__ == "__main__":
    main()
