"""Blocks of numbers: what all numbers of a 10, 100 and 1,000 do together, so that a new number of a bad block is not new."""

from typing import Any, Final

import numpy as np

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.bitmap import meet, of_stretch, stretch
from linewatch.stream.profiles.decay import add, close_sums, halved, open_row
from linewatch.stream.profiles.index import find, put
from linewatch.stream.profiles.kernel import compiled
from linewatch.stream.profiles.keys import block_of
from linewatch.stream.profiles.row import BLOCK_SIZES, A, B
from linewatch.stream.profiles.tables import BLOCKS, Scratch, Settings, Tables
from linewatch.stream.profiles.watches import BRIEF_RING_S, LONG_CALL_S
from linewatch.stream.records.columns import mix

_B_ATTEMPTS, _B_RINGS, _B_MEMBERS, _B_LONG = B["attempts"], B["short_rings"], B["members"], B["long_answered"]
_B_CODES, _OTP_IN = B["codes_in"], A["otp_in"]
_SIZES: Final = len(BLOCK_SIZES)
VOTE: Final = 256
"""What a call adds to the leader of a block's vote."""
LED_FROM: Final = 6.0
RINGS_FROM: Final = 12.0
LONG_FROM: Final = 2.0
LONG_SHARE: Final = 0.08
"""How many numbers of a block of 1,000 turned to one number, and how many of its calls were a ring, or long, of late."""
CODES_FROM: Final = 6.0
"""One-time passwords into one block of late from which its numbers are looked at, if it does little else."""


@compiled
def _row_of(entity: np.uint64, event_ms: int, tables: Tables, expire_ms: int) -> int:
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


@compiled
def _vote(block: Any, row: Any, elapsed_ms: int, half_life_ms: float) -> None:
    """Whom the numbers of a block turn to: a majority vote whose leader needs a fifth of them (Boyer and Moore 1981)."""
    led = int(block.led)
    if led > 0 and elapsed_ms > 0:
        led = int(led * halved(elapsed_ms / half_life_ms))
    other = int(row.other & np.uint64(0xFFFFFFFF))
    if other == block.leader:
        led = min(led + VOTE, 0xFFFF)
    elif led > VOTE // 4:
        led -= VOTE // 4
    else:
        block.leader, led = other, VOTE
    block.led = led


@compiled
def fold_blocks(row: Any, turned: bool, tables: Tables, settings: Settings, work: Scratch, dice: np.uint64) -> None:
    """Count what a number did for each of its blocks; `turned` says that it called another one than before."""
    number, opened, weights = row.entity, work.block, work.weights
    for index in range(_SIZES):
        place = _row_of(block_of(number, index), row.event_ms, tables, settings.expire_ms)
        work.found[index] = place
        tables.block_dirty[place] = 1
        block = tables.blocks[place]
        if row.kind == s.CALL and turned:
            _vote(block, row, row.event_ms - block.last_ms, settings.half_lives_ms[1])
        open_row(block, opened, row.event_ms, settings.half_lives_ms, weights)
        add(opened, _B_ATTEMPTS, weights, 1.0)
        if row.kind == s.CALL and row.duration_s <= 0 and 0.0 <= row.ring_s <= s.SHORT_RING_S:
            add(opened, _B_RINGS, weights, 1.0)
        if row.kind == s.CALL and row.duration_s >= LONG_CALL_S:
            add(opened, _B_LONG, weights, 1.0)
        now = stretch(row.event_ms, block.entity, settings.half_lives_ms[1])
        block.members_stretch = of_stretch(block.members, block.members_stretch, now)
        met = meet(block.members, mix(number))
        if met > 0.0:
            add(opened, _B_MEMBERS, weights, met)
        close_sums(opened, block.counts, dice)


@compiled
def count_code(row: Any, tables: Tables, settings: Settings, work: Scratch, dice: np.uint64) -> bool:
    """A one-time password for a number; whether a block of it gets so many, and does so little, that it is worth a look.

    The more of them a number has had of late, the less its next one counts: many numbers tell, in whatever order they get theirs.
    """
    opened, alone = work.block, False
    amount = 1.0 / max(1.0, work.acts.flat[_OTP_IN])
    for index in range(_SIZES):
        place = _row_of(block_of(row.entity, index), row.event_ms, tables, settings.expire_ms)
        work.found[index] = place
        tables.block_dirty[place] = 1
        block = tables.blocks[place]
        open_row(block, opened, row.event_ms, settings.half_lives_ms, work.weights)
        add(opened, _B_CODES, work.weights, amount)
        medium = opened.values[1]
        alone = alone or (medium[_B_CODES] >= CODES_FROM and medium[_B_CODES] >= medium[_B_ATTEMPTS])
        close_sums(opened, block.counts, dice)
    return alone


@compiled
def find_blocks(row: Any, tables: Tables, work: Scratch) -> None:
    """The rows of a number's blocks, -1 for those that it has none of."""
    work.found[:] = -1
    if row.flags & s.ENTITY_NUMBER:
        for index in range(_SIZES):
            work.found[index] = find(tables.block_slots, tables.blocks, block_of(row.entity, index))


@compiled
def wakes_block(row: Any, tables: Tables, work: Scratch) -> bool:
    """Whether the number does what its block of 1,000 does: rings and goes, talks for long, or calls one and the same number."""
    place = work.found[_SIZES - 1]
    if row.kind != s.CALL or place < 0:
        return False
    block = tables.blocks[place]
    if block.led >= LED_FROM * VOTE and block.leader == int(row.other & np.uint64(0xFFFFFFFF)):
        return True
    medium = work.block.values[1]  # of the block folded last, which is the largest
    if medium[_B_LONG] >= LONG_FROM and medium[_B_LONG] >= LONG_SHARE * medium[_B_ATTEMPTS]:
        return True
    short = row.duration_s <= 0 and 0.0 <= row.ring_s <= BRIEF_RING_S
    return short and medium[_B_RINGS] >= RINGS_FROM and medium[_B_RINGS] >= 0.5 * medium[_B_ATTEMPTS]
