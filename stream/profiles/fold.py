"""The fold: sightings applied one at a time, in the order given, to the rows of their numbers and blocks.

A compiled sequential loop, so that the result does not depend on how sightings are cut into batches. After each
sighting a cheap gate decides whether the state just reached is worth a look; if so, a copy of it leaves the loop.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.blocks import VOTE, count_code, find_blocks, fold_blocks, wakes_block
from linewatch.stream.profiles.decay import close_sums, halved, open_row, open_sums
from linewatch.stream.profiles.index import find, put
from linewatch.stream.profiles.kernel import compiled
from linewatch.stream.profiles.keys import record_key
from linewatch.stream.profiles.legs import LEGS_APART_MS, call_is_known
from linewatch.stream.profiles.recent import remember, seen
from linewatch.stream.profiles.row import ACTS, BLOCK_COUNTERS, BLOCK_SIZES, COUNTERS, HALF_LIVES, C
from linewatch.stream.profiles.tables import (
    BLOCKS,
    BLOCKS_A_ROW,
    CLOCK,
    GATED,
    LATE,
    NEVER,
    ROWS,
    RecentTables,
    Scratch,
    Settings,
    Tables,
)
from linewatch.stream.profiles.turns import count_act, count_reached, goes_hot, see_equipment, worst_place
from linewatch.stream.profiles.warm import AHEAD_OF_FOLD, warm
from linewatch.stream.profiles.watches import OTP_FROM, clear_watches, forwarded, open_acts, served, told, wakes
from linewatch.stream.records.columns import mix

APPLIED, DUPLICATE, LEG = range(3)
"""Outcomes of a sighting."""

_ATTEMPTS, _DISTINCT, _HOT, _SHORT_RINGS = C["attempts"], C["distinct"], C["hot_calls"], C["short_rings"]
_UNALLOCATED, _INTERNATIONAL, _FRAUD, _MESSAGES = C["unallocated"], C["international"], C["fraud_texts"], C["messages"]
_COUNTERS, _BLOCK_COUNTERS, _ACTS, _SIZES = len(COUNTERS), len(BLOCK_COUNTERS), len(ACTS), len(BLOCK_SIZES)
_RECYCLED: Final = 5
GATE_SHARE: Final = 0.06
"""Of the fast half-life's sum, which is 22 minutes' worth at a steady pace and 15 minutes' half-life: at most some 80 s' worth."""


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
    before = target.flags
    target.flags = worst_place(before | (row.flags & (s.ROAMING | s.SIGNED | s.SHARED_HANDSET)), row.flags)
    return target.flags != before


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
            out.led = np.float32(largest.led) / np.float32(VOTE)
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
        elif running[CLOCK] > NEVER:  # what is ahead of all clocks counts as of now, lest its number be blind until then
            row.event_ms = min(row.event_ms, running[CLOCK])
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
        if row.kind == s.CALL and call_is_known(row, legs, clock_ms, running):
            outcomes[at] = LEG
            if row.role == s.FORWARDER:
                continue
            weight = open_acts(target, work.acts, row.event_ms, settings.half_lives_ms[1])
            open_row(target, opened, row.event_ms, settings.half_lives_ms, weights)
            learned = served(target, work.acts, row, weight)
            see_equipment(target, opened, row, weights)
            close_sums(opened, target.counts, key)
            close_sums(work.acts, target.acts, mix(key))
            learned = _complete(target, row) or learned
            if learned and row.role == s.CALLER and not late and _gate(target, work, row, settings):
                find_blocks(row, tables, work)
                _copy(tables, index, row, at, copies, settings, work)
            continue
        work.found[:] = -1
        if row.kind == s.SUBSCRIBER and row.detail == _RECYCLED:
            _clear(target, row.entity, row.event_ms)
        if row.kind > s.SMS:
            open_sums(target.counts, opened)
            open_sums(target.acts, work.acts)
            if row.kind == s.SUBSCRIBER:
                told(target, row, goes_hot(row, settings))
            _copy(tables, index, row, at, copies, settings, work)
            continue
        weight = open_acts(target, work.acts, row.event_ms, settings.half_lives_ms[1])
        open_row(target, opened, row.event_ms, settings.half_lives_ms, weights)
        acts = row.role == s.CALLER and row.flags & s.TO_VOTE == 0
        worth, turned = False, int(row.other & np.uint64(0xFFFFFFFF)) != target.last_other
        if row.role == s.FORWARDER:
            worth = forwarded(target, work.acts, row, weight, goes_hot(row, settings))
        else:
            served(target, work.acts, row, weight)
            see_equipment(target, opened, row, weights)
            if acts:
                count_act(target, work, row, weight, turned, settings)
            elif row.role == s.CALLER:
                target.seen += 1  # all that is known of a vote
            else:
                worth = count_reached(target, work, row, weight) and row.flags & s.ENTITY_NUMBER != 0
        close_sums(opened, target.counts, key)
        close_sums(work.acts, target.acts, mix(key))
        if acts:
            if row.flags & s.ENTITY_NUMBER:
                fold_blocks(row, turned, tables, settings, work, key)
            worth = _gate(target, work, row, settings) or wakes_block(row, tables, work)
        elif row.kind == s.SMS and row.otp_text >= OTP_FROM and row.flags & s.ENTITY_NUMBER:
            worth = count_code(row, tables, settings, work, key) or worth
        if worth and not late:
            _copy(tables, index, row, at, copies, settings, work)
    return len(sightings)
