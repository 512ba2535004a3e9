"""What verdicts teach: per fraud type a logistic regression over squashed feature rows, learned by river."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river.linear_model import LogisticRegression
from river.optim import SGD

RATE: Final = 0.05
L2: Final = 1e-3
LEAST: Final = 20.0
"""Verdicts, by weight, before a type's model has a say."""


class VerdictLearner:
    """One model per fraud type; silent until it has heard enough."""

    def __init__(self, features: int, fraud_types: int) -> None:
        self.features = features
        self.heard = np.zeros(fraud_types)
        self.models = [self._model() for _ in range(fraud_types)]

    @staticmethod
    def _model() -> LogisticRegression:
        return LogisticRegression(optimizer=SGD(RATE), l2=L2, intercept_lr=RATE, clip_gradient=1.0)

    def learn(self, row: NDArray[np.float64], fraud_type: int, fraud: bool, weight: float) -> None:
        """One verdict on one squashed row; `weight` 0 to 1."""
        self.models[fraud_type].learn_one(dict(enumerate(row.tolist())), fraud, w=weight)
        self.heard[fraud_type] += weight

    def weights(self) -> NDArray[np.float64]:
        """`[fraud types, features + 1]`, the intercept last; zeros while a model has not heard enough."""
        return np.array(
            [
                self._plain(model) if heard >= LEAST else np.zeros(self.features + 1)
                for model, heard in zip(self.models, self.heard.tolist(), strict=True)
            ]
        )

    def _plain(self, model: LogisticRegression) -> NDArray[np.float64]:
        weights = model.weights
        return np.array([*(float(weights.get(index, 0.0)) for index in range(self.features)), float(model.intercept)])

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
            model.intercept = weights[-1]
            model.optimizer.n_iterations = steps
