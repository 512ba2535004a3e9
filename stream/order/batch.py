"""Sightings in memory with the bytes that their record ids stand in; joined, cut and put in order without Python per row."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.order.sighting import SIGHTING, from_words, words


class Batch(NamedTuple):
    """Rows of dtype `SIGHTING`, whose `id_at` counts from `base` bytes before the beginning of `text`."""

    rows: NDArray[np.void]
    text: NDArray[np.uint8]
    base: int = 0

    def record_id(self, index: int) -> str:
        """The record_id of a row, empty where it was not given."""
        begin = int(self.rows["id_at"][index]) - self.base
        return self._string(begin, int(self.rows["id_size"][index]))

    def beside(self, index: int) -> str:
        """Of a verdict the source that says so, of others the entity's form where it is not `+` and its digits."""
        begin = int(self.rows["id_at"][index]) - self.base + int(self.rows["id_size"][index])
        return self._string(begin, int(self.rows["beside_size"][index]))

    def _string(self, begin: int, size: int) -> str:
        return self.text[begin : begin + size].tobytes().decode("utf-8", "surrogatepass")

    def part(self, begin: int, end: int) -> "Batch":
        """Some rows, not copied."""
        return Batch(self.rows[begin:end], self.text, self.base)


EMPTY = Batch(np.zeros(0, SIGHTING), np.zeros(0, np.uint8))


def join(batches: Sequence[Batch]) -> Batch:
    """All rows of several batches, in their order."""
    batches = [batch for batch in batches if len(batch.rows)]
    if len(batches) <= 1:
        return batches[0] if batches else EMPTY
    rows = from_words(np.concatenate([words(batch.rows) for batch in batches]))
    places, begin, at = rows["id_at"], 0, 0
    for batch in batches:
        end = begin + len(batch.rows)
        places[begin:end] += np.uint32((at - batch.base) & 0xFFFFFFFF)
        begin, at = end, at + len(batch.text)
    return Batch(rows, np.concatenate([batch.text for batch in batches]))


def by_time(batch: Batch) -> Batch:
    """The rows by event time, and their text in the order of the rows, so that both can be cut at one place."""
    events = np.ascontiguousarray(batch.rows["event_ms"])
    order = np.argsort(events, kind="stable")
    return gathered(Batch(from_words(np.take(words(batch.rows), order, axis=0)), batch.text, batch.base))


def gathered(batch: Batch) -> Batch:
    """The rows, changed in place, with their own bytes alone, in their order."""
    text = batch.text.view()
    text.flags.writeable = False  # always, for compiled code has one version for each type
    return Batch(batch.rows, _gather(batch.rows, text, batch.base))


def cut(batch: Batch, at: int) -> tuple[Batch, Batch]:
    """Both parts of a batch made by `by_time`, not copied."""
    edge = int(batch.rows["id_at"][at]) - batch.base if at < len(batch.rows) else len(batch.text)
    return (
        Batch(batch.rows[:at], batch.text[:edge], batch.base),
        Batch(batch.rows[at:], batch.text[edge:], batch.base + edge),
    )


class _Keys(NamedTuple):
    """What rows are put in order by, beside their event times; no two rows of a partition are alike in all."""

    record: NDArray[np.uint64]
    role: NDArray[np.uint8]
    source: NDArray[np.uint16]
    offset: NDArray[np.int64]


def in_order(batch: Batch) -> Batch:
    """The rows in the order in which they count: event time, record, role; of a record that came more than once, source and offset.

    It is the same whatever order they come in, so that what was held through a restart counts as it would have.
    """
    events = np.ascontiguousarray(batch.rows["event_ms"])
    order = np.argsort(events, kind="stable")
    _order_ties(order, events, _Keys._make(np.ascontiguousarray(batch.rows[name]) for name in _Keys._fields))
    return Batch(from_words(np.take(words(batch.rows), order, axis=0)), batch.text, batch.base)


@njit(cache=True)
def _order_ties(order: NDArray[np.int64], events: NDArray[np.int64], keys: _Keys) -> None:
    """Within one event time by all else: few share a millisecond, but all do whose switch counts whole seconds."""
    begin = 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and events[order[end]] == events[order[begin]]:
            end += 1
        if end - begin > 1:
            run = order[begin:end]
            run[:] = run[np.argsort(keys.record[run], kind="mergesort")]
            _order_alike(run, keys)
        begin = end


@njit(cache=True)
def _order_alike(run: NDArray[np.int64], keys: _Keys) -> None:
    """Those of one record, by insertion: there are two of it as a rule."""
    for place in range(1, len(run)):
        moved, at = run[place], place
        while at > 0 and keys.record[run[at - 1]] == keys.record[moved] and _is_before(keys, moved, run[at - 1]):
            run[at] = run[at - 1]
            at -= 1
        run[at] = moved


@njit(cache=True)
def _is_before(keys: _Keys, one: int, other: int) -> bool:
    """Whether a row of a record comes before another of the same record."""
    if keys.role[one] != keys.role[other]:
        return bool(keys.role[one] < keys.role[other])
    if keys.source[one] != keys.source[other]:
        return bool(keys.source[one] < keys.source[other])
    return bool(keys.offset[one] < keys.offset[other])


@njit(cache=True)
def _gather(rows: Any, text: NDArray[np.uint8], base: int) -> NDArray[np.uint8]:
    """The rows' own bytes in their order; sets `id_at` to where they are now."""
    total = 0
    for index in range(len(rows)):
        total += rows[index].id_size + rows[index].beside_size
    out = np.empty(total, np.uint8)
    at = 0
    for index in range(len(rows)):
        row = rows[index]
        begin = row.id_at - base
        size = row.id_size + row.beside_size
        row.id_at = at
        for place in range(size):
            out[at + place] = text[begin + place]
        at += size
    return out
