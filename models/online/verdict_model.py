"""What verdicts teach: per fraud type a logistic regression over squashed feature rows, learned by river.

Only flagged numbers are judged, and most flags are right. The model therefore starts from the belief that a flagged
number is fraudulent with a chance of `PRIOR`, and learns what differs: a verdict that confirms a flag moves little, one
that contradicts it moves four times as much, and before any verdict nothing is moved. What is given out is the
difference alone, in log-odds.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river.linear_model import LogisticRegression
from river.optim import SGD

PRIOR: Final = 0.8
"""The share of flags that is right, before anybody has said so: about the precision at `watch` that is aimed at."""
RATE: Final = 0.05
"""Log-odds by which one verdict of weight 1 that is wholly unexpected moves its own row.

Some 70 verdicts of weight 1 that all contradict then move a behaviour by 2, the most that the shipped policy lets them;
some 160 that all confirm are needed to move it by 1 the other way.
"""
L2: Final = 0.02
"""Pulls what was learned back by half over some 700 verdicts, and bounds it without any cap between -4 and +2."""
LEAST: Final = 40.0
"""Verdicts, by weight, before a type's model has a say: more than a source of weight 0.3 and 100 a day gives in a day."""


class VerdictLearner:
    """One model per fraud type; silent until it has heard enough."""

    def __init__(self, features: int, fraud_types: int) -> None:
        self.features = features
        self.heard = np.zeros(fraud_types)
        self.models = [self._model() for _ in range(fraud_types)]

    @staticmethod
    def _model() -> LogisticRegression:
        prior = float(np.log(PRIOR / (1 - PRIOR)))
        return LogisticRegression(optimizer=SGD(RATE), l2=L2, intercept_init=prior, intercept_lr=0.0, clip_gradient=1.0)

    def learn(self, row: NDArray[np.float64], fraud_type: int, fraud: bool, weight: float) -> None:
        """One verdict on one squashed row; `weight` 0 to 1. Raises ValueError for a row that is not finite.

        The step is divided by the row's squared length, so that a row with many values lit moves no further than
        another (normalised least mean squares, Nagumo and Noda 1967).
        """
        if not np.isfinite(row).all():
            raise ValueError("a judged row holds a value that is not finite; it is not learned")
        length = max(float(row @ row), 1.0)
        self.models[fraud_type].learn_one(dict(enumerate(row.tolist())), fraud, w=weight / length)
        self.heard[fraud_type] += weight

    def weights(self) -> NDArray[np.float64]:
        """`[fraud types, features + 1]`, an intercept of 0 last; zeros while a model has not heard enough."""
        return np.array(
            [
                self._plain(model) if heard >= LEAST else np.zeros(self.features + 1)
                for model, heard in zip(self.models, self.heard.tolist(), strict=True)
            ]
        )

    def _plain(self, model: LogisticRegression) -> NDArray[np.float64]:
        weights = model.weights
        return np.array([*(float(weights.get(index, 0.0)) for index in range(self.features)), 0.0])

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain data."""
        steps = [int(model.optimizer.n_iterations) for model in self.models]
        return {"heard": self.heard.tolist(), "weights": [self._plain(m).tolist() for m in self.models], "steps": steps}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.heard = np.array(state["heard"])
        for index, (weights, steps) in enumerate(zip(state["weights"], state["steps"], strict=True)):
            model = self.models[index] = self._model()
            if steps:
                model._weights.update(dict(enumerate(weights[:-1])))
            model.optimizer.n_iterations = steps
