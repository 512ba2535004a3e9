"""What verdicts teach about texts: a logistic regression over a text's features, learned by river, beside the shipped model.

It starts as the shipped model (whose log-odds of fraud are one of its features, with a weight of 1) and learns what
differs here. What is given out is a mixture of the two, weighted by how well each has foretold the verdicts so far
(Bayesian averaging; Vovk, 1990), eight to one for the shipped model at first: over any sequence of verdicts of weight 1 its
log loss is in all at most 0.13 above the shipped model's, and at most 2.13 above that of what was learned.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from river.linear_model import LogisticRegression
from river.optim import SGD

RATE: Final = 1.0
"""By how much of its own surprise one verdict moves the log-odds of the text that it is on."""
MOST_LOGIT: Final = 8.0
_SHIPPED: Final = -1
"""The key of the shipped model's log-odds among the features."""


class TextVerdicts:
    """One model of one class, fraud unless said otherwise; a text is its features as columns, each once, and values.

    `shipped` is the shipped model's probability, `most` by how much what was learned may move its log-odds.
    """

    def __init__(self) -> None:
        self.heard = 0
        self.log_odds = -2.0  # of the learned model against the shipped one
        self._model = LogisticRegression(optimizer=SGD(RATE), l2=0.0, intercept_lr=0.0, clip_gradient=1.0)
        self._model._weights.update({_SHIPPED: 1.0})

    @property
    def trust(self) -> float:
        """The share of the learned model in the mixture, 0 to 1."""
        return float(1.0 / (1.0 + np.exp(-self.log_odds)))

    def chance(self, columns: Iterable[int], values: Iterable[float], shipped: float, most: float = np.inf) -> float:
        """The probability that the text means to deceive."""
        learned = self._learned(_features(columns, values, shipped), most)
        return float(self.trust * learned + (1.0 - self.trust) * shipped)

    def learn(
        self,
        columns: NDArray[np.int32],
        values: NDArray[np.float32],
        shipped: float,
        fraud: bool,
        weight: float,
        most: float = np.inf,
        given: bool = True,
    ) -> None:
        """One verdict; `weight` 0 to 1. Where the mixture would not have been `given` out, it does not count for or against it.

        Raises ValueError for features that are not finite.
        """
        if not (np.isfinite(values).all() and np.isfinite(shipped)):
            raise ValueError("a judged text has a feature that is not finite; it is not learned")
        features = _features(columns.tolist(), values.tolist(), shipped)
        if given:
            learned = self._learned(features, most)
            self.log_odds += weight * (_log_likelihood(learned, fraud) - _log_likelihood(shipped, fraud))
            self.log_odds = float(np.clip(self.log_odds, -20.0, 20.0))
        length = max(float(sum(value * value for key, value in features.items() if key != _SHIPPED)), 1e-6)
        kept = self._model._weights[_SHIPPED]
        self._model.learn_one(features, fraud, w=weight / length)
        self._model._weights[_SHIPPED] = kept  # the shipped model's say stays what it was
        self.heard += 1

    def weights(self, features: int) -> NDArray[np.float32]:
        """What is added to the shipped log-odds, by column, `[features]`: for scoring many texts at once."""
        learned = self._model.weights
        columns = np.fromiter(learned, np.int64, len(learned))
        values = np.fromiter(learned.values(), np.float64, len(learned))
        made = np.zeros(features, np.float32)
        made[columns[columns != _SHIPPED]] = values[columns != _SHIPPED]
        return made

    def _learned(self, features: dict[int, float], most: float) -> float:
        """What the learned model alone says."""
        shipped = features[_SHIPPED]
        moved = np.clip(self._model._raw_dot_one(features) - shipped, -most, most)
        return float(1.0 / (1.0 + np.exp(-(shipped + moved))))

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain data."""
        weights = {str(key): float(value) for key, value in self._model.weights.items()}
        return {"heard": self.heard, "log_odds": self.log_odds, "weights": weights}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.heard, self.log_odds = int(state["heard"]), float(state["log_odds"])
        self._model._weights.update({int(key): value for key, value in state["weights"].items()})


def logit(shipped: Any) -> Any:
    """The shipped model's log-odds as they are learned on, of one probability or an array of them."""
    return np.clip(np.log(np.maximum(shipped, 1e-9) / np.maximum(1 - shipped, 1e-9)), -MOST_LOGIT, MOST_LOGIT)


def _features(columns: Iterable[int], values: Iterable[float], shipped: float) -> dict[int, float]:
    return dict(zip(columns, values, strict=True)) | {_SHIPPED: float(logit(np.float64(shipped)))}


def _log_likelihood(chance: float, fraud: bool) -> float:
    return float(np.log(max(chance if fraud else 1.0 - chance, 1e-6)))
