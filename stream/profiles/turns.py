"""What a call or a message counts for the number that made it, and for the one that it reached."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.bitmap import is_set, meet, of_stretch, stretch
from linewatch.stream.profiles.decay import Sums, add
from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.profiles.row import HALF_LIVES, SEQUENTIAL, SHORT_CALL_S, C
from linewatch.stream.profiles.tables import Scratch, Settings
from linewatch.stream.profiles.watches import OTP_FROM, acted, got_code
from linewatch.stream.records.columns import HASHED, mix

_ATTEMPTS, _ANSWERED, _SECONDS = C["attempts"], C["answered"], C["seconds"]
_SHORT_ANSWERED, _SHORT_RINGS = C["short_answered"], C["short_rings"]
_DISTINCT, _NEW = C["distinct"], C["new_contacts"]
_INTERNATIONAL, _HOT, _HOT_SECONDS = C["international"], C["hot_calls"], C["hot_seconds"]
_NIGHT, _UNALLOCATED, _SEQUENTIAL = C["night"], C["unallocated"], C["sequential"]
_CALLS_IN, _ANSWERED_IN, _INTERNATIONAL_IN, _CALLBACKS = (
    C["calls_in"],
    C["answered_in"],
    C["international_in"],
    C["callbacks"],
)
_MESSAGES, _FRAUD, _SPAM, _OTP, _MESSAGES_IN = (
    C["messages"],
    C["fraud_texts"],
    C["spam_texts"],
    C["otp_texts"],
    C["messages_in"],
)
_HANDSETS, _CELLS = C["handsets"], C["cells"]


@compiled
def _is_hot(number: np.uint64, prefixes: NDArray[np.uint64], lengths: NDArray[np.int64]) -> bool:
    """Whether a number begins with one of the prefixes, both as integers."""
    digits = 0
    rest = number
    while rest > np.uint64(0):
        rest //= np.uint64(10)
        digits += 1
    for index in range(len(prefixes)):
        drop = digits - lengths[index]
        if drop >= 0:
            head = number
            for _ in range(drop):
                head //= np.uint64(10)
            if head == prefixes[index]:
                return True
    return False


@compiled
def goes_hot(row: Any, settings: Settings) -> bool:
    """Whether the counterparty is in a range of revenue share."""
    if row.flags & s.PREMIUM:
        return True
    if not row.flags & s.INTERNATIONAL or row.other >= np.uint64(HASHED):
        return False
    return _is_hot(row.other, settings.hot_prefixes, settings.hot_lengths)


@compiled
def see_equipment(target: Any, opened: Sums, row: Any, weights: NDArray[np.float32]) -> None:
    """Count the handset and the cell in which the number was served, where they were not seen before."""
    if row.handset != np.uint64(0):
        bit = np.uint64(1) << (mix(row.handset) & np.uint64(63))
        if not target.handset_bits & bit:
            target.handset_bits |= bit
            add(opened, _HANDSETS, weights, 1.0)
    if row.cell != np.uint64(0):
        bit = np.uint64(1) << (mix(row.cell) & np.uint64(63))
        if not target.cell_bits & bit:
            target.cell_bits |= bit
            add(opened, _CELLS, weights, 1.0)


@compiled
def _meet_other(target: Any, opened: Sums, row: Any, weights: NDArray[np.float32], half_lives_ms: NDArray[np.float64]) -> None:
    """Count the counterparty as distinct in each half-life, and as new where memory does not have it."""
    key = mix(row.other)
    add(opened, _NEW, weights, meet(target.contacts, key))
    for h in range(HALF_LIVES):
        now = stretch(row.event_ms, row.entity, half_lives_ms[h])
        target.recent_stretch[h] = of_stretch(target.recent[h], target.recent_stretch[h], now)
        opened.values[h, _DISTINCT] += weights[h] * np.float32(meet(target.recent[h], key))


@compiled
def _call_made(target: Any, opened: Sums, row: Any, weights: NDArray[np.float32], hot: bool) -> None:
    add(opened, _ATTEMPTS, weights, 1.0)
    if row.duration_s > 0:
        add(opened, _ANSWERED, weights, 1.0)
        add(opened, _SECONDS, weights, min(row.duration_s, 86400.0))
        if row.duration_s <= SHORT_CALL_S:
            add(opened, _SHORT_ANSWERED, weights, 1.0)
    elif 0.0 <= row.ring_s <= s.SHORT_RING_S and not row.flags & s.UNALLOCATED:
        add(opened, _SHORT_RINGS, weights, 1.0)
    if row.flags & s.INTERNATIONAL:
        add(opened, _INTERNATIONAL, weights, 1.0)
    if hot:
        add(opened, _HOT, weights, 1.0)
        add(opened, _HOT_SECONDS, weights, min(row.duration_s, 86400.0))
    if row.flags & s.UNALLOCATED or not row.flags & s.OTHER_VALID:
        add(opened, _UNALLOCATED, weights, 1.0)
    other = int(row.other & np.uint64(0xFFFFFFFF))
    gap = abs(other - int(target.last_other))
    if other != 0 and target.last_other != 0 and 0 < gap <= SEQUENTIAL:
        add(opened, _SEQUENTIAL, weights, 1.0)
    target.last_other = other


@inlined
def worst_place(flags: Any, others: Any) -> Any:
    """The first, with the odds of the worse place of both."""
    return (flags & ~s.PLACE_ODDS) | max(flags & s.PLACE_ODDS, others & s.PLACE_ODDS)


@compiled
def count_act(target: Any, work: Scratch, row: Any, weight: float, turned: bool, settings: Settings) -> None:
    """Count what the number did; `turned` says that it called another one than before."""
    opened, weights = work.number, work.weights
    known = row.other != np.uint64(0) and is_set(target.contacts, mix(row.other))
    hot = row.kind == s.CALL and goes_hot(row, settings)
    acted(target, work.acts, row, weight, hot, known, turned)
    if row.kind == s.CALL:
        _call_made(target, opened, row, weights, hot)
    else:
        add(opened, _MESSAGES, weights, 1.0)
        add(opened, _FRAUD, weights, row.fraud_text)
        add(opened, _SPAM, weights, row.spam_text)
        add(opened, _OTP, weights, row.otp_text)
    if row.flags & s.NIGHT:
        add(opened, _NIGHT, weights, 1.0)
    _meet_other(target, opened, row, weights, settings.half_lives_ms)
    target.seen += 1
    known = target.flags if row.handset == np.uint64(0) else np.uint32(0)  # what only a leg that names the handset takes back
    target.flags = worst_place(row.flags, known) | (known & s.SHARED_HANDSET)


@compiled
def count_reached(target: Any, work: Scratch, row: Any, weight: float) -> bool:
    """Count what the number got; whether that alone is worth a look."""
    opened, weights = work.number, work.weights
    if row.kind == s.SMS:
        add(opened, _MESSAGES_IN, weights, 1.0)
        return row.otp_text >= OTP_FROM and got_code(target, work.acts, row, weight)
    add(opened, _CALLS_IN, weights, 1.0)
    if row.duration_s > 0:
        add(opened, _ANSWERED_IN, weights, 1.0)
    if row.flags & s.INTERNATIONAL:
        add(opened, _INTERNATIONAL_IN, weights, 1.0)
    if row.other != np.uint64(0) and is_set(target.contacts, mix(row.other)):
        add(opened, _CALLBACKS, weights, 1.0)
    return False
