"""Precision against recall over all thresholds, from the highest score that each number ever had."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.backtest.compare import LEVELS
from linewatch.stream.backtest.run import Outcome
from linewatch.stream.backtest.truth import frauds_of
from linewatch.stream.intake.numbers import NumberPlans


class Curve:
    """Of one fraud type: recall and precision by rising threshold, and where the policy's thresholds stand on it."""

    def __init__(self, truth: NDArray[np.bool_], peaks: NDArray[np.float32], missed: int, policy: Policy, fraud_type: str) -> None:
        precision, recall, edges = precision_recall_curve(truth, peaks)
        share = truth.sum() / (truth.sum() + missed)  # of those who have a score of any weight at all
        self.precision, self.recall = precision[:-1], recall[:-1] * share
        thresholds = policy.thresholds_for("", fraud_type)
        self.marks: dict[str, tuple[float, float]] = {}
        for level in LEVELS:
            at = int(np.searchsorted(edges, getattr(thresholds, level)))
            if at < len(edges):
                self.marks[level] = (float(self.recall[at]), float(self.precision[at]))


def curves_of(
    outcome: Outcome, labels: Iterable[dict[str, Any]], related: Iterable[dict[str, Any]], country: str | None
) -> dict[str, Curve]:
    """The curves of the fraud types that have labels; numbers that are neither right nor wrong are left out.

    Numbers of labels in national form are of `country`, the operator's.
    """
    truth = frauds_of(labels, country)
    neither = set(NumberPlans(country).ids([line["number"] for line in related]).tolist())
    frauds = set().union(*truth.values())
    curves = {}
    for index, fraud_type in enumerate(FRAUD_TYPES):
        right = truth.get(fraud_type, set())
        kept = [entity for entity in outcome.peaks if entity in right or entity not in neither | frauds]
        is_right = np.array([entity in right for entity in kept])
        if is_right.any():
            peaks = np.array([outcome.peaks[entity][index] for entity in kept])
            curves[fraud_type] = Curve(is_right, peaks, len(right) - int(is_right.sum()), outcome.policy, fraud_type)
    return curves
