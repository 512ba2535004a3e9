"""Feature rows: what rules and models see of a number, computed over whole columns of gated states.

One implementation for worker, replay and training. Every value is finite, of float32, in the order of `FEATURES`.
"""

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.row import ACTS, BLOCK_COUNTERS, BLOCK_SIZES, COUNTERS, FAST, MEDIUM, SLOW, A, B, C
from linewatch.stream.profiles.watches import (
    AT_HOME,
    FORWARDS_ABROAD,
    FORWARDS_HOT,
    NEW_PLACE,
    SAME_PLACE,
    SIM_TOLD,
    TICKS_AN_HOUR,
    ticks_since,
)

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
    "callback_share",
)
_BLOCKS: Final = tuple(f"block_{size}_{name}" for size in BLOCK_SIZES for name in BLOCK_COUNTERS)
_EXCESS: Final = ("block_100_long_excess", "block_1000_ring_excess")
ORDINARY_LONG, ORDINARY_RINGS = 0.05, 0.2
"""At most such shares of the calls of ordinary people are long, or one ring. What the *other* numbers of a block have over it
is excess, in calls: a block of ordinary people has none, however many calls they make."""
_ACT_RATES: Final = tuple(f"{name}_per_h" for name in ACTS)
_ACT_SHARES: Final = (
    "long_share",
    "brief_ring_share",
    "overlap_share",
    "roaming_abroad_share",
    "spoofed_share",
    "mean_forwarded_s",
    "few_ring_share",
)
_SINCE: Final = tuple(f"h_since_{name}" for name in ("sim_change", "activation", "forwarding", "probe", "roaming"))
_WATCHED: Final = (
    "otps_since",
    "known_since_share",
    "sim_told",
    "new_place",
    "forwards_abroad",
    "forwards_hot",
    "at_home",
    "forward_callers",
    "signed",
    "own",
    "led_together",
    "same_place",
    "codes_beyond",  # of the block of its number where that is most: codes received less all that its numbers did
    "codes_share",  # of both the codes, in that block
    "code_in_share",  # of the messages that it received
)
_STATE: Final = ("age_h", "seen", "valid", "mobile", "foreign", "is_number", "roaming", "burst")
_WITH_FEEDBACK: Final = ("shared_handset", "place_odds")
"""0 where feedback is off, as it is when the number model is trained."""
_SINCE_TRAINED: Final = ("rings_as_codes",)
"""These and those before stand last, so that a model of the columns ahead of them fits."""
_BRIEFLY, _NOT_RETURNED, _RETURNED = 0.4, 30.0, 50.0
"""A service that gives codes by rings gives up within two seconds in such a share of its calls at least; or so many short rings of
its number were not called back, each that was taken for so many: of wangiri several of fifty are."""
FEATURES: Final[tuple[str, ...]] = (
    _RATES + _SHARES + _BLOCKS + _EXCESS + _ACT_RATES + _ACT_SHARES + _SINCE + _WATCHED + _STATE + _WITH_FEEDBACK + _SINCE_TRAINED
)
F: Final = {name: index for index, name in enumerate(FEATURES)}

_COUNTERS, _N_SPEEDS, _SIZES, _BLOCK_COUNTERS = len(COUNTERS), len(_SPEEDS), len(BLOCK_SIZES), len(BLOCK_COUNTERS)
_FIRST_SHARE, _FIRST_BLOCK, _FIRST_EXCESS = F[_SHARES[0]], F[_BLOCKS[0]], F[_EXCESS[0]]
_OF_100, _OF_1000 = BLOCK_SIZES.index(100), BLOCK_SIZES.index(1000)
_B_ATTEMPTS, _B_RINGS, _B_LONG = B["attempts"], B["short_rings"], B["long_answered"]
_FIRST_ACT, _FIRST_SINCE, _FIRST_WATCHED = F[_ACT_RATES[0]], F[_SINCE[0]], F[_WATCHED[0]]
_ACTS: Final = len(ACTS)
_AGE_H, _SEEN, _VALID, _MOBILE, _FOREIGN, _IS_NUMBER, _ROAMING, _BURST = (F[name] for name in _STATE)
_SHARED_HANDSET, _PLACE_ODDS = F["shared_handset"], F["place_odds"]
_RINGS_AS_CODES: Final = F["rings_as_codes"]
_MOST_AGE_H: Final = 24.0 * 366
LONG_AGO_H: Final = 24.0 * 30
"""Hours since what never was, or was longer ago."""
_BRIEF_SHARE: Final = F["brief_ring_share"]
_LONG, _BRIEF, _OVERLAPS, _ROAMING_ABROAD = A["long_answered"], A["brief_rings"], A["overlaps"], A["roaming_abroad"]
_SPOOFED, _FORWARDED, _FORWARDED_S = A["spoofed"], A["forwarded_abroad"], A["forwarded_seconds"]
_OTP_IN, _B_CODES = A["otp_in"], B["codes_in"]
_FEW_RINGS: Final = A["few_rings"]
_ATTEMPTS, _ANSWERED, _SECONDS, _MESSAGES = C["attempts"], C["answered"], C["seconds"], C["messages"]
_SHORT_ANSWERED, _SHORT_RINGS, _DISTINCT, _NEW = C["short_answered"], C["short_rings"], C["distinct"], C["new_contacts"]
_INTERNATIONAL, _HOT, _HOT_SECONDS, _NIGHT = C["international"], C["hot_calls"], C["hot_seconds"], C["night"]
_UNALLOCATED, _SEQUENTIAL, _CALLS_IN, _CALLBACKS = C["unallocated"], C["sequential"], C["calls_in"], C["callbacks"]
_FRAUD, _SPAM, _OTP, _MESSAGES_IN = C["fraud_texts"], C["spam_texts"], C["otp_texts"], C["messages_in"]


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
        counts = snapshot.counts
        for counter in range(_COUNTERS):
            for speed in range(_N_SPEEDS):
                row[counter * _N_SPEEDS + speed] = np.float64(counts[speed, counter]) / mean_life_h[speed]
        _shares(counts, row)
        place = _FIRST_BLOCK
        for size in range(_SIZES):
            for counter in range(_BLOCK_COUNTERS):
                row[place] = snapshot.blocks[size, MEDIUM, counter]
                place += 1
        _excess(snapshot, row)
        _watched(snapshot, mean_life_h[MEDIUM], row)
        flags = snapshot.flags
        row[_AGE_H] = min(max((snapshot.event_ms / 1000.0 - snapshot.first_s) / 3600.0, 0.0), _MOST_AGE_H)
        row[_SEEN] = snapshot.seen
        row[_VALID] = flags & s.ENTITY_VALID > 0
        row[_MOBILE] = flags & s.ENTITY_MOBILE > 0
        row[_FOREIGN] = flags & s.ENTITY_FOREIGN > 0
        row[_IS_NUMBER] = flags & s.ENTITY_NUMBER > 0
        row[_ROAMING] = flags & s.ROAMING > 0
        row[_SHARED_HANDSET] = flags & s.SHARED_HANDSET > 0
        row[_PLACE_ODDS] = (flags & s.PLACE_ODDS) >> s.PLACE_SHIFT
        not_returned = np.float64(counts[SLOW, _SHORT_RINGS]) - _RETURNED * counts[SLOW, _CALLBACKS]
        row[_RINGS_AS_CODES] = max(row[_BRIEF_SHARE] / _BRIEFLY, not_returned / _NOT_RETURNED)
        row[_BURST] = _ratio(row[_ATTEMPTS * _N_SPEEDS + FAST], row[_ATTEMPTS * _N_SPEEDS + SLOW], 0.1)
        for place in range(len(row)):
            out[index, place] = min(max(row[place], 0.0), 1e9)


@njit(cache=True, inline="always")
def _hours_since(moment: int, now_ms: int) -> float:
    return min(ticks_since(moment, now_ms) / TICKS_AN_HOUR, LONG_AGO_H) if moment != 0 else LONG_AGO_H


@njit(cache=True)
def _watched(snapshot: Any, mean_life_h: float, row: NDArray[np.float64]) -> None:
    acts, counts, now_ms = snapshot.acts, snapshot.counts[MEDIUM], snapshot.event_ms
    for act in range(_ACTS):
        row[_FIRST_ACT + act] = np.float64(acts[act]) / mean_life_h
    at = _FIRST_ACT + _ACTS  # in the order of `_ACT_SHARES`
    row[at] = _ratio(acts[_LONG], counts[_ANSWERED], 1e-3)
    row[at + 1] = _ratio(acts[_BRIEF], counts[_ATTEMPTS], 1e-3)
    row[at + 2] = _ratio(acts[_OVERLAPS], counts[_ANSWERED], 1e-3)
    row[at + 3] = _ratio(acts[_ROAMING_ABROAD], counts[_ATTEMPTS], 1e-3)
    row[at + 4] = _ratio(acts[_SPOOFED], counts[_ATTEMPTS], 1e-3)
    row[at + 5] = _ratio(acts[_FORWARDED_S], acts[_FORWARDED], 1e-3)
    row[at + 6] = _ratio(acts[_FEW_RINGS], np.float64(counts[_ATTEMPTS]) - counts[_ANSWERED], 1.0)
    row[_FIRST_SINCE] = _hours_since(snapshot.sim_at, now_ms)
    row[_FIRST_SINCE + 1] = _hours_since(snapshot.activated_at, now_ms)
    row[_FIRST_SINCE + 2] = _hours_since(snapshot.forwarding_at, now_ms)
    row[_FIRST_SINCE + 3] = _hours_since(snapshot.probe_at, now_ms)
    row[_FIRST_SINCE + 4] = _hours_since(snapshot.roamed_at, now_ms)
    callers, bits = 0, int(snapshot.forward_callers)
    while bits:
        callers += bits & 1
        bits >>= 1
    known, strange = int(snapshot.known_since), int(snapshot.new_since)
    marks = snapshot.marks
    at = _FIRST_WATCHED  # in the order of `_WATCHED`
    row[at] = snapshot.otps_since
    row[at + 1] = _ratio(known, known + strange, 1.0)
    row[at + 2] = marks & SIM_TOLD > 0
    row[at + 3] = marks & NEW_PLACE > 0
    row[at + 4] = marks & FORWARDS_ABROAD > 0
    row[at + 5] = marks & FORWARDS_HOT > 0
    row[at + 6] = marks & AT_HOME > 0
    row[at + 7] = callers
    row[at + 8] = snapshot.flags & s.SIGNED > 0
    row[at + 9] = snapshot.flags & s.ENTITY_OWN > 0
    row[at + 10] = snapshot.led
    row[at + 11] = marks & SAME_PLACE > 0
    for size in range(_SIZES):
        block = snapshot.blocks[size, MEDIUM]
        beyond = np.float64(block[_B_CODES]) - np.float64(block[_B_ATTEMPTS])
        if size == 0 or beyond > row[at + 12]:
            row[at + 12] = beyond
            row[at + 13] = _ratio(block[_B_CODES], np.float64(block[_B_CODES]) + np.float64(block[_B_ATTEMPTS]), 1e-3)
    row[at + 14] = _ratio(acts[_OTP_IN], counts[_MESSAGES_IN], 1e-3)


@njit(cache=True)
def _excess(snapshot: Any, row: NDArray[np.float64]) -> None:
    own, hundred, thousand = snapshot.counts[MEDIUM], snapshot.blocks[_OF_100, MEDIUM], snapshot.blocks[_OF_1000, MEDIUM]
    others = np.float64(hundred[_B_ATTEMPTS]) - own[_ATTEMPTS] - own[_MESSAGES]
    row[_FIRST_EXCESS] = np.float64(hundred[_B_LONG]) - snapshot.acts[_LONG] - ORDINARY_LONG * max(others, 0.0)
    others = np.float64(thousand[_B_ATTEMPTS]) - own[_ATTEMPTS] - own[_MESSAGES]
    row[_FIRST_EXCESS + 1] = np.float64(thousand[_B_RINGS]) - own[_SHORT_RINGS] - ORDINARY_RINGS * max(others, 0.0)


@njit(cache=True)
def _shares(counts: NDArray[np.float32], row: NDArray[np.float64]) -> None:
    medium, slow = counts[MEDIUM], counts[SLOW]
    attempts = np.float64(medium[_ATTEMPTS])
    answered = np.float64(medium[_ANSWERED])
    messages = np.float64(medium[_MESSAGES])
    acted = attempts + messages
    acted_slow = np.float64(slow[_ATTEMPTS]) + np.float64(slow[_MESSAGES])
    calls_in = np.float64(slow[_CALLS_IN])
    at = _FIRST_SHARE  # in the order of `_SHARES`
    row[at] = _ratio(answered, attempts, 1e-3)
    row[at + 1] = _ratio(medium[_SECONDS], answered, 1e-3)
    row[at + 2] = _ratio(medium[_SHORT_ANSWERED], answered, 1e-3)
    row[at + 3] = _ratio(medium[_SHORT_RINGS], attempts, 1e-3)
    row[at + 4] = _ratio(medium[_DISTINCT], acted, 1e-3)
    row[at + 5] = _ratio(slow[_NEW], acted_slow, 1e-3)
    row[at + 6] = _ratio(medium[_INTERNATIONAL], attempts, 1e-3)
    row[at + 7] = _ratio(medium[_HOT], attempts, 1e-3)
    row[at + 8] = _ratio(medium[_HOT_SECONDS], medium[_HOT], 1e-3)
    row[at + 9] = _ratio(slow[_NIGHT], acted_slow, 1e-3)
    row[at + 10] = _ratio(medium[_UNALLOCATED], attempts, 1e-3)
    row[at + 11] = _ratio(medium[_SEQUENTIAL], attempts, 1e-3)
    row[at + 12] = _ratio(calls_in, calls_in + np.float64(slow[_ATTEMPTS]), 1e-3)
    row[at + 13] = _ratio(medium[_CALLBACKS], attempts, 1e-3)
    row[at + 14] = _ratio(medium[_FRAUD], messages, 1e-3)
    row[at + 15] = _ratio(medium[_SPAM], messages, 1e-3)
    row[at + 16] = _ratio(medium[_OTP], messages, 1e-3)
    row[at + 17] = _ratio(messages, acted, 1e-3)
    row[at + 18] = _ratio(slow[_CALLBACKS], calls_in, 1e-3)
