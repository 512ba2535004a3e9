"""Feature rows: what rules and models see of a number, computed over whole columns of gated states.

One implementation for worker, replay and training. Every value is finite, of float32, in the order of `FEATURES`.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.row import BLOCK_COUNTERS, BLOCK_SIZES, COUNTERS, FAST, MEDIUM, SLOW, C

_SPEEDS: Final = ("fast", "medium", "slow")
_RATES: Final = tuple(f"{name}_{speed}" for name in COUNTERS for speed in _SPEEDS)
_SHARES: Final = (
    "answered_share",
    "mean_duration_s",
    "short_answered_share",
    "short_ring_share",
    "distinct_share",
    "new_share",
    "international_share",
    "hot_share",
    "mean_hot_duration_s",
    "night_share",
    "unallocated_share",
    "sequential_share",
    "in_share",
    "callback_ratio",
    "fraud_text_mean",
    "spam_text_mean",
    "otp_text_mean",
    "message_share",
)
_BLOCKS: Final = tuple(f"block_{size}_{name}" for size in BLOCK_SIZES for name in BLOCK_COUNTERS)
_STATE: Final = ("age_h", "seen", "valid", "mobile", "foreign", "is_number", "roaming", "burst")
FEATURES: Final[tuple[str, ...]] = _RATES + _SHARES + _BLOCKS + _STATE
F: Final = {name: index for index, name in enumerate(FEATURES)}

_COUNTERS, _N_SPEEDS, _SIZES, _BLOCK_COUNTERS = len(COUNTERS), len(_SPEEDS), len(BLOCK_SIZES), len(BLOCK_COUNTERS)
_FIRST_SHARE, _FIRST_BLOCK = F[_SHARES[0]], F[_BLOCKS[0]]
_AGE_H, _SEEN, _VALID, _MOBILE, _FOREIGN, _IS_NUMBER, _ROAMING, _BURST = (F[name] for name in _STATE)
_MOST_AGE_H: Final = 24.0 * 366
_ATTEMPTS, _ANSWERED, _SECONDS, _MESSAGES = C["attempts"], C["answered"], C["seconds"], C["messages"]
_SHORT_ANSWERED, _SHORT_RINGS, _DISTINCT, _NEW = C["short_answered"], C["short_rings"], C["distinct"], C["new_contacts"]
_INTERNATIONAL, _HOT, _HOT_SECONDS, _NIGHT = C["international"], C["hot_calls"], C["hot_seconds"], C["night"]
_UNALLOCATED, _SEQUENTIAL, _CALLS_IN, _CALLBACKS = C["unallocated"], C["sequential"], C["calls_in"], C["callbacks"]
_FRAUD, _SPAM, _OTP = C["fraud_texts"], C["spam_texts"], C["otp_texts"]


def features(snapshots: NDArray[np.void], half_lives_s: tuple[float, float, float]) -> NDArray[np.float32]:
    """Feature rows `[n, len(FEATURES)]` of gated states (dtype SNAPSHOT).

    Rates are decayed sums divided by the mean life of their half-life in hours, so that a steady number has about its
    hourly rate in each of the three. Shares are of the medium sums, but for those of new counterparties, of the night
    and of calls received (slow).
    """
    out = np.empty((len(snapshots), len(FEATURES)), np.float32)
    _features(snapshots, np.array(half_lives_s) / (3600 * np.log(2)), out)
    return out


@njit(cache=True, inline="always")
def _ratio(part: float, whole: float, at_least: float) -> float:
    return np.float64(part) / max(np.float64(whole), at_least)


@njit(cache=True)
def _features(snapshots: Any, mean_life_h: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    row = np.empty(out.shape[1])
    for index in range(len(snapshots)):
        snapshot = snapshots[index]
        counts = snapshot.row.counts
        for counter in range(_COUNTERS):
            for speed in range(_N_SPEEDS):
                row[counter * _N_SPEEDS + speed] = np.float64(counts[counter, speed]) / mean_life_h[speed]
        _shares(counts, row)
        place = _FIRST_BLOCK
        for size in range(_SIZES):
            for counter in range(_BLOCK_COUNTERS):
                row[place] = snapshot.blocks[size, counter, MEDIUM]
                place += 1
        flags = snapshot.row.flags
        row[_AGE_H] = min(max((snapshot.event_ms - snapshot.row.first_ms) / 3.6e6, 0.0), _MOST_AGE_H)
        row[_SEEN] = snapshot.row.seen
        row[_VALID] = flags & s.ENTITY_VALID > 0
        row[_MOBILE] = flags & s.ENTITY_MOBILE > 0
        row[_FOREIGN] = flags & s.ENTITY_FOREIGN > 0
        row[_IS_NUMBER] = flags & s.ENTITY_NUMBER > 0
        row[_ROAMING] = flags & s.ROAMING > 0
        row[_BURST] = _ratio(row[_ATTEMPTS * _N_SPEEDS + FAST], row[_ATTEMPTS * _N_SPEEDS + SLOW], 0.1)
        for place in range(len(row)):
            out[index, place] = min(max(row[place], 0.0), 1e9)


@njit(cache=True)
def _shares(counts: NDArray[np.float32], row: NDArray[np.float64]) -> None:
    attempts = np.float64(counts[_ATTEMPTS, MEDIUM])
    answered = np.float64(counts[_ANSWERED, MEDIUM])
    messages = np.float64(counts[_MESSAGES, MEDIUM])
    acted = attempts + messages
    acted_slow = np.float64(counts[_ATTEMPTS, SLOW]) + np.float64(counts[_MESSAGES, SLOW])
    calls_in = np.float64(counts[_CALLS_IN, SLOW])
    at = _FIRST_SHARE  # in the order of `_SHARES`
    row[at] = _ratio(answered, attempts, 1e-3)
    row[at + 1] = _ratio(counts[_SECONDS, MEDIUM], answered, 1e-3)
    row[at + 2] = _ratio(counts[_SHORT_ANSWERED, MEDIUM], answered, 1e-3)
    row[at + 3] = _ratio(counts[_SHORT_RINGS, MEDIUM], attempts, 1e-3)
    row[at + 4] = _ratio(counts[_DISTINCT, MEDIUM], acted, 1e-3)
    row[at + 5] = _ratio(counts[_NEW, SLOW], acted_slow, 1e-3)
    row[at + 6] = _ratio(counts[_INTERNATIONAL, MEDIUM], attempts, 1e-3)
    row[at + 7] = _ratio(counts[_HOT, MEDIUM], attempts, 1e-3)
    row[at + 8] = _ratio(counts[_HOT_SECONDS, MEDIUM], counts[_HOT, MEDIUM], 1e-3)
    row[at + 9] = _ratio(counts[_NIGHT, SLOW], acted_slow, 1e-3)
    row[at + 10] = _ratio(counts[_UNALLOCATED, MEDIUM], attempts, 1e-3)
    row[at + 11] = _ratio(counts[_SEQUENTIAL, MEDIUM], attempts, 1e-3)
    row[at + 12] = _ratio(calls_in, calls_in + np.float64(counts[_ATTEMPTS, SLOW]), 1e-3)
    row[at + 13] = _ratio(counts[_CALLBACKS, MEDIUM], attempts, 1e-3)
    row[at + 14] = _ratio(counts[_FRAUD, MEDIUM], messages, 1e-3)
    row[at + 15] = _ratio(counts[_SPAM, MEDIUM], messages, 1e-3)
    row[at + 16] = _ratio(counts[_OTP, MEDIUM], messages, 1e-3)
    row[at + 17] = _ratio(messages, acted, 1e-3)
