"""Trains the subscriber model on real subscribers, one row each; the rows stay where they are."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from linewatch.config.errors import UnusableInput
from linewatch.models.pretrained.manifest import write_artifact
from linewatch.models.pretrained.subscriber import COLUMNS, FEATURES, UNTOLD, ranked
from linewatch.training.data_file import file_of, read_csv

FILE: Final = "sichuan.csv.gz"
BEYOND: Final = (
    *("busi_count", "flow_mean", "flow_median", "flow_min", "flow_max", "flow_var", "flow_sum", "month_ids", "flow_month"),
    *("arpu_mean", "arpu_var", "arpu_max", "arpu_min", "arpu_median", "arpu_sum", "arpu_skew", "arpu_sem", "arpu_quantile"),
)
"""The 18 columns that call and message records cannot give: data use and revenue."""
TREES: Final = 150
FOLDS: Final = 10
STEPS: Final = 400
"""How finely the scores of ordinary subscribers are kept."""
PLATEAU: Final = 0.002
"""Thresholds whose macro-F1 is so near the best are as good; the middle one is taken, for the best is mostly luck."""
Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


class Labelled(NamedTuple):
    """One row a subscriber: `COLUMNS` and then `BEYOND`, NaN where a field is empty; whether it is a fraud's."""

    rows: Floats
    fraud: Labels


def path_of(data: Path) -> Path:
    """The file of labelled subscribers, given itself or its folder; raises UnusableInput."""
    path = file_of(data, FILE)
    if not path.is_file():
        raise UnusableInput(f"{data} cannot be read; name the file of labelled subscribers, {FILE}, or its folder")
    return path


def read_subscribers(data: Path) -> Labelled:
    """All rows of the file; raises UnusableInput where a column is missing."""
    table = np.array(read_csv(path_of(data), (*COLUMNS, *BEYOND, "label"), _numbers))
    return Labelled(table[:, :-1], table[:, -1] == 1)


def _numbers(*values: str) -> list[float]:
    return [float(value or "nan") for value in values]


class Forests:
    """What ships: a random forest and extremely randomised trees over ranks among the ordinary rows, the mean of both.

    Each subscriber is learned twice, once with handsets and places untold, so that the trees know such operators too.
    """

    def __init__(self, rows: Floats, fraud: Labels, seed: int) -> None:
        self.ordinary = rows[~fraud]
        seen = ranked(np.vstack([rows, untold(rows)]), self.ordinary)
        twice = np.concatenate([fraud, fraud])
        self.estimators: dict[str, Any] = {
            "extra": ExtraTreesClassifier(TREES, min_samples_leaf=4, max_features=0.4, random_state=seed).fit(seen, twice),
            "random": RandomForestClassifier(TREES, min_samples_leaf=4, max_features=0.2, random_state=seed).fit(seen, twice),
        }

    def score(self, rows: Floats, others: Floats | None = None) -> Floats:
        """Probability of fraud, by ranks among the ordinary rows of training or among `others`."""
        seen = ranked(rows, self.ordinary if others is None else others)
        return np.mean([one.predict_proba(seen)[:, 1] for one in self.estimators.values()], axis=0)


def untold(rows: Floats) -> Floats:
    """The same subscribers at an operator that hands over no handsets and knows no places."""
    made = rows.copy()
    made[:, [COLUMNS.index(name) for name in UNTOLD]] = np.nan
    return made


def out_of_fold(rows: Floats, fraud: Labels, seed: int, folds: int) -> Floats:
    """The forests' probability of each row, by forests that have not seen it."""
    scores = np.zeros(len(fraud))
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, fraud):
        scores[test] = Forests(rows[train], fraud[train], seed).score(rows[test])
    return scores


def train_subscriber(data: Path, out: Path, seed: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Train on all rows, measure by rows left out in turn, write the artifact; returns the metrics.

    What the rows left out score is kept as quantiles of the ordinary and as a threshold. Figures that nothing was chosen by come
    from `linewatch.training.evaluate.subscribers`.
    """
    labelled = read_subscribers(data)
    rows, fraud = labelled.rows[:, : len(COLUMNS)], labelled.fraud
    progress("rows left out in turn")
    scores = out_of_fold(rows, fraud, seed, FOLDS)
    progress("trees")
    forests = Forests(rows, fraud, seed)
    threshold = best_threshold(scores, fraud)
    called = scores >= threshold
    metrics = {
        "auc": round(float(roc_auc_score(fraud, scores)), 4),
        "macro_f1": round(float(f1_score(fraud, called, average="macro")), 4),
        "folds": FOLDS,
    }
    ordinary = np.quantile(scores[~fraud], np.linspace(0.0, 1.0, STEPS + 1)[:-1])
    extra = {"threshold": threshold, "ordinary": [round(value, 5) for value in ordinary.tolist()]}
    sha256 = hashlib.sha256(path_of(data).read_bytes()).hexdigest()
    about = {"rows": len(rows), "fraud": int(fraud.sum()), "sha256": sha256, "seed": seed}
    write_artifact(out, "subscriber", forests.estimators, FEATURES, about, metrics, extra)
    return metrics


def best_threshold(scores: Floats, fraud: Labels) -> float:
    """Where macro-F1 is best: the middle of all thresholds that come within `PLATEAU` of it."""
    candidates = np.quantile(scores, np.linspace(0.02, 0.98, 193))
    reached = np.array([f1_score(fraud, scores >= at, average="macro") for at in candidates])
    return float(np.median(candidates[reached >= reached.max() - PLATEAU]))
