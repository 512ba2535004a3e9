"""What carries over to a language that nobody labelled: the project's own examples, each language left out in turn.

`python -m linewatch.training.evaluate.message_languages DATA` fits the regression that carries over without anything of one
language (its words stay in the lexicon), once with English examples alone beside the labelled messages and once with those of all
other languages, and writes the table into `docs/messages.md`: how well the examples of the language are then told apart.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained.text import softmax
from linewatch.models.texts.features import BUCKETS
from linewatch.training.evaluate.messages import DOCUMENT, asking, rows_to_learn
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.labelled import Labelled
from linewatch.training.train.text import FRAUD, Matrix, area, features_of, fit_carried, logits, of_other_languages

FALSE_ALARMS: Final = 0.02


class Told(NamedTuple):
    """Examples of fraud against honest ones and codes: the area under the curve, and what is found at `FALSE_ALARMS`."""

    area: float
    recall: float


class Language(NamedTuple):
    """One that was left out."""

    name: str
    english_alone: Told
    all_others: Told


def left_out(rows: Labelled, matrix: Matrix) -> Iterator[Language]:
    """Every language of the examples but English; `matrix` has the columns that carry over."""
    light = of_other_languages(rows)
    for name in np.unique(rows.languages[light]):
        here, elsewhere = light & (rows.languages == name), rows.languages != name
        yield Language(str(name), *(_told(rows, matrix, train, here) for train in (elsewhere & ~light, elsewhere)))


def _told(rows: Labelled, matrix: Matrix, train: NDArray[np.bool_], here: NDArray[np.bool_]) -> Told:
    model = fit_carried(matrix[train], rows.taken(np.flatnonzero(train)))
    chances = softmax(logits(model, matrix[here]))[:, FRAUD]
    fraud, honest = (np.isin(rows.labels[here], labels) for labels in (("fraud",), ("ham", "otp")))
    edge = np.quantile(chances[honest], 1 - FALSE_ALARMS)
    return Told(area(chances, fraud, honest), float((chances[fraud] > edge).mean()))


def table(languages: list[Language]) -> str:
    """In Markdown, with the mean."""
    found = f"found at {FALSE_ALARMS:.0%}"
    lines = [
        f"| left out | English examples alone: area | {found} | all other languages': area | {found} |",
        "| --- | --- | --- | --- | --- |",
    ]
    figures = np.array([[*one.english_alone, *one.all_others] for one in languages])
    for name, row in zip([one.name for one in languages] + ["**mean**"], [*figures, figures.mean(axis=0)], strict=True):
        lines.append(f"| {name} | {row[0]:.3f} | {row[1]:.2f} | {row[2]:.3f} | {row[3]:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    arguments = asking(__doc__).parse_args()
    _, rows = rows_to_learn(arguments.data, np.random.default_rng(arguments.seed))
    shown = table(list(left_out(rows, features_of(rows.texts).matrix[:, BUCKETS:])))
    print(shown)
    put_into(DOCUMENT, "languages", shown)


if __name__ == "__main__":
    main()
