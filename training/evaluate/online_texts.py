"""How the text model learns a country it never saw: its messages in time order, each judged before it is learned.

`python -m linewatch.training.evaluate.online_texts DATA` leaves a source out of the shipped model's training, streams its
messages in the order of their dates, and learns from a verdict on each that anybody would judge: what was called fraud,
and one in ten of the others. As in a worker, what verdicts teach counts by the learner's next snapshot. It writes the table into
`docs/messages.md`.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import shipped_policy
from linewatch.models.online.taught import Teaching
from linewatch.models.pretrained.text import Mixture
from linewatch.models.texts.features import Rows
from linewatch.training.data_file import file_of, read_csv
from linewatch.training.evaluate.messages import DOCUMENT, MOST_OF_A_LABEL, asking, subset
from linewatch.training.evaluate.pages import put_into
from linewatch.training.train.labelled import FILE, Labelled, at_most, columns, joined, read_messages
from linewatch.training.train.own_examples import OWN, own_rows
from linewatch.training.train.text import FRAUD, features_of, train_on

SOURCE: Final = "thai_ssivakorn"
SMISHING: Final = "smishing"
STEP: Final = 50
_ASKED: Final = 0.1
"""Share of the messages that nothing speaks against which is judged all the same."""


class Stretch(NamedTuple):
    """Between two counts of verdicts: harmless messages and fraud met, how many each model called fraud, its log loss in all."""

    verdicts: int
    harmless: int
    false_shipped: int
    false_online: int
    fraud: int
    found_shipped: int
    found_online: int
    loss_shipped: float
    loss_online: float


def in_time(data: Path, source: str, seed: int) -> Labelled:
    """The messages of a source whose labels tell, in the order of their dates; of one day, and without one, at random."""
    dates = np.array(read_csv(file_of(data, FILE), ("when",), lambda when: (when or "99999999").ljust(8, "0")))
    rows = columns(read_messages(data))
    places = np.flatnonzero((rows.sources == source) & np.isin(rows.labels, ("ham", "otp", "fraud")))
    shuffled = np.random.default_rng(seed).permutation(places)
    return rows.taken(shuffled[np.argsort(dates[shuffled], kind="stable")])


def streamed(shipped: Mixture, features: Rows, fraud: NDArray[np.bool_], seed: int) -> list[Stretch]:
    """Judge each message, then learn it if anybody would have judged it; by every `STEP` verdicts."""
    random, learner = np.random.default_rng(seed), shipped_policy().learner
    teaching, verdicts = Teaching(shipped), 0
    before = shipped.chances(features)[0][:, FRAUD]
    chances = before.copy()
    counts, made = np.zeros(8), []
    for place, truth in enumerate(fraud.tolist()):
        said = before[place], chances[place]
        named = np.array([True, said[0] >= 0.5, said[1] >= 0.5])
        counts[3 * truth : 3 * truth + 3] += named
        counts[6:] -= np.log(np.maximum(said if truth else [1 - said[0], 1 - said[1]], 1e-6))
        if max(said) >= 0.5 or random.random() < _ASKED:
            teaching.learn(subset(features, np.array([place])), [SMISHING], truth, 1.0, learner.max_adjust_logit)
            verdicts += 1
            if verdicts % learner.verdicts_per_snapshot == 0:
                chances = teaching.taught(learner.max_adjust_logit).chances(features)[0][:, FRAUD]
            if verdicts % STEP == 0:
                made.append(_stretch(verdicts, counts))
                counts[:] = 0
    if counts.any():
        made.append(_stretch(verdicts, counts))
    return made


def _stretch(verdicts: int, counts: NDArray[np.float64]) -> Stretch:
    return Stretch(verdicts, *counts[:6].astype(np.int64).tolist(), *counts[6:].tolist())


def evaluate(data: Path, source: str, seed: int) -> list[Stretch]:
    """Train without the source, then stream it."""
    random = np.random.default_rng(seed)
    real = columns(read_messages(data))
    others = real.taken(np.flatnonzero(real.sources != source))
    rows = joined(others.taken(at_most(others, MOST_OF_A_LABEL, random)), columns(own_rows(random)))
    assert source not in set(rows.sources) - {OWN}
    estimators, extra = train_on(features_of(rows.texts), rows, seed, lambda text: None)
    stream = in_time(data, source, seed)
    features = features_of(stream.texts)
    features.matrix.sum_duplicates()
    return streamed(Mixture(estimators, extra), features, stream.labels == "fraud", seed)


def table(stretches: list[Stretch]) -> str:
    """In Markdown."""
    lines = [
        "| up to verdict | harmless messages | called fraud, shipped | called fraud, learning | fraud | found, shipped "
        "| found, learning | log loss a message, shipped | learning |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    whole = _stretch(stretches[-1].verdicts, np.sum([one[1:] for one in stretches], axis=0))
    for one in (*stretches, whole):
        harmless, fraud = max(one.harmless, 1), max(one.fraud, 1)
        rates = f"{one.false_shipped / harmless:.3f} | {one.false_online / harmless:.3f} | {one.fraud}"
        found = f"{one.found_shipped / fraud:.3f} | {one.found_online / fraud:.3f}"
        name = "all" if one is whole else str(one.verdicts)
        losses = " | ".join(f"{loss / max(1, one.harmless + one.fraud):.3f}" for loss in (one.loss_shipped, one.loss_online))
        lines.append(f"| {name} | {one.harmless} | {rates} | {found} | {losses} |")
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = asking(__doc__)
    parser.add_argument("--source", default=SOURCE, help="the source that is left out and streamed")
    parser.add_argument("--no-write", action="store_true", help=f"leave {DOCUMENT.name} as it is")
    arguments = parser.parse_args()
    shown = table(evaluate(arguments.data, arguments.source, arguments.seed))
    print(shown)
    if not arguments.no_write:
        put_into(DOCUMENT, "online", shown)


if __name__ == "__main__":
    main()
