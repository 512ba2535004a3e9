"""How far a guess about a text in an unlearned language may be believed, by honest notices alone.

`python -m linewatch.training.evaluate.message_notices DATA` trains without all English rows, and without one more source after the
other, and writes into `docs/messages.md` how many of the project's own honest English notices are then called fraud, by how
familiar a text must be for a guess to count wholly. No labelled source has such notices but one (Thai), and that
one's labels are not to choose for its own line: so these stand in for the notices of a country that was not learned. The criterion
is not blind all the same: it was devised after that line had been seen under other settings.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from linewatch.models.pretrained.text import PRIOR, Mixture, belief
from linewatch.training.evaluate.messages import DOCUMENT, asking, rows_to_learn, subset
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.own_examples import OWN
from linewatch.training.train.text import FRAUD, features_of, train_on

STEPS: Final = (0.2, 0.33, 0.5, 0.7, 0.9)
AT_MOST: Final = 0.02


class Notices(NamedTuple):
    """Shares called fraud, for each of `STEPS`, of the notices and of the project's own examples of fraud."""

    without: str
    notices: list[float]
    fraud: list[float]

    @property
    def chosen(self) -> float:
        """The first step at which no more than `AT_MOST` of the notices are called fraud; the last where none is."""
        return next((step for step, share in zip(STEPS, self.notices, strict=True) if share <= AT_MOST), STEPS[-1])


def evaluate(data: Path, seed: int) -> Iterator[Notices]:
    """English left out, and nothing more or one source more."""
    random = np.random.default_rng(seed)
    real, rows = rows_to_learn(data, random)
    features, english = features_of(rows.texts), rows.languages == "en"
    honest = np.flatnonzero(english & (rows.sources == OWN) & np.isin(rows.labels, ("ham", "otp")))
    bad = np.flatnonzero(english & (rows.sources == OWN) & (rows.labels == "fraud"))
    for name in ("", *np.unique(real.sources[real.languages != "en"]).tolist()):
        train = np.flatnonzero(~english & (rows.sources != name))
        model = Mixture(*train_on(subset(features, train), rows.taken(train), seed, lambda text: None))
        shares = []
        for part in (honest, bad):
            guesses, familiar = model.guesses(subset(features, part))
            counts = [belief(familiar, step) for step in STEPS]
            shares.append([float((one * guesses[:, FRAUD] + (1 - one) * PRIOR[FRAUD] >= 0.5).mean()) for one in counts])
        yield Notices(name, *shares)


def table(results: list[Notices]) -> str:
    """In Markdown."""
    head = " | ".join(f"whole from {step:g} on" for step in STEPS)
    lines = [f"| left out besides English | {head} | first under {AT_MOST:.0%} |", f"| --- |{' --- |' * (len(STEPS) + 1)}"]
    for one in results:
        shares = " | ".join(f"{honest:.3f} ({fraud:.2f})" for honest, fraud in zip(one.notices, one.fraud, strict=True))
        lines.append(f"| {one.without or 'nothing'} | {shares} | {one.chosen:g} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    arguments = asking(__doc__).parse_args()
    results = []
    for result in evaluate(arguments.data, arguments.seed):
        results.append(result)
        print(table([result]).splitlines()[-1], flush=True)
    put_into(DOCUMENT, "notices", table(results))


if __name__ == "__main__":
    main()
