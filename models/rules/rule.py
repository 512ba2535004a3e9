"""What every detector by rule gives: a strength per feature row, and reasons with the value and the threshold."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.models.rules.measures import in_words, plausible

MISSING_LOGIT: Final = 6.0
"""What a missing sign that is needed takes away."""
MOST_LOGIT: Final = 8.0

Column = Callable[[str], NDArray[np.float64]]
"""A feature's column by its name, `[n]`."""


class Sign(msgspec.Struct, frozen=True):
    """One thing that speaks for a fraud type.

    `code` names it in a flag's reasons; `feature` is the column looked at; the sign is full at `threshold` and over,
    or at it and under where `below`; `width` is how soft the edge is, as a share of the threshold; `weight` is what a
    full sign adds to the logit, and what a missing one takes away where `needed`.
    """

    code: str
    feature: str
    threshold: float
    text: str
    weight: float = 1.0
    below: bool = False
    needed: bool = False
    width: float = 0.35


class Rule(msgspec.Struct, frozen=True):
    """A detector: `base` is the logit with no sign at all; `applies` masks rows that it says nothing about."""

    fraud_type: str
    base: float
    signs: tuple[Sign, ...]
    support: str  # the rate whose slow sum counts the records that speak for it

    def tuned(self, knobs: Mapping[str, float]) -> "Rule":
        """The same rule with thresholds from the policy: keys are sign codes."""
        signs = tuple(
            msgspec.structs.replace(sign, threshold=float(knobs[sign.code])) if sign.code in knobs else sign for sign in self.signs
        )
        return msgspec.structs.replace(self, signs=signs)

    def strengths(self, column: Column) -> NDArray[np.float64]:
        """How full each sign is in each row, `[n, signs]`, 0 to 1."""
        return np.column_stack([fullness(sign, column(sign.feature)) for sign in self.signs])

    def logit(self, column: Column) -> NDArray[np.float64]:
        """The rule's own log-odds of its fraud type for each row, `[n]`."""
        strengths = self.strengths(column)
        weights = np.array([sign.weight for sign in self.signs])
        total = self.base + (strengths * weights).sum(axis=1)
        for index, sign in enumerate(self.signs):
            if sign.needed:
                total -= (1.0 - strengths[:, index]) * MISSING_LOGIT
        return np.clip(total, -MOST_LOGIT, MOST_LOGIT)

    def reasons(self, strengths: NDArray[np.float64], row: Mapping[str, float]) -> list[dict[str, Any]]:
        """The signs at least half full, the weightiest first; at least one."""
        order = sorted(range(len(self.signs)), key=lambda i: (-self.signs[i].weight * strengths[i], i))
        chosen = [self.signs[i] for i in order if strengths[i] >= 0.5] or [self.signs[order[0]]]
        values = [plausible(sign.feature, float(row[sign.feature])) for sign in chosen]
        return [
            {"code": sign.code, "value": round(value, 4), "threshold": sign.threshold, "text": _said(sign, value)}
            for sign, value in zip(chosen, values, strict=True)
        ]


def _said(sign: Sign, value: float) -> str:
    """What a sign says of a number, with the figure that it has."""
    measured = in_words(sign.feature, value)
    return f"{sign.text}: {measured}" if measured else sign.text


def fullness(sign: Sign, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A soft step: 0.5 at the threshold, `width` of the threshold to either side a logistic unit of 2."""
    distance = np.clip((values - sign.threshold) / softness(sign), -30.0, 30.0)
    return 1.0 / (1.0 + np.exp(distance if sign.below else -distance))


def softness(sign: Sign) -> float:
    """The change of the feature's value that moves the sign by a logistic unit."""
    return max(abs(sign.threshold) * sign.width, 1e-6) / 2.0
