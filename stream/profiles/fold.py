"""The fold: sightings applied one at a time, in the order given, to the rows of their numbers and blocks.

A compiled sequential loop, so that the result does not depend on how sightings are cut into batches. After each
sighting a cheap gate decides whether the state just reached is worth a look; if so, a copy of it leaves the loop.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.bitmap import is_past, is_set, meet, stretch
from linewatch.stream.profiles.decay import Sums, age_sums, close_sums, halved, open_sums, sums
from linewatch.stream.profiles.index import find, put
from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.profiles.keys import block_of, pair_key, record_key, reference_key, side_key
from linewatch.stream.profiles.recent import remember, seen
from linewatch.stream.profiles.row import (
    ACTS,
    BLOCK_SIZES,
    HALF_LIVES,
    SEQUENTIAL,
    SHORT_CALL_S,
    A,
    B,
    C,
)
from linewatch.stream.profiles.warm import AHEAD_OF_FOLD, warm
from linewatch.stream.profiles.watches import (
    BRIEF_RING_S,
    LONG_CALL_S,
    OTP_FROM,
    acted,
    clear_watches,
    forwarded,
    got_code,
    open_acts,
    served,
    told,
    wakes,
)
from linewatch.stream.records.columns import HASHED, mix

NEVER: Final = -(1 << 62)

APPLIED, DUPLICATE, LEG = range(3)
"""Outcomes of a sighting."""
CLOCK, ROWS, BLOCKS, GATED, LATE, REFLESS = range(6)
"""Places in the running numbers: clock in ms, rows, blocks, copies, late ones, whether a leg had no reference."""

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
_B_ATTEMPTS, _B_RINGS, _B_MEMBERS, _B_LONG = B["attempts"], B["short_rings"], B["members"], B["long_answered"]
_B_CODES, _OTP_IN = B["codes_in"], A["otp_in"]
_COUNTERS = len(C)
_BLOCK_COUNTERS = len(B)
_ACTS = len(ACTS)
_SIZES = len(BLOCK_SIZES)
BLOCKS_A_ROW = 4
_RECYCLED = 5
_LONGEST_MS: Final = (1 << 31) - 1
_ONE: Final = 256
LED_FROM: Final = 6.0
RINGS_FROM: Final = 12.0
LONG_FROM: Final = 2.0
LONG_SHARE: Final = 0.08
"""How many numbers of a block of 1,000 turned to one number, and how many of its calls were a ring, or long, of late."""
CODES_FROM: Final = 6.0
"""One-time passwords into one block of late from which its numbers are looked at, if it does little else."""
LEGS_APART_MS: Final = 3000
GATE_SHARE: Final = 0.06
"""Of the fast half-life's sum, which is 22 minutes' worth at a steady pace and 15 minutes' half-life: at most some 80 s' worth."""


class Settings(NamedTuple):
    """What the fold takes from the policy in force."""

    half_lives_ms: NDArray[np.float64]
    hot_prefixes: NDArray[np.uint64]
    hot_lengths: NDArray[np.int64]
    expire_ms: int
    min_attempts: float
    min_messages: float


class Tables(NamedTuple):
    """The arrays of one partition that the fold reads and writes."""

    rows: Any
    blocks: Any
    slots: NDArray[np.uint64]
    block_slots: NDArray[np.uint64]
    dirty: NDArray[np.uint8]
    block_dirty: NDArray[np.uint8]
    row_bytes: NDArray[np.uint8]  # the rows once more, `[n, size]`
    block_bytes: NDArray[np.uint8]
    running: NDArray[np.int64]
    tally: NDArray[np.int64]


class RecentTables(NamedTuple):
    """The arrays of one `Recent`."""

    slots: NDArray[np.uint32]
    ring: Any
    ends: NDArray[np.int64]


class Scratch(NamedTuple):
    """What one sighting is worked out in."""

    number: Sums
    acts: Sums  # of the number, in the medium half-life
    block: Sums
    weights: NDArray[np.float32]  # of the sighting in each half-life
    found: NDArray[np.int64]  # rows of its blocks, by size


def scratch() -> Scratch:
    """Room for it, to be used again and again."""
    weights, found = np.ones(HALF_LIVES, np.float32), np.full(_SIZES, -1, np.int64)
    return Scratch(sums(_COUNTERS), sums(_ACTS, 1), sums(_BLOCK_COUNTERS), weights, found)


@compiled
def _open(held: Any, opened: Sums, event_ms: int, half_lives_ms: NDArray[np.float64], weights: NDArray[np.float32]) -> None:
    """Open a row's sums as of the event; one before `last_ms` finds its weight decayed instead, and the sums as they are."""
    open_sums(held.counts, opened)
    elapsed = event_ms - held.last_ms
    if elapsed == 0:
        weights[:] = np.float32(1.0)
        return
    for h in range(HALF_LIVES):
        weights[h] = halved(abs(elapsed) / half_lives_ms[h])
    if elapsed > 0:
        age_sums(opened, weights)
        weights[:] = np.float32(1.0)
        held.last_ms = event_ms


@inlined
def _add(opened: Sums, counter: int, weights: NDArray[np.float32], amount: float) -> None:
    for h in range(HALF_LIVES):
        opened.values[h, counter] += weights[h] * np.float32(amount)


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
def _row_of(entity: np.uint64, event_ms: int, tables: Tables, expire_ms: int) -> int:
    """The row of an entity, made where there is none, made anew where it was idle for longer than a row lives."""
    index = find(tables.slots, tables.rows, entity)
    if index < 0:
        index = tables.running[ROWS]
        tables.running[ROWS] += 1
        put(tables.slots, entity, index)
        _clear(tables.rows[index], entity, event_ms)
    elif event_ms - tables.rows[index].last_ms > expire_ms:
        _clear(tables.rows[index], entity, event_ms)
    return index


@compiled
def _clear(row: Any, entity: np.uint64, event_ms: int) -> None:
    row.entity = entity
    row.first_s = min(max(event_ms // 1000, 0), 0xFFFFFFFF)
    row.last_ms = event_ms
    row.counts[:] = np.uint16(0)
    row.contacts[:] = np.uint64(0)
    row.recent[:] = np.uint64(0)
    row.recent_stretch[:] = 0
    row.handset_bits = 0
    row.cell_bits = 0
    row.last_other = 0
    row.seen = 0
    row.flags = 0
    clear_watches(row)


@compiled
def _block_row_of(entity: np.uint64, event_ms: int, tables: Tables, expire_ms: int) -> int:
    index = find(tables.block_slots, tables.blocks, entity)
    fresh = index < 0
    if fresh:
        index = tables.running[BLOCKS]
        tables.running[BLOCKS] += 1
        put(tables.block_slots, entity, index)
    elif event_ms - tables.blocks[index].last_ms <= expire_ms:
        return index
    block = tables.blocks[index]
    block.entity = entity
    block.last_ms = event_ms
    block.counts[:] = np.uint16(0)
    block.members[:] = np.uint64(0)
    block.members_stretch = 0
    block.leader = 0
    block.led = 0
    return index


@inlined
def _remember_leg(row: Any, legs: RecentTables, key: np.uint64, clock_ms: int) -> None:
    entry = legs.ring[remember(legs.slots, legs.ring, legs.ends, key, row.event_ms, clock_ms)]
    entry.lasted_ms = min(row.event_ms - row.start_ms, _LONGEST_MS)
    entry.has_ref = row.call_ref != np.uint64(0)
    entry.leg = row.leg


@compiled
def _call_is_known(row: Any, legs: RecentTables, clock_ms: int, running: NDArray[np.int64]) -> bool:
    """Whether another leg of this call was applied to this number; remembers this one either way.

    Each number sees to it for itself: of a forwarded call the legs name two called parties, and it counts for both.
    """
    side = side_key(row)
    known = False
    if row.call_ref != np.uint64(0):
        key = reference_key(row, side)
        known = seen(legs.slots, legs.ring, key, clock_ms) >= 0
        _remember_leg(row, legs, key, clock_ms)
    if row.leg == 0:
        return known
    if row.call_ref == np.uint64(0):
        running[REFLESS] = 1
    for redirected in range(2):
        pair = row.pair_redirected if redirected else row.pair
        if pair == np.uint64(0):
            continue
        if not known and running[REFLESS]:
            for near in range(-1, 2):
                place = seen(legs.slots, legs.ring, pair_key(pair, side, row.start_ms, near), clock_ms)
                if place < 0:
                    continue
                other = legs.ring[place]
                refs_allow = other.has_ref == 0 or row.call_ref == np.uint64(0)
                if refs_allow and other.leg != row.leg and abs(other.event_ms - other.lasted_ms - row.start_ms) <= LEGS_APART_MS:
                    known = True
                    break
        _remember_leg(row, legs, pair_key(pair, side, row.start_ms, 0), clock_ms)
    return known


@compiled
def _see_equipment(target: Any, opened: Sums, row: Any, weights: NDArray[np.float32]) -> None:
    if row.handset != np.uint64(0):
        bit = np.uint64(1) << (mix(row.handset) & np.uint64(63))
        if not target.handset_bits & bit:
            target.handset_bits |= bit
            _add(opened, _HANDSETS, weights, 1.0)
    if row.cell != np.uint64(0):
        bit = np.uint64(1) << (mix(row.cell) & np.uint64(63))
        if not target.cell_bits & bit:
            target.cell_bits |= bit
            _add(opened, _CELLS, weights, 1.0)


@compiled
def _meet_other(target: Any, opened: Sums, row: Any, weights: NDArray[np.float32], half_lives_ms: NDArray[np.float64]) -> None:
    """Count the counterparty as distinct in each half-life, and as new where memory does not have it."""
    key = mix(row.other)
    _add(opened, _NEW, weights, meet(target.contacts, key))
    for h in range(HALF_LIVES):
        now = stretch(row.event_ms, row.entity, half_lives_ms[h])
        if is_past(target.recent_stretch[h], now):
            target.recent[h][:] = np.uint64(0)
            target.recent_stretch[h] = now
        opened.values[h, _DISTINCT] += weights[h] * np.float32(meet(target.recent[h], key))


@compiled
def _goes_hot(row: Any, settings: Settings) -> bool:
    """Whether the counterparty is in a range of revenue share."""
    if row.flags & s.PREMIUM:
        return True
    if not row.flags & s.INTERNATIONAL or row.other >= np.uint64(HASHED):
        return False
    return _is_hot(row.other, settings.hot_prefixes, settings.hot_lengths)


@compiled
def _call_made(target: Any, opened: Sums, row: Any, weights: NDArray[np.float32], hot: bool) -> None:
    _add(opened, _ATTEMPTS, weights, 1.0)
    if row.duration_s > 0:
        _add(opened, _ANSWERED, weights, 1.0)
        _add(opened, _SECONDS, weights, min(row.duration_s, 86400.0))
        if row.duration_s <= SHORT_CALL_S:
            _add(opened, _SHORT_ANSWERED, weights, 1.0)
    elif 0.0 <= row.ring_s <= s.SHORT_RING_S and not row.flags & s.UNALLOCATED:
        _add(opened, _SHORT_RINGS, weights, 1.0)
    if row.flags & s.INTERNATIONAL:
        _add(opened, _INTERNATIONAL, weights, 1.0)
    if hot:
        _add(opened, _HOT, weights, 1.0)
        _add(opened, _HOT_SECONDS, weights, min(row.duration_s, 86400.0))
    if row.flags & s.UNALLOCATED or not row.flags & s.OTHER_VALID:
        _add(opened, _UNALLOCATED, weights, 1.0)
    other = int(row.other & np.uint64(0xFFFFFFFF))
    gap = abs(other - int(target.last_other))
    if other != 0 and target.last_other != 0 and 0 < gap <= SEQUENTIAL:
        _add(opened, _SEQUENTIAL, weights, 1.0)
    target.last_other = other


@compiled
def _acted(target: Any, work: Scratch, row: Any, weight: float, turned: bool, settings: Settings) -> None:
    opened, weights = work.number, work.weights
    known = row.other != np.uint64(0) and is_set(target.contacts, mix(row.other))
    hot = row.kind == s.CALL and _goes_hot(row, settings)
    acted(target, work.acts, row, weight, hot, known, turned)
    if row.kind == s.CALL:
        _call_made(target, opened, row, weights, hot)
    else:
        _add(opened, _MESSAGES, weights, 1.0)
        _add(opened, _FRAUD, weights, row.fraud_text)
        _add(opened, _SPAM, weights, row.spam_text)
        _add(opened, _OTP, weights, row.otp_text)
    if row.flags & s.NIGHT:
        _add(opened, _NIGHT, weights, 1.0)
    _meet_other(target, opened, row, weights, settings.half_lives_ms)
    target.seen += 1
    target.flags = row.flags | (target.flags & s.SHARED_HANDSET if row.handset == np.uint64(0) else 0)


@compiled
def _reached(target: Any, work: Scratch, row: Any, weight: float) -> bool:
    """Count what the number got; whether that alone is worth a look."""
    opened, weights = work.number, work.weights
    if row.kind == s.SMS:
        _add(opened, _MESSAGES_IN, weights, 1.0)
        return row.otp_text >= OTP_FROM and got_code(target, work.acts, row, weight)
    _add(opened, _CALLS_IN, weights, 1.0)
    if row.duration_s > 0:
        _add(opened, _ANSWERED_IN, weights, 1.0)
    if row.flags & s.INTERNATIONAL:
        _add(opened, _INTERNATIONAL_IN, weights, 1.0)
    if row.other != np.uint64(0) and is_set(target.contacts, mix(row.other)):
        _add(opened, _CALLBACKS, weights, 1.0)
    return False


@compiled
def _vote(block: Any, row: Any, elapsed_ms: int, half_life_ms: float) -> None:
    """Whom the numbers of a block turn to: a majority vote whose leader needs a fifth of them (Boyer and Moore 1981)."""
    led = int(block.led)
    if led > 0 and elapsed_ms > 0:
        led = int(led * halved(elapsed_ms / half_life_ms))
    other = int(row.other & np.uint64(0xFFFFFFFF))
    if other == block.leader:
        led = min(led + _ONE, 0xFFFF)
    elif led > _ONE // 4:
        led -= _ONE // 4
    else:
        block.leader, led = other, _ONE
    block.led = led


@compiled
def _fold_blocks(row: Any, turned: bool, tables: Tables, settings: Settings, work: Scratch, dice: np.uint64) -> None:
    """`turned` says that the number called another one than before."""
    number, opened, weights = row.entity, work.block, work.weights
    for index in range(_SIZES):
        place = _block_row_of(block_of(number, index), row.event_ms, tables, settings.expire_ms)
        work.found[index] = place
        tables.block_dirty[place] = 1
        block = tables.blocks[place]
        if row.kind == s.CALL and turned:
            _vote(block, row, row.event_ms - block.last_ms, settings.half_lives_ms[1])
        _open(block, opened, row.event_ms, settings.half_lives_ms, weights)
        _add(opened, _B_ATTEMPTS, weights, 1.0)
        if row.kind == s.CALL and row.duration_s <= 0 and 0.0 <= row.ring_s <= s.SHORT_RING_S:
            _add(opened, _B_RINGS, weights, 1.0)
        if row.kind == s.CALL and row.duration_s >= LONG_CALL_S:
            _add(opened, _B_LONG, weights, 1.0)
        now = stretch(row.event_ms, block.entity, settings.half_lives_ms[1])
        if is_past(block.members_stretch, now):
            block.members[:] = np.uint64(0)
            block.members_stretch = now
        met = meet(block.members, mix(number))
        if met > 0.0:
            _add(opened, _B_MEMBERS, weights, met)
        close_sums(opened, block.counts, dice)


@compiled
def _count_code(row: Any, tables: Tables, settings: Settings, work: Scratch, dice: np.uint64) -> bool:
    """A one-time password for a number; whether a block of it gets so many, and does so little, that it is worth a look.

    The more of them a number has had of late, the less its next one counts: many numbers tell, in whatever order they get theirs.
    """
    opened, alone = work.block, False
    amount = 1.0 / max(1.0, work.acts.flat[_OTP_IN])
    for index in range(_SIZES):
        place = _block_row_of(block_of(row.entity, index), row.event_ms, tables, settings.expire_ms)
        work.found[index] = place
        tables.block_dirty[place] = 1
        block = tables.blocks[place]
        _open(block, opened, row.event_ms, settings.half_lives_ms, work.weights)
        _add(opened, _B_CODES, work.weights, amount)
        medium = opened.values[1]
        alone = alone or (medium[_B_CODES] >= CODES_FROM and medium[_B_CODES] >= medium[_B_ATTEMPTS])
        close_sums(opened, block.counts, dice)
    return alone


@compiled
def _gate(target: Any, work: Scratch, row: Any, settings: Settings) -> bool:
    """Cheap and blind to scores: whether the state just reached deserves the rules and models.

    It opens at round counts only, at the pace of late about a minute apart: at places that hardly depend on the order
    in which records came, so that live and canonical order look at nearly the same moments.
    """
    fast, medium = work.number.values[0], work.number.values[1]
    attempts = medium[_ATTEMPTS]
    messages = medium[_MESSAGES]
    step = 1
    while 2 * step <= GATE_SHARE * (fast[_ATTEMPTS] + fast[_MESSAGES]):
        step *= 2
    if target.seen % step != 0:
        return False
    if wakes(work.acts, attempts, medium[_DISTINCT]):
        return True
    interesting = False
    if row.kind == s.CALL:
        interesting = medium[_HOT] >= 1.0
        if attempts >= settings.min_attempts:
            interesting = (
                interesting
                or medium[_SHORT_RINGS] >= 3.0
                or medium[_DISTINCT] >= 0.5 * attempts
                or medium[_UNALLOCATED] >= 2.0
                or medium[_INTERNATIONAL] >= 3.0
            )
    else:
        interesting = medium[_FRAUD] >= 0.8 or messages >= settings.min_messages * 8.0
        interesting = interesting and messages >= settings.min_messages
    return interesting


@compiled
def _complete(target: Any, row: Any) -> bool:
    """A later leg of a call that the number made: what it alone knows of it; whether that matters to the rules and models."""
    if row.role != s.CALLER or abs(row.event_ms - target.last_ms) > LEGS_APART_MS:
        return False
    learned = row.flags & ~target.flags & (s.ROAMING | s.SIGNED | s.SHARED_HANDSET)
    target.flags |= learned
    return learned != 0


@compiled
def _find_blocks(row: Any, tables: Tables, work: Scratch) -> None:
    """The rows of a number's blocks, -1 for those that it has none of."""
    work.found[:] = -1
    if row.flags & s.ENTITY_NUMBER:
        for index in range(_SIZES):
            work.found[index] = find(tables.block_slots, tables.blocks, block_of(row.entity, index))


@compiled
def _wakes_block(row: Any, tables: Tables, work: Scratch) -> bool:
    """Whether the number does what its block of 1,000 does: rings and goes, talks for long, or calls one and the same number."""
    place = work.found[_SIZES - 1]
    if row.kind != s.CALL or place < 0:
        return False
    block = tables.blocks[place]
    if block.led >= LED_FROM * _ONE and block.leader == int(row.other & np.uint64(0xFFFFFFFF)):
        return True
    medium = work.block.values[1]  # of the block folded last, which is the largest
    if medium[_B_LONG] >= LONG_FROM and medium[_B_LONG] >= LONG_SHARE * medium[_B_ATTEMPTS]:
        return True
    short = row.duration_s <= 0 and 0.0 <= row.ring_s <= BRIEF_RING_S
    return short and medium[_B_RINGS] >= RINGS_FROM and medium[_B_RINGS] >= 0.5 * medium[_B_ATTEMPTS]


@compiled
def _copy(tables: Tables, index: int, row: Any, at: int, copies: Any, settings: Settings, work: Scratch) -> None:
    """The state just reached; `work` has the number's sums opened, and its blocks found."""
    out, held = copies[tables.running[GATED]], tables.rows[index]
    out.entity, out.event_ms, out.last_ms, out.sighting = held.entity, row.event_ms, held.last_ms, at
    out.first_s, out.seen, out.flags = held.first_s, held.seen, held.flags
    for h in range(HALF_LIVES):
        for c in range(_COUNTERS):
            out.counts[h, c] = work.number.values[h, c]
    for act in range(_ACTS):
        out.acts[act] = work.acts.flat[act]
    out.sim_at, out.activated_at, out.forwarding_at = held.sim_at, held.activated_at, held.forwarding_at
    out.probe_at, out.roamed_at, out.forward_callers = held.probe_at, held.roamed_at, held.forward_callers
    out.marks, out.otps_since, out.known_since, out.new_since = held.marks, held.otps_since, held.known_since, held.new_since
    out.led = np.float32(0.0)
    if work.found[_SIZES - 1] >= 0:
        largest = tables.blocks[work.found[_SIZES - 1]]
        if largest.leader == int(row.other & np.uint64(0xFFFFFFFF)):
            out.led = np.float32(largest.led) / np.float32(_ONE)
    for b in range(_SIZES):
        if work.found[b] < 0:
            out.blocks[b][:] = np.float32(0.0)
        else:
            block = tables.blocks[work.found[b]]
            open_sums(block.counts, work.block)
            for h in range(HALF_LIVES):
                left = halved(max(0, row.event_ms - block.last_ms) / settings.half_lives_ms[h])
                for c in range(_BLOCK_COUNTERS):
                    out.blocks[b, h, c] = work.block.values[h, c] * left
    tables.running[GATED] += 1


@compiled
def fold(
    sightings: Any,
    tables: Tables,
    duplicates: RecentTables,
    legs: RecentTables,
    settings: Settings,
    due_ms: int,
    most: int,
    copies: Any,
    outcomes: NDArray[np.uint8],
    work: Scratch,
) -> int:
    """Apply sightings in order; those that are `AHEAD` of every source move no clock.

    Stops before a sighting when a sweep is due, by the clock at `due_ms` or by `most` rows or four times as many blocks,
    so that sweeps come at the same place however sightings are cut into calls. Returns how many were applied. Fills
    `copies` (dtype SNAPSHOT, as long as `sightings`; `running[GATED]` says how many) and `outcomes`. The caller
    has made room for a new row, and three blocks, a sighting.
    """
    running, opened, weights = tables.running, work.number, work.weights
    running[GATED] = 0
    for at in range(len(sightings)):
        if at % AHEAD_OF_FOLD == 0:
            ends = min(at + AHEAD_OF_FOLD, len(sightings))
            warm(sightings, at, ends, tables, duplicates, legs)
        row = sightings[at]
        if running[CLOCK] >= due_ms or running[ROWS] > most or running[BLOCKS] > BLOCKS_A_ROW * most:
            return at
        if not row.flags & s.AHEAD:
            running[CLOCK] = max(running[CLOCK], row.event_ms)
        clock_ms = running[CLOCK]
        late = row.flags & s.LATE != 0
        key = record_key(row)
        first = row.flags & s.FIRST_NAMED != 0
        if seen(duplicates.slots, duplicates.ring, key, clock_ms) >= 0:
            outcomes[at] = DUPLICATE
            if first:
                tables.tally[row.source, 1] += 1
            continue
        remember(duplicates.slots, duplicates.ring, duplicates.ends, key, row.event_ms, clock_ms)
        if first:
            tables.tally[row.source, 0] += 1
            if late:
                running[LATE] += 1
        outcomes[at] = APPLIED
        index = _row_of(row.entity, row.event_ms, tables, settings.expire_ms)
        target = tables.rows[index]
        tables.dirty[index] = 1
        if row.kind == s.CALL and _call_is_known(row, legs, clock_ms, running):
            outcomes[at] = LEG
            if row.role == s.FORWARDER:
                continue
            weight = open_acts(target, work.acts, row.event_ms, settings.half_lives_ms[1])
            _open(target, opened, row.event_ms, settings.half_lives_ms, weights)
            learned = served(target, work.acts, row, weight)
            _see_equipment(target, opened, row, weights)
            close_sums(opened, target.counts, key)
            close_sums(work.acts, target.acts, mix(key))
            learned = _complete(target, row) or learned
            if learned and row.role == s.CALLER and not late and _gate(target, work, row, settings):
                _find_blocks(row, tables, work)
                _copy(tables, index, row, at, copies, settings, work)
            continue
        work.found[:] = -1
        if row.kind == s.SUBSCRIBER and row.detail == _RECYCLED:
            _clear(target, row.entity, row.event_ms)
        if row.kind > s.SMS:
            open_sums(target.counts, opened)
            open_sums(target.acts, work.acts)
            if row.kind == s.SUBSCRIBER:
                told(target, row, _goes_hot(row, settings))
            _copy(tables, index, row, at, copies, settings, work)
            continue
        weight = open_acts(target, work.acts, row.event_ms, settings.half_lives_ms[1])
        _open(target, opened, row.event_ms, settings.half_lives_ms, weights)
        worth, turned = False, int(row.other & np.uint64(0xFFFFFFFF)) != target.last_other
        if row.role == s.FORWARDER:
            worth = forwarded(target, work.acts, row, weight, _goes_hot(row, settings))
        else:
            served(target, work.acts, row, weight)
            _see_equipment(target, opened, row, weights)
            if row.role == s.CALLER:
                _acted(target, work, row, weight, turned, settings)
            else:
                worth = _reached(target, work, row, weight) and row.flags & s.ENTITY_NUMBER != 0
        close_sums(opened, target.counts, key)
        close_sums(work.acts, target.acts, mix(key))
        if row.role == s.CALLER:
            if row.flags & s.ENTITY_NUMBER:
                _fold_blocks(row, turned, tables, settings, work, key)
            worth = _gate(target, work, row, settings) or _wakes_block(row, tables, work)
        elif row.kind == s.SMS and row.otp_text >= OTP_FROM and row.flags & s.ENTITY_NUMBER:
            worth = _count_code(row, tables, settings, work, key) or worth
        if worth and not late:
            _copy(tables, index, row, at, copies, settings, work)
    return len(sightings)
