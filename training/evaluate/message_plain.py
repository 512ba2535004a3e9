"""What a plain n-gram model reaches within the set, beside the shipped model, on the tenth that neither was trained on.

`python -m linewatch.training.evaluate.message_plain DATA` writes the areas under the curve into `docs/messages.md`, each by what is
to be told from what. Most rows that are only called `spam` come from an English source of nearly nothing else, most harmless ones
from another: to tell them apart is to tell sources, which n-grams do best.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from linewatch.models.pretrained.text import TextModel
from linewatch.training.evaluate.messages import DOCUMENT, asking
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train import text
from linewatch.training.train.labelled import Labelled
from linewatch.training.train.text import FRAUD, SPAM, features_of, nine_in_ten

HARMLESS: Final = ("ham", "otp")
QUESTIONS: Final = (
    ("fraud", ("fraud",), HARMLESS),
    ("fraud", ("fraud",), (*HARMLESS, "promo")),
    ("fraud, spam, illegal", ("fraud", "spam", "illegal"), HARMLESS),
    ("fraud, spam, illegal", ("fraud", "spam", "illegal"), (*HARMLESS, "promo")),
    ("all unwanted", ("fraud", "spam", "illegal", "promo"), HARMLESS),
)
"""What is to be found: a name, its labels, and those that it is to be told from."""
Floats = NDArray[np.float64]


class Scores(NamedTuple):
    """Of each row by one model: how likely it is fraud, and how likely unwanted."""

    model: str
    fraud: Floats
    unwanted: Floats


def plain(train: Labelled, test: Labelled) -> Scores:
    """Character 2-to-4-grams, hashed, and a regression that takes marketing for harmless."""
    ngrams = HashingVectorizer(analyzer="char", ngram_range=(2, 4), n_features=1 << 20, alternate_sign=False)
    bad = np.isin(train.labels, ("fraud", "spam", "illegal"))
    model = LogisticRegression(C=10.0, max_iter=200).fit(ngrams.transform(train.texts), bad)
    scores = model.decision_function(ngrams.transform(test.texts))
    return Scores("plain n-grams", scores, scores)


def shipped(test: Labelled) -> list[Scores]:
    """The shipped model's guesses, and what it says with caution about what is unfamiliar."""
    model, features = TextModel.load().model, features_of(test.texts)
    made = {"shipped, ranks": model.guesses(features)[0], "shipped, as said": model.chances(features)[0]}
    return [Scores(name, chances[:, FRAUD], chances[:, FRAUD] + chances[:, SPAM]) for name, chances in made.items()]


def area(scores: Scores, rows: Labelled, bad: tuple[str, ...], good: tuple[str, ...]) -> float:
    """Under the curve, of rows with the labels `bad` against those with the labels `good`."""
    asked = scores.fraud if bad == ("fraud",) else scores.unwanted
    return text.area(asked, np.isin(rows.labels, bad), np.isin(rows.labels, good))


def table(results: list[Scores], rows: Labelled) -> str:
    """In Markdown."""
    heads = " | ".join(scores.model for scores in results)
    lines = [f"| to be found | rows | told from | {heads} |", f"| --- | --- | --- |{' --- |' * len(results)}"]
    for name, bad, good in QUESTIONS:
        areas = " | ".join(f"{area(scores, rows, bad, good):.4f}" for scores in results)
        lines.append(f"| {name} | {int(np.isin(rows.labels, bad).sum())} | {', '.join(good)} | {areas} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    arguments = asking(__doc__).parse_args()
    train, test = nine_in_ten(arguments.data, np.random.default_rng(arguments.seed))
    shown = table([plain(train, test), *shipped(test)], test)
    print(shown)
    put_into(DOCUMENT, "plain", shown)


if __name__ == "__main__":
    main()
