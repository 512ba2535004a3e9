"""Feature values onto 0 to 1 by fixed scales, so that no traffic can move the limits that a model was built on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_YES_OR_NO = frozenset(
    (
        "valid",
        "mobile",
        "foreign",
        "is_number",
        "roaming",
        "sim_told",
        "new_place",
        "same_place",
        "forwards_abroad",
        "forwards_hot",
        "at_home",
        "signed",
        "own",
        "shared_handset",
    )
)


def scales(names: Sequence[str]) -> NDArray[np.float64]:
    """By feature the value that becomes 0.5: shares 0.5, rates 5 an hour, seconds 60, ages a week, watches three days."""
    found = np.full(len(names), 5.0)
    for index, name in enumerate(names):
        if name.endswith(("_share", "_mean", "_ratio")):
            found[index] = 0.5
        elif name.startswith(("mean_", "seconds", "hot_seconds", "forwarded_seconds")):
            found[index] = 60.0
        elif name.startswith("h_since_"):
            found[index] = 72.0
        elif name in ("age_h", "seen"):
            found[index] = 168.0
        elif name in _YES_OR_NO:
            found[index] = 1.0
    return found


def squash(rows: NDArray[np.float32], by: NDArray[np.float64]) -> NDArray[np.float64]:
    """`value / (value + scale)` of each, `[n, features]`, in [0, 1); values are finite and not negative."""
    values = rows.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a feature row holds a value that is not finite; it is not scored and not learned")
    return values / (values + by)
