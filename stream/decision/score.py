"""Rules, number model and online models become one calibrated score per row and fraud type."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import Policy
from linewatch.models.rules.compiled import logits_of, signs_of
from linewatch.models.rules.every import tuned_rules
from linewatch.stream.profiles.features import FEATURES

MODEL_REACH = 3.0
"""The number model's log-odds are cut at plus and minus this, so that it moves a rule and never overrules it."""
STRANGE_LOGIT = 1.0
"""What a row gets for its strangeness, of which a tenth is much: half-space trees know strange, not fraudulent. What is usual
gets nothing, so that no score leaps when the first snapshot comes."""


class NumberScorer(Protocol):
    """The pre-trained model over feature rows."""

    version: str
    candidates: Path | None
    """The folder of the other models that a policy may name."""

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds `[n, fraud types]` that a row is of each type."""

    def of(self, version: str) -> "NumberScorer":
        """The model that a policy names, this one where it names none."""

    def moved(self, row: NDArray[np.float32], fraud_type: str) -> NDArray[np.float64]:
        """By feature of one row how far it moved the chance of a type, `[features]`."""


class OnlineScorer(Protocol):
    """The latest snapshot of the online models."""

    version: int

    def strangeness(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """How much stranger than usual each row is, -1 to 1, `[n]`."""

    def fraud_logit(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What verdicts have taught, added to the log-odds, `[n, fraud types]`."""

    def moved(self, row: NDArray[np.float32], fraud_type: str) -> NDArray[np.float64]:
        """By feature of one row how much of that is due to it, `[features]`."""


class Asked:
    """Feature rows `[n, features]`, and what was said of them: two policies over the same rows ask each model once."""

    def __init__(self, rows: NDArray[np.float32]) -> None:
        self.rows = np.ascontiguousarray(rows)
        self._said: dict[Hashable, NDArray[np.float64]] = {}

    def once(self, what: Hashable, say: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
        """The answer to `what`, to be read only."""
        if what not in self._said:
            self._said[what] = say()
        return self._said[what]


class Scorer:
    """Scores of rows under one policy and one set of models; makes one call of each model per batch."""

    def __init__(self, policy: Policy, number_model: NumberScorer | None, online: OnlineScorer | None) -> None:
        self.policy = policy
        self.rules = tuned_rules(policy.detectors)
        self._signs = signs_of(self.rules, FEATURES)
        self._tuning = repr(sorted((name, sorted(keys.items())) for name, keys in policy.detectors.items()))
        self.number_model = number_model.of(policy.number_model) if number_model else None
        self.online = online
        parts = [self.number_model.version if self.number_model else "rules", str(online.version if online else 0)]
        self.model_version = ".".join(parts)

    def scores(self, asked: Asked) -> NDArray[np.float64]:
        """Scores `[n, fraud types]`, 0 to 1, rounded to 1e-4."""
        version = self.number_model.version if self.number_model else ""
        weights = self._tuning, version, self.policy.model_weight, self.policy.learner.max_adjust_logit
        return asked.once(weights, lambda: self._weighed(asked))

    def parts(self, asked: Asked) -> dict[str, NDArray[np.float64]]:
        """What each source adds to the log-odds, `[n, fraud types]` or `[n, 1]`; those that are there, by name."""
        parts = {"rules": asked.once(("rules", self._tuning), lambda: logits_of(asked.rows, self._signs))}
        if (number := self.number_model) is not None:
            said = asked.once(("number", number.version), lambda: np.clip(number.logits(asked.rows), -MODEL_REACH, MODEL_REACH))
            parts["number model"] = self.policy.model_weight * said
        if (online := self.online) is not None:
            bound = self.policy.learner.max_adjust_logit
            parts["verdicts"] = np.clip(asked.once("verdicts", lambda: online.fraud_logit(asked.rows)), -bound, bound)
            parts["strangeness"] = STRANGE_LOGIT * asked.once("strangeness", lambda: online.strangeness(asked.rows))[:, None]
        return parts

    def _weighed(self, asked: Asked) -> NDArray[np.float64]:
        rules, *others = self.parts(asked).values()
        total = rules.copy()
        for part in others:
            total += part
        return np.round(1.0 / (1.0 + np.exp(-total)), 4)
