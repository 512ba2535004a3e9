"""Rules, number model and online models become one calibrated score per row and fraud type."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import Policy
from linewatch.models.rules.compiled import logits_of, signs_of
from linewatch.models.rules.every import tuned_rules
from linewatch.stream.profiles.features import FEATURES

MODEL_REACH = 3.0
"""The number model's log-odds are cut at plus and minus this, so that it moves a rule and never overrules it."""
ANOMALY_LOGIT = 0.5
"""What a wholly strange row adds; half-space trees know strange, not fraudulent."""


class NumberScorer(Protocol):
    """The pre-trained model over feature rows."""

    version: str

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds `[n, fraud types]` that a row is of each type."""


class OnlineScorer(Protocol):
    """The latest snapshot of the online models."""

    version: int

    def anomaly(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """How strange each row is, 0 to 1, `[n]`."""

    def fraud_logit(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What verdicts have taught, added to the log-odds, `[n, fraud types]`."""


class Scorer:
    """Scores of rows under one policy and one set of models; makes one call of each model per batch."""

    def __init__(self, policy: Policy, number_model: NumberScorer | None, online: OnlineScorer | None) -> None:
        self.policy = policy
        self.rules = tuned_rules(policy.detectors)
        self._signs = signs_of(self.rules, FEATURES)
        self.number_model = number_model
        self.online = online
        parts = [number_model.version if number_model else "rules", str(online.version if online else 0)]
        self.model_version = ".".join(parts)

    def scores(self, rows: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scores `[n, fraud types]`, 0 to 1, rounded to 1e-4, and the rules' own log-odds."""
        by_rule = logits_of(np.ascontiguousarray(rows), self._signs)
        total = by_rule.copy()
        if self.number_model is not None:
            moved = np.clip(self.number_model.logits(rows), -MODEL_REACH, MODEL_REACH)
            total += self.policy.model_weight * moved
        if self.online is not None:
            bound = self.policy.learner.max_adjust_logit
            total += np.clip(self.online.fraud_logit(rows), -bound, bound)
            total += ANOMALY_LOGIT * self.online.anomaly(rows)[:, None]
        return np.round(1.0 / (1.0 + np.exp(-total)), 4), by_rule
