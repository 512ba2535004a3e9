"""What a left-out source costs the text model: where its harmless messages lie, and what that does to the others.

`python -m linewatch.training.evaluate.message_sources DATA` leaves out one source after the other for the regression that carries
over alone, and writes the table into `docs/messages.md`. Log-odds of fraud are as the regression has them, uncalibrated.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained.text import softmax
from linewatch.models.texts.features import BUCKETS
from linewatch.training.evaluate.messages import DOCUMENT, asking, rows_to_learn
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.own_examples import OWN
from linewatch.training.train.text import FRAUD, features_of, fit_carried, logits

_ENOUGH: Final = 100
_STEPS: Final = np.linspace(-12.0, 12.0, 961)
Floats = NDArray[np.float64]


class Source(NamedTuple):
    """Log-odds of fraud of one left-out source: of its harmless messages, and of those that are named fraud."""

    name: str
    harmless: Floats
    fraud: Floats

    @property
    def edge(self) -> float | None:
        """What one in a hundred of its harmless messages reaches; None where it has too few."""
        return float(np.quantile(self.harmless, 0.99)) if len(self.harmless) >= _ENOUGH else None


def left_out(data: Path, seed: int) -> list[Source]:
    """Each source, as the regression trained on the others sees it."""
    random = np.random.default_rng(seed)
    real, rows = rows_to_learn(data, random)
    matrix = features_of(rows.texts).matrix[:, BUCKETS:]
    harmless, made = np.isin(rows.labels, ("ham", "otp")), []
    for name in np.unique(real.sources):
        out = rows.sources == name
        chances = softmax(logits(fit_carried(matrix[~out], rows.taken(np.flatnonzero(~out))), matrix[out]))[:, FRAUD]
        chances = np.clip(chances, 1e-9, 1 - 1e-9)
        odds = np.log(chances / (1 - chances))
        made.append(Source(str(name), odds[harmless[out]], odds[(rows.labels == "fraud")[out]]))
    return made


def threshold(sources: list[Source]) -> float:
    """Where one in a hundred harmless messages is called fraud, in the mean over the sources that have enough of them."""
    rates = np.mean([[(one.harmless >= step).mean() for step in _STEPS] for one in sources if one.edge is not None], axis=0)
    return float(_STEPS[np.flatnonzero(rates <= 0.01)[0]])


def table(sources: list[Source]) -> str:
    """In Markdown: by source the edge of its harmless messages, and the fraud found at its own edge and at the others'."""
    strictest = max((one for one in sources if one.edge is not None), key=lambda one: one.edge or 0.0).name
    lines = [
        "| left out | one harmless message in a hundred reaches | fraud found there | at 1 % of the others, in the mean "
        f"| the same without {strictest} |",
        "| --- | --- | --- | --- | --- |",
    ]
    assert OWN not in {one.name for one in sources}
    for one in sources:
        others = [other for other in sources if other.name != one.name]
        edges = (one.edge, threshold(others), threshold([other for other in others if other.name != strictest]))
        found = ["" if edge is None or not len(one.fraud) else f"{(one.fraud > edge).mean():.3f}" for edge in edges]
        lines.append(f"| {one.name} | {'' if one.edge is None else f'{one.edge:.2f}'} | {' | '.join(found)} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    arguments = asking(__doc__).parse_args()
    shown = table(left_out(arguments.data, arguments.seed))
    print(shown)
    put_into(DOCUMENT, "apart", shown)


if __name__ == "__main__":
    main()
