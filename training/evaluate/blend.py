"""A mean of six kinds of scikit-learn models over labelled subscribers; all that is chosen is chosen in inner folds.

Inner folds score each row by models that have not seen it. By these scores each kind's setting is chosen (area under the
curve), its log-odds are calibrated (Platt, 1999), the mean of all kinds or a regression over them (Wolpert, 1992) is taken,
and the threshold is put where macro-F1 is best.
"""

import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC

from linewatch.training.train.subscriber import best_threshold

INNER: Final = 4
_BAG: Final = 3
"""Seeds whose mean is taken where a model depends much on its seed."""
Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


class Views(NamedTuple):
    """The same rows for trees (a number far below all where a value is missing) and for the others (normal scores, 0 there)."""

    trees: Floats
    normal: Floats

    def take(self, which: NDArray[np.int64]) -> "Views":
        """Some of the rows."""
        return Views(self.trees[which], self.normal[which])


def views(rows: Floats, quantiles: QuantileTransformer) -> Views:
    """Both views; what lies beyond the training's rows is drawn to a normal score of 3."""
    normal = np.clip(np.nan_to_num(quantiles.transform(rows), nan=0.0), -3.0, 3.0)
    return Views(np.nan_to_num(rows, nan=-1e6), normal)


class Kind(NamedTuple):
    """One kind of model: which view it reads, its settings, how it is made of one of them and a seed, how many seeds."""

    view: str
    settings: tuple[dict[str, Any], ...]
    make: Callable[..., Any]
    bag: int = 1


KINDS: Final = {
    "boosting": Kind(
        "trees",
        (
            {"learning_rate": 0.03, "max_iter": 300, "max_leaf_nodes": 8},
            {"learning_rate": 0.04, "max_iter": 300, "max_leaf_nodes": 16},
        ),
        lambda seed, **how: HistGradientBoostingClassifier(
            **how, max_features=0.3, l2_regularization=10.0, min_samples_leaf=15, early_stopping=False, random_state=seed
        ),
        _BAG,
    ),
    "extra trees": Kind(
        "trees",
        ({"max_features": 0.2}, {"max_features": 0.5}),
        lambda seed, **how: ExtraTreesClassifier(200, min_samples_leaf=2, **how, random_state=seed),
    ),
    "random forest": Kind(
        "trees",
        ({"max_features": 0.15},),
        lambda seed, **how: RandomForestClassifier(200, min_samples_leaf=2, **how, random_state=seed),
    ),
    "regression": Kind(
        "normal",
        ({"C": 0.03}, {"C": 0.3}),
        lambda seed, **how: LogisticRegression(**how, max_iter=1000),
    ),
    "support vectors": Kind(
        "normal",
        ({"C": 1.0, "gamma": 0.004}, {"C": 3.0, "gamma": 0.004}, {"C": 1.0, "gamma": 0.012}, {"C": 3.0, "gamma": 0.012}),
        lambda seed, **how: SVC(**how),
    ),
    "network": Kind(
        "normal",
        ({"alpha": 0.3}, {"alpha": 3.0}),
        lambda seed, **how: MLPClassifier((48,), **how, max_iter=40, batch_size=64, random_state=seed),
        _BAG,
    ),
}


class Fitted:
    """Models of one kind and setting, of one seed or several."""

    def __init__(self, kind: Kind, setting: dict[str, Any], seed: int, rows: Views, fraud: Labels) -> None:
        self._view = kind.view
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a network is stopped early on purpose
            self._models = [kind.make(seed + more, **setting).fit(getattr(rows, kind.view), fraud) for more in range(kind.bag)]

    def score(self, rows: Views) -> Floats:
        """Log-odds, or a distance from the border that is as good to rank by."""
        view = getattr(rows, self._view)
        return np.mean([_scored(model, view) for model in self._models], axis=0)


def _scored(model: Any, rows: Floats) -> Floats:
    if not hasattr(model, "predict_proba"):
        return model.decision_function(rows)
    chances = np.clip(model.predict_proba(rows)[:, 1], 1e-3, 1 - 1e-3)
    return np.log(chances / (1 - chances))


class Blend:
    """Fitted to rows; `chosen` says what the inner folds chose."""

    def __init__(self, rows: Floats, fraud: Labels, seed: int) -> None:
        self._quantiles = QuantileTransformer(n_quantiles=min(300, len(rows)), output_distribution="normal").fit(rows)
        seen = views(rows, self._quantiles)
        folds = StratifiedKFold(INNER, shuffle=True, random_state=seed)
        parts = list(folds.split(rows, fraud))
        self.chosen: dict[str, Any] = {}
        self._fitted, self._calibrated, columns = [], [], []
        for name, kind in KINDS.items():
            tried = [_out_of_fold(kind, setting, seed, seen, fraud, parts) for setting in kind.settings]
            best = int(np.argmax([roc_auc_score(fraud, scores) for scores in tried]))
            self.chosen[name] = kind.settings[best]
            platt = LogisticRegression(C=1e6).fit(tried[best][:, None], fraud)
            columns.append(platt.decision_function(tried[best][:, None]))
            self._calibrated.append(platt)
            self._fitted.append(Fitted(kind, kind.settings[best], seed, seen, fraud))
        inner = np.column_stack(columns)
        stack = LogisticRegression(C=0.01)
        stacked = cross_val_predict(stack, inner, fraud, cv=parts, method="decision_function")
        plain = inner.mean(axis=1)
        use_stack = roc_auc_score(fraud, stacked) > roc_auc_score(fraud, plain)
        self._stack = stack.fit(inner, fraud) if use_stack else None
        self.threshold = best_threshold(stacked if use_stack else plain, fraud)
        self.chosen["blend"] = "regression" if use_stack else "mean"

    def score(self, rows: Floats) -> Floats:
        """Log-odds of fraud, to be held against `threshold`."""
        seen = views(rows, self._quantiles)
        pairs = zip(self._fitted, self._calibrated, strict=True)
        columns = np.column_stack([platt.decision_function(one.score(seen)[:, None]) for one, platt in pairs])
        return columns.mean(axis=1) if self._stack is None else self._stack.decision_function(columns)


def _out_of_fold(kind: Kind, setting: dict[str, Any], seed: int, rows: Views, fraud: Labels, parts: list[Any]) -> Floats:
    scores = np.zeros(len(fraud))
    for train, test in parts:
        scores[test] = Fitted(kind, setting, seed, rows.take(train), fraud[train]).score(rows.take(test))
    return scores
