"""Whether features and scores are distributed of late as they were before: two-sample Kolmogorov-Smirnov tests by scipy.

With many rows the smallest shift is significant, so a shift counts where the distance of the two distributions is of weight as
well; what many tests find by chance is taken out by Benjamini and Hochberg's procedure (1995).
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, ks_2samp

LEAST_ROWS: Final = 50
"""On either side, before two samples are compared."""
DISTANCE: Final = 0.1
"""Greatest distance of the two cumulative distributions from which on a shift is of weight."""
FALSE_DISCOVERIES: Final = 0.01
Sample = NDArray[np.float64]


class Shift(msgspec.Struct, frozen=True):
    """One quantity before and of late: medians, numbers of rows, distance 0 to 1, adjusted p-value, and whether it drifts."""

    name: str
    before: float
    recent: float
    rows_before: int
    rows_recent: int
    distance: float
    p_value: float
    drifts: bool


def shifts(samples: Mapping[str, tuple[Sample, Sample]]) -> list[Shift]:
    """Of named pairs of samples, before and of late, the greatest distance first; pairs with too few rows are left out."""
    kept = {name: pair for name, pair in samples.items() if min(map(len, pair)) >= LEAST_ROWS}
    if not kept:
        return []
    tests = [ks_2samp(before, recent, method="asymp") for before, recent in kept.values()]
    adjusted = false_discovery_control([test.pvalue for test in tests])
    found = []
    for (name, (before, recent)), test, p_value in zip(kept.items(), tests, adjusted.tolist(), strict=True):
        distance = float(test.statistic)
        drifts = distance >= DISTANCE and p_value <= FALSE_DISCOVERIES
        medians = float(np.median(before)), float(np.median(recent))
        found.append(Shift(name, *medians, len(before), len(recent), distance, p_value, drifts))
    return sorted(found, key=lambda shift: (-shift.distance, shift.name))


def cut_by_time(event_ms: NDArray[np.int64], values: Sample, recent_from_ms: int) -> tuple[Sample, Sample]:
    """Values `[n]` or columns `[n, k]` before a moment, and from it on."""
    recent = event_ms >= recent_from_ms
    return values[~recent], values[recent]
