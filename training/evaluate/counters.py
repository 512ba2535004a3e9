"""Plain counters with fixed limits, as session border controllers have them, as a yardstick beside the detectors.

The five counters of OpenSIPS's module `fraud_detection` (per caller and prefix calls a minute and a day; calls at once, calls in a
row to one number; length of a call) and, as VoIPmonitor's rules have it, minutes abroad a day. They know calls alone.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.event_time import DAY_MS
from linewatch.training.simulate.build import Simulation

PREFIX: Final = 3
"""Characters of a called number by which it is counted: about a country."""
ALLOWED_PER_MILLION: Final = 10.0
"""So many legitimate numbers per million records may exceed the limit of a counter on the operators that it is set on."""
_MINUTE_MS: Final = 60_000
Highest = dict[str, dict[str, float]]
"""By counter, by calling number, the highest value that it ever had."""


def highest(simulation: Simulation) -> Highest:
    """The highest value of each counter for each calling number."""
    calls = simulation.world.calls
    callers, who = np.unique(np.concatenate([each.calling for each in calls]).astype(str), return_inverse=True)
    called = np.concatenate([each.called for each in calls]).astype(str)
    start_ms = np.concatenate([each.start_ms for each in calls])
    duration_s = np.concatenate([each.duration_s for each in calls])
    order = np.lexsort((start_ms, who))
    who, called, start_ms, duration_s = who[order], called[order], start_ms[order], duration_s[order]
    heads = called.astype(f"<U{PREFIX}")
    pairs = np.unique(np.char.add(np.char.add(who.astype(str), " "), heads), return_inverse=True)[1]
    day = start_ms // DAY_MS
    abroad_min = np.where(heads == callers[who].astype(f"<U{PREFIX}"), 0.0, duration_s / 60)
    counters = {
        "calls a minute": _in_a_minute(pairs, start_ms),
        "calls a day": _sum_by(pairs, day, np.ones(len(who))),
        "calls at once": _at_once(who, start_ms, duration_s),
        "calls in a row to one number": _in_a_row(who, called),
        "seconds of a call": duration_s,
        "minutes abroad a day": _sum_by(who, day, abroad_min),
    }
    return {name: _most(callers, who, values) for name, values in counters.items()}


def _most(callers: NDArray[np.str_], who: NDArray[np.int64], values: NDArray[np.float64]) -> dict[str, float]:
    most = np.zeros(len(callers))
    np.maximum.at(most, who, values)
    return dict(zip(callers.tolist(), most.tolist(), strict=True))


def _in_a_minute(keys: NDArray[np.int64], start_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """At each call how many of its key there were in the minute up to it."""
    order = np.lexsort((start_ms, keys))
    line = keys[order] * (1 << 44) + (start_ms[order] - start_ms.min())
    counts = np.arange(1, len(line) + 1) - np.searchsorted(line, line - _MINUTE_MS, "right")
    found = np.empty(len(line))
    found[order] = counts
    return found


def _sum_by(keys: NDArray[np.int64], day: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """At each call the sum over all of its key and day."""
    _, group = np.unique(np.stack([keys, day]), axis=1, return_inverse=True)
    return np.bincount(group.ravel(), values)[group.ravel()].astype(np.float64)


def _at_once(who: NDArray[np.int64], start_ms: NDArray[np.int64], duration_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """At each call how many of its caller are under way; `who` and, within it, `start_ms` rise."""
    line = who * (1 << 44) + (start_ms - start_ms.min())
    ends = np.sort(line + (duration_s * 1000).astype(np.int64))
    begun_before = np.searchsorted(who, who, "left")
    ended = np.searchsorted(ends, line, "right")
    return np.maximum(np.arange(1, len(who) + 1) - np.maximum(ended, begun_before), 1).astype(np.float64)


def _in_a_row(who: NDArray[np.int64], called: NDArray[np.str_]) -> NDArray[np.float64]:
    """At each call how many one after the other its caller has made to the same number."""
    begins = np.ones(len(who), np.bool_)
    begins[1:] = (who[1:] != who[:-1]) | (called[1:] != called[:-1])
    places = np.arange(len(who))
    return (places - np.maximum.accumulate(np.where(begins, places, 0)) + 1).astype(np.float64)


def _known(simulation: Simulation) -> set[str]:
    """The numbers that are not legitimate, and those that belong to them."""
    return {line["number"] for line in [*simulation.labels, *simulation.related]}


def limits_of(simulations: Iterable[Simulation]) -> dict[str, float]:
    """By counter the limit that so few legitimate numbers of these operators exceed as `ALLOWED_PER_MILLION` says."""
    values: dict[str, list[float]] = {}
    records = 0
    for simulation in simulations:
        records += len(simulation.records)
        known = _known(simulation)
        for name, found in highest(simulation).items():
            values.setdefault(name, []).extend(value for number, value in found.items() if number not in known)
    allowed = int(ALLOWED_PER_MILLION * records / 1e6)
    return {name: sorted(every, reverse=True)[min(allowed, len(every) - 1)] for name, every in values.items()}


class Counted(NamedTuple):
    """What fixed limits gave on one operator: by fraud type numbers and how many were flagged; legitimate numbers flagged."""

    records: int
    found: dict[str, tuple[int, int]]
    false: int


def counted(simulation: Simulation, limits: dict[str, float]) -> Counted:
    """Flag every calling number that exceeds a limit, and compare with the truth, whatever the type."""
    counters = highest(simulation)
    flagged = {number for name, values in counters.items() for number, value in values.items() if value > limits[name]}
    found = {}
    for fraud_type in FRAUD_TYPES:
        numbers = {line["number"] for line in simulation.labels if line["fraud_type"] == fraud_type}
        found[fraud_type] = len(numbers), len(numbers & flagged)
    return Counted(len(simulation.records), found, len(flagged - _known(simulation)))
