"""The signs of all rules as arrays, and their log-odds by one compiled pass: what `Rule.logit` says, for small batches too."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.models.rules.rule import MISSING_LOGIT, MOST_LOGIT, Rule, softness


class Signs(NamedTuple):
    """By sign, rule after rule; `ends` is by rule where its signs end, `base` its logit with none."""

    column: NDArray[np.int64]
    threshold: NDArray[np.float64]
    scale: NDArray[np.float64]  # negative where the sign is full below its threshold
    weight: NDArray[np.float64]
    needed: NDArray[np.bool_]
    ends: NDArray[np.int64]
    base: NDArray[np.float64]


def signs_of(rules: tuple[Rule, ...], names: tuple[str, ...]) -> Signs:
    """The rules over feature rows whose columns are `names`."""
    index = {name: place for place, name in enumerate(names)}
    signs = [sign for rule in rules for sign in rule.signs]
    return Signs(
        np.array([index[sign.feature] for sign in signs], np.int64),
        np.array([sign.threshold for sign in signs]),
        np.array([-softness(sign) if sign.below else softness(sign) for sign in signs]),
        np.array([sign.weight for sign in signs]),
        np.array([sign.needed for sign in signs]),
        np.cumsum([len(rule.signs) for rule in rules]),
        np.array([rule.base for rule in rules]),
    )


@njit(cache=True)
def logits_of(rows: NDArray[np.float32], signs: Signs) -> NDArray[np.float64]:
    """Log-odds `[n, rules]`."""
    out = np.empty((len(rows), len(signs.ends)))
    for index in range(len(rows)):
        begin = 0
        for rule in range(len(signs.ends)):
            total = signs.base[rule]
            for at in range(begin, signs.ends[rule]):
                value = np.float64(rows[index, signs.column[at]])
                distance = (value - signs.threshold[at]) / signs.scale[at]
                strength = 1.0 / (1.0 + np.exp(-min(30.0, max(-30.0, distance))))
                total += strength * signs.weight[at]
                if signs.needed[at]:
                    total -= (1.0 - strength) * MISSING_LOGIT
            out[index, rule] = min(MOST_LOGIT, max(-MOST_LOGIT, total))
            begin = signs.ends[rule]
    return out
