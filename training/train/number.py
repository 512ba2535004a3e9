"""Trains the number model on simulated operators whose seeds and ranges no figure is reported on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.manifest import write_artifact
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.order.hold import FOREVER
from linewatch.stream.order.sighting import SMS
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.simulate.build import simulate
from linewatch.training.simulate.parameters import TRAINING, Parameters

LEARNED = range(9001, 9008)
HELD_OUT = 9008
ROWS_A_NUMBER = 12
EARLIEST = 5
"""Of them so many are the first since the number became what it is: there a flag is early, and chance would show few of them."""
LEGITIMATE = "legitimate"
HIDDEN = tuple(
    index
    for index, name in enumerate(FEATURES)
    if (name.startswith("block_") and not name.endswith("_excess")) or name.startswith("overlap") or name in ("age_h", "seen")
)
"""Columns that trees are not shown, since in the simulation they tell what in life they do not: its subscribers lie far apart, so
that a block with several callers is a campaign's; its busy SIMs talk twice at once; its numbers are two days old at most."""


def forest() -> RandomForestClassifier:
    """Trees that are not trained yet."""
    return RandomForestClassifier(60, max_depth=18, min_samples_leaf=3, max_features=0.15, random_state=1, n_jobs=1)


def rows_of(
    seed: int, subscribers: int, days: float, policy: Policy, parameters: Parameters = TRAINING
) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Feature rows of gated sightings of one simulated operator, and what their numbers were by then; a few a number."""
    simulation = simulate(parameters, subscribers, days, seed)
    found: list[tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.float32]]] = []

    def sink(output: Output, dead: list[Any]) -> None:
        for sightings, rows, _ in output.feature_rows:
            acted = sightings["kind"] <= SMS
            found.append((sightings["entity"][acted], sightings["event_ms"][acted], rows[acted]))

    operator = operator_from_toml(simulation.operator_toml())
    replay = Replay(policy, operator, TextModel.load(), None, sink, feedback=False, keep_features=True)
    replay.run(Line("", number, raw) for number, raw in enumerate(simulation.records, 1))
    entities, times_ms, rows = (np.concatenate(part) for part in zip(*found, strict=True))
    plans = replay.intake.fan_out.plans
    labelled = plans.ids([line["number"] for line in simulation.labels]).tolist()
    truth = {entity: (line["fraud_type"], line["first_ms"]) for entity, line in zip(labelled, simulation.labels, strict=True)}
    honest = (LEGITIMATE, FOREVER)
    known = zip(entities.tolist(), times_ms.tolist(), strict=True)
    fraud = np.array([at_ms >= truth.get(entity, honest)[1] for entity, at_ms in known])
    kept = _few_each(entities * np.uint64(2) + fraud, np.random.default_rng(seed))
    of_kept = zip(entities[kept].tolist(), fraud[kept].tolist(), strict=True)
    return rows[kept], np.array([truth[entity][0] if is_fraud else LEGITIMATE for entity, is_fraud in of_kept])


def _few_each(keys: NDArray[np.uint64], random: np.random.Generator) -> NDArray[np.int64]:
    """Indices of at most `ROWS_A_NUMBER` rows of each key: the `EARLIEST`, and others by chance."""
    order = np.argsort(keys, kind="stable")
    rank = _rank(keys[order])
    chance = np.where(rank >= EARLIEST, random.random(len(keys)), -1.0)
    shuffled = order[np.lexsort((chance, keys[order]))]
    return np.sort(shuffled[rank < ROWS_A_NUMBER])


def _rank(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Of sorted keys how many of the same stand before each."""
    begins = np.r_[0, np.flatnonzero(keys[1:] != keys[:-1]) + 1]
    return np.arange(len(keys)) - np.repeat(begins, np.diff(np.r_[begins, len(keys)]))


def train_number(out: Path, subscribers: int, days: float, progress: Callable[[str], None]) -> dict[str, Any]:
    """Train, measure on an operator left out, write the artifact; returns the metrics."""
    policy = shipped_policy()
    sets = []
    for seed in (*LEARNED, HELD_OUT):
        progress(f"operator of seed {seed}")
        sets.append(rows_of(seed, subscribers, days, policy))
    rows, labels = (np.concatenate(part) for part in zip(*sets[:-1], strict=True))
    rows[:, HIDDEN] = 0  # nothing to split on
    progress("trees")
    trees = forest().fit(rows, labels)
    test_rows, test_labels = sets[-1]
    test_rows[:, HIDDEN] = 0
    chances = trees.predict_proba(test_rows)
    metrics = {
        name: {
            "rows": int((test_labels == name).sum()),
            "auc": round(float(roc_auc_score(test_labels == name, chances[:, list(trees.classes_).index(name)])), 4),
        }
        for name in FRAUD_TYPES
    }
    data = {"seeds": [*LEARNED, HELD_OUT], "held_out": HELD_OUT, "subscribers": subscribers, "days": days, "rows": len(rows)}
    write_artifact(out, "number", trees, FEATURES, data, metrics)
    return metrics
