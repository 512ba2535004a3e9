"""Feature rows: what rules and models see of a number, computed over whole columns of gated states.

One implementation for worker, replay and training. Every value is finite, of float32, in the order of `FEATURES`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.row import BLOCK_COUNTERS, BLOCK_SIZES, COUNTERS, MEDIUM, SLOW, C

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


def features(snapshots: NDArray[np.void], half_lives_s: tuple[float, float, float]) -> NDArray[np.float32]:
    """Feature rows `[n, len(FEATURES)]` of gated states (dtype SNAPSHOT).

    Rates are decayed sums divided by the mean life of their half-life in hours, so that a steady number has about its
    hourly rate in each of the three. Shares are of the slow sums, but for the durations and texts (medium).
    """
    rows = snapshots["row"]
    counts = rows["counts"].astype(np.float64)
    out = np.zeros((len(snapshots), len(FEATURES)), np.float64)
    mean_life_h = np.array(half_lives_s) / (3600 * np.log(2))
    out[:, : len(_RATES)] = (counts / mean_life_h).reshape(len(snapshots), len(_RATES))
    _shares(counts, out)
    out[:, F[_BLOCKS[0]] : F[_BLOCKS[-1]] + 1] = snapshots["blocks"][:, :, :, MEDIUM].reshape(len(snapshots), len(_BLOCKS))
    flags = rows["flags"]
    out[:, F["age_h"]] = np.clip((snapshots["event_ms"] - rows["first_ms"]) / 3.6e6, 0, 24 * 366)
    out[:, F["seen"]] = rows["seen"]
    for name, bit in (
        ("valid", s.ENTITY_VALID),
        ("mobile", s.ENTITY_MOBILE),
        ("foreign", s.ENTITY_FOREIGN),
        ("is_number", s.ENTITY_NUMBER),
        ("roaming", s.ROAMING),
    ):
        out[:, F[name]] = flags & bit > 0
    out[:, F["burst"]] = _ratio(out[:, F["attempts_fast"]], out[:, F["attempts_slow"]], 0.1)
    return np.clip(out, 0.0, 1e9).astype(np.float32)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64], at_least: float = 1e-3) -> NDArray[np.float64]:
    return part / np.maximum(whole, at_least)


def _shares(counts: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    def at(name: str, speed: int = MEDIUM) -> NDArray[np.float64]:
        return counts[:, C[name], speed]

    attempts, answered, messages = at("attempts"), at("answered"), at("messages")
    acted, acted_slow = attempts + messages, at("attempts", SLOW) + at("messages", SLOW)
    out[:, F["answered_share"]] = _ratio(answered, attempts)
    out[:, F["mean_duration_s"]] = _ratio(at("seconds"), answered)
    out[:, F["short_answered_share"]] = _ratio(at("short_answered"), answered)
    out[:, F["short_ring_share"]] = _ratio(at("short_rings"), attempts)
    out[:, F["distinct_share"]] = _ratio(at("distinct"), acted)
    out[:, F["new_share"]] = _ratio(at("new_contacts", SLOW), acted_slow)
    out[:, F["international_share"]] = _ratio(at("international"), attempts)
    out[:, F["hot_share"]] = _ratio(at("hot_calls"), attempts)
    out[:, F["mean_hot_duration_s"]] = _ratio(at("hot_seconds"), at("hot_calls"))
    out[:, F["night_share"]] = _ratio(at("night", SLOW), acted_slow)
    out[:, F["unallocated_share"]] = _ratio(at("unallocated"), attempts)
    out[:, F["sequential_share"]] = _ratio(at("sequential"), attempts)
    calls_in = at("calls_in", SLOW)
    out[:, F["in_share"]] = _ratio(calls_in, calls_in + at("attempts", SLOW))
    out[:, F["callback_ratio"]] = _ratio(at("callbacks"), attempts)
    out[:, F["fraud_text_mean"]] = _ratio(at("fraud_texts"), messages)
    out[:, F["spam_text_mean"]] = _ratio(at("spam_texts"), messages)
    out[:, F["otp_text_mean"]] = _ratio(at("otp_texts"), messages)
    out[:, F["message_share"]] = _ratio(messages, acted)
