"""Columns of records to rows of the log: one compiled pass writes each partition's sightings, in the order of the records."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.intake.sides import Sides
from linewatch.stream.order import sighting as s
from linewatch.stream.order.partitioner import home_of
from linewatch.stream.records.columns import Spans


class Columns(NamedTuple):
    """What a batch of records of one kind says, a row a record; `role` is that of the first party."""

    kind: int
    role: int
    one: Sides
    two: Sides
    record: NDArray[np.uint64]
    ids: Spans
    beside: Spans  # of a verdict its source, of others the acting party where its form is not `+` and digits
    source: NDArray[np.uint16]
    offset: NDArray[np.int64]
    arrived_ms: NDArray[np.int64]
    event_ms: NDArray[np.int64]
    start_ms: NDArray[np.int64]
    call_ref: NDArray[np.uint64]
    pair: NDArray[np.uint64]
    pair_redirected: NDArray[np.uint64]
    duration_s: NDArray[np.float32]
    ring_s: NDArray[np.float32]
    texts: NDArray[np.float32]  # `[n, 3]`: fraud, spam, otp
    bits: NDArray[np.uint32]  # of both sightings
    detail: NDArray[np.int32]
    leg: NDArray[np.uint8]
    fraud_type: NDArray[np.uint8]


Piece = tuple[NDArray[np.void], NDArray[np.uint8]]
"""Rows for one partition, and the bytes of their ids."""
EMPTY: Piece = np.zeros(0, s.SIGHTING), np.zeros(0, np.uint8)
TOLD_FROM = 0.5
"""The probability of a one-time password from which the party reached gets the record's id too: it may be evidence for it."""


def joined(pieces: Sequence[Piece]) -> Piece:
    """Those of one partition, one after the other."""
    pieces = [piece for piece in pieces if len(piece[0])]
    if len(pieces) < 2:
        return pieces[0] if pieces else EMPTY
    at = 0
    for rows, text in pieces:
        rows["id_at"] += np.uint32(at)
        at += len(text)
    all_rows = s.from_words(np.concatenate([s.words(rows) for rows, _ in pieces]))
    return all_rows, np.concatenate([text for _, text in pieces])


def spread(columns: Columns, partitions: int) -> list[Piece]:
    """By partition the rows and the bytes of their ids; within it by record, the acting party before the one reached."""
    rows = np.zeros(2 * len(columns.offset), s.SIGHTING)
    text = np.empty(_size(columns), np.uint8)
    ends = np.zeros(partitions + 1, np.int64)
    text_ends = np.zeros(partitions + 1, np.int64)
    _spread(columns, partitions, rows, text, ends, text_ends)
    places, pieces = ends.tolist(), text_ends.tolist()
    return [(rows[places[home] : places[home + 1]], text[pieces[home] : pieces[home + 1]]) for home in range(partitions)]


@njit(cache=True)
def _size(columns: Columns) -> int:
    """Bytes of all ids and forms, at most: a party that is withheld has none."""
    total = 0
    for index in range(len(columns.offset)):
        size = columns.ids.ends[index] - columns.ids.begins[index]
        total += size + columns.beside.ends[index] - columns.beside.begins[index]
        if columns.texts[index, 2] >= TOLD_FROM:
            total += size
    return int(total)


@njit(cache=True, inline="always")
def _copy(strings: Spans, index: int, text: NDArray[np.uint8], at: int) -> int:
    begin, end = strings.begins[index], strings.ends[index]
    for position in range(begin, end):
        text[at + position - begin] = strings.buffer[position]
    return end - begin


@njit(cache=True)
def _fill(row: Any, columns: Columns, side: Sides, index: int, role: int) -> None:
    row.entity = side.entity[index]
    row.other = side.other[index]
    row.event_ms = columns.event_ms[index]
    row.start_ms = columns.start_ms[index]
    row.record = columns.record[index]
    row.call_ref = columns.call_ref[index]
    row.pair = columns.pair[index]
    row.pair_redirected = columns.pair_redirected[index]
    row.source = columns.source[index]
    row.offset = columns.offset[index]
    row.arrived_ms = columns.arrived_ms[index]
    row.handset = side.handset[index]
    row.cell = side.cell[index]
    row.duration_s = columns.duration_s[index]
    row.ring_s = columns.ring_s[index]
    row.fraud_text = columns.texts[index, 0]
    row.spam_text = columns.texts[index, 1]
    row.otp_text = columns.texts[index, 2]
    row.flags = columns.bits[index] | side.bits[index]
    row.detail = columns.detail[index]
    row.role = role
    row.kind = columns.kind
    row.leg = columns.leg[index]
    row.fraud_type = columns.fraud_type[index]


@njit(cache=True)
def _spread(
    columns: Columns,
    partitions: int,
    rows: NDArray[np.void],
    text: NDArray[np.uint8],
    ends: NDArray[np.int64],
    text_ends: NDArray[np.int64],
) -> None:
    count = len(columns.offset)
    homes = np.full((count, 2), -1, np.int64)
    for index in range(count):
        if columns.one.entity[index] != 0:
            home = home_of(columns.one.entity[index], partitions)
            homes[index, 0] = home
            ends[home + 1] += 1
            text_ends[home + 1] += columns.ids.ends[index] - columns.ids.begins[index]
            text_ends[home + 1] += columns.beside.ends[index] - columns.beside.begins[index]
        if columns.two.entity[index] != 0:
            home = home_of(columns.two.entity[index], partitions)
            homes[index, 1] = home
            ends[home + 1] += 1
            if columns.texts[index, 2] >= TOLD_FROM:
                text_ends[home + 1] += columns.ids.ends[index] - columns.ids.begins[index]
    for home in range(partitions):
        ends[home + 1] += ends[home]
        text_ends[home + 1] += text_ends[home]
    places = ends[:-1].copy()
    pieces = text_ends[:-1].copy()
    for index in range(count):
        home = homes[index, 0]
        if home >= 0:
            row = rows[places[home]]
            places[home] += 1
            _fill(row, columns, columns.one, index, columns.role)
            row.id_at = pieces[home] - text_ends[home]
            row.id_size = _copy(columns.ids, index, text, pieces[home])
            pieces[home] += row.id_size
            row.beside_size = _copy(columns.beside, index, text, pieces[home])
            pieces[home] += row.beside_size
        home = homes[index, 1]
        if home >= 0:
            row = rows[places[home]]
            places[home] += 1
            _fill(row, columns, columns.two, index, s.CALLED)
            row.id_at = pieces[home] - text_ends[home]
            if columns.texts[index, 2] >= TOLD_FROM:
                row.id_size = _copy(columns.ids, index, text, pieces[home])
                pieces[home] += row.id_size
