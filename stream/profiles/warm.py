"""Fetches into the cache what the next sightings will need.

The fold waits for memory more than it computes: each sighting reads a dozen places all over the tables. Read ahead in a
loop that depends on nothing, the processor has many of these reads under way at once. Nothing is changed here.
"""

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.index import likely
from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.profiles.keys import block_of, pair_key, record_key, reference_key, side_key
from linewatch.stream.profiles.recent import HEAD, TAIL
from linewatch.stream.profiles.row import BLOCK_SIZES
from linewatch.stream.records.columns import mix

AHEAD_OF_FOLD: Final = 48
"""Sightings fetched at a time: some 100 KB, which every second-level cache holds."""
_LINE: Final = 64
_SIZES: Final = len(BLOCK_SIZES)


def _fetches(typing: Any, array: Any, byte: Any) -> Any:
    """Have the line of an array's byte fetched into the cache, and do not wait for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(array)(context, builder, arguments[0])
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        line = builder.gep(builder.bitcast(held.data, pointer), [arguments[1]])
        takes = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        call = builder.module.declare_intrinsic("llvm.prefetch", [pointer], takes)
        for_reading, kept_near, data = number(0), number(3), number(1)
        builder.call(call, [line, for_reading, kept_near, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


_fetch: Any = intrinsic(_fetches)


@compiled
def warm(
    sightings: Any,
    begin: int,
    end: int,
    tables: Any,
    duplicates: Any,
    legs: Any,
) -> None:
    """Fetch what sightings `begin` to `end` need of `fold.Tables` and both `fold.RecentTables`."""
    _fetch_leaving(duplicates, end - begin)
    _fetch_leaving(legs, 2 * (end - begin))
    for at in range(begin, end):
        row = sightings[at]
        _fetch_slot(duplicates.slots, record_key(row))
        if row.kind == s.CALL:
            side = side_key(row)
            if row.call_ref != np.uint64(0):
                _fetch_slot(legs.slots, reference_key(row, side))
            if row.leg != 0:
                _fetch_slot(legs.slots, pair_key(row.pair, side, row.start_ms, 0))
        _fetch_slot(tables.slots, row.entity)
        if _acts(row):
            for size in range(_SIZES):
                _fetch_slot(tables.block_slots, block_of(row.entity, size))
    for at in range(begin, end):
        row = sightings[at]
        _fetch_row(tables.row_bytes, likely(tables.slots, row.entity))
        if _acts(row):
            for size in range(_SIZES):
                _fetch_row(tables.block_bytes, likely(tables.block_slots, block_of(row.entity, size)))


@inlined
def _fetch_slot(slots: Any, key: np.uint64) -> None:
    _fetch(slots, np.int64(mix(key) & np.uint64(len(slots) - 1)) * slots.itemsize)


@compiled
def _fetch_leaving(recent: Any, entries: int) -> None:
    """Where the index has the entries that are the next to leave."""
    size = len(recent.ring)
    for count in range(recent.ends[TAIL], min(recent.ends[TAIL] + entries, recent.ends[HEAD])):
        _fetch_slot(recent.slots, recent.ring[count % size].key)


@inlined
def _acts(row: Any) -> bool:
    """Whether blocks count the sighting."""
    return row.kind <= s.SMS and row.role == s.CALLER and row.flags & s.ENTITY_NUMBER != 0


@inlined
def _fetch_row(rows: NDArray[np.uint8], place: int) -> None:
    """All lines of a row."""
    begin = place * rows.shape[1]
    for byte in range(0, rows.shape[1], _LINE):
        _fetch(rows, begin + byte)
    _fetch(rows, begin + rows.shape[1] - 1)
