"""What the subscriber model finds at a simulated operator: a month of records, each number scored once at its end.

`python -m linewatch.training.evaluate.histories` simulates, scores and prints. The model has never seen a simulated row.
"""

import argparse
from collections import defaultdict
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from linewatch.config.operator import operator_from_toml
from linewatch.models.pretrained.subscriber import SubscriberModel, ranked
from linewatch.stream.history.columns import histories, read_places
from linewatch.stream.history.events import Events
from linewatch.stream.records.files import Line, blocks_of_lines
from linewatch.stream.replay import BATCH
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import REPORTED

SEED: Final = 7101
LEAST: Final = 20
ORDINARY: Final = "ordinary"


class Scored(NamedTuple):
    """Numbers with enough history: what each is (a fraud type, a look-alike, or ordinary), whether a fraud's, its probability."""

    kinds: list[str]
    fraud: NDArray[np.bool_]
    chances: NDArray[np.float64]


def scored(simulation: Simulation, model: SubscriberModel) -> Scored:
    """The operator's own numbers; accomplices and victims named in `related` are left out."""
    operator = operator_from_toml(simulation.operator_toml())
    events = Events(operator)
    for block in blocks_of_lines((Line("", number, raw) for number, raw in enumerate(simulation.records, 1)), BATCH):
        events.take(block)
    found = histories(events, operator, read_places(None))
    enough = found.calls + found.messages >= LEAST
    rows = found.rows[enough]
    chances = model.chances(ranked(rows, rows))
    kinds = {line["number"]: line["kind"] for line in simulation.lookalikes}
    types = {line["number"]: line["fraud_type"] for line in simulation.labels}
    related = {line["number"] for line in simulation.related} - types.keys()
    numbers = [f"+{number}" for number in found.numbers[enough].tolist()]
    kept = [place for place, number in enumerate(numbers) if number not in related]
    named = [types.get(numbers[place], kinds.get(numbers[place], ORDINARY)) for place in kept]
    return Scored(named, np.array([numbers[place] in types for place in kept]), chances[kept])


def shown(of: Scored, threshold: float) -> list[str]:
    """Markdown: by kind how many, the median share of honest numbers that score less, the share above the threshold."""
    honest = np.sort(of.chances[~of.fraud])
    lines = [
        "| number | how many | score above so many honest numbers, median | above the threshold |",
        "| --- | --- | --- | --- |",
    ]
    places = defaultdict(list)
    for place, kind in enumerate(of.kinds):
        places[not of.fraud[place], kind].append(place)
    for (_, kind), some in sorted(places.items()):
        chances = of.chances[some]
        above = np.median(np.searchsorted(honest, chances, "left") / len(honest))
        lines.append(f"| {kind.replace('_', ' ')} | {len(some)} | {above:.2f} | {(chances >= threshold).mean():.2f} |")
    area = roc_auc_score(of.fraud, of.chances)
    return [*lines, "", f"{len(of.kinds)} numbers, {int(of.fraud.sum())} of them fraud; AUC {area:.3f}"]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--days", type=float, default=28.0)
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    model = SubscriberModel.load()
    simulation = simulate(REPORTED, arguments.subscribers, arguments.days, arguments.seed)
    print("\n".join(shown(scored(simulation, model), model.threshold)))


if __name__ == "__main__":
    main()
