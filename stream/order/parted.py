"""A message of the log that is larger than brokers take, as several."""

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.order.batch import Batch, gathered
from linewatch.stream.order.frame import LAYOUT, Frame, Mark, decode, encode
from linewatch.stream.order.hold import NEVER
from linewatch.stream.order.sighting import SIGHTING

_ENVELOPE = 4096
"""Bytes of a message beside its rows and their text, a source more or less."""


def parted(value: bytes, most: int) -> list[bytes]:
    """The message, as several where it has more than `most` bytes: each is to be acknowledged before the next is sent.

    No record stands in two of them, and of each source they go by rising offset, as whoever reads them expects. The last one has
    the marks; by those before it all sources lag, so that nothing is released or late on account of what is still to come.
    """
    if len(value) <= most:
        return [value]
    frame = decode(value)
    rows = frame.sightings()
    rows = rows[np.lexsort((rows["offset"], rows["source"]))]
    text = np.frombuffer(frame.text, np.uint8)
    lagging = tuple((source, Mark(NEVER, False)) for source, _ in frame.marks)
    cuts = _cuts(rows, most - _ENVELOPE - len(encode(Frame(LAYOUT, frame.marks))))
    parts = [gathered(Batch(part, text)) for part in np.split(rows, cuts)]
    marks = [lagging] * (len(parts) - 1) + [frame.marks]
    return [encode(Frame(LAYOUT, own, part.rows.tobytes(), part.text.tobytes())) for own, part in zip(marks, parts, strict=True)]


def _cuts(rows: NDArray[np.void], most: int) -> list[int]:
    """Before which rows to cut, so that no part has more than `most` bytes but one of a single record."""
    ends = np.cumsum(SIGHTING.itemsize + rows["id_size"].astype(np.int64) + rows["beside_size"])
    begins_record = np.append((rows["source"][1:] != rows["source"][:-1]) | (rows["offset"][1:] != rows["offset"][:-1]), True)
    places = np.flatnonzero(begins_record) + 1  # behind each record
    cuts, begin = [], 0
    while begin < len(rows):
        before = int(ends[begin - 1]) if begin else 0
        fit = places[(places > begin) & (ends[places - 1] - before <= most)]
        begin = int(fit[-1]) if len(fit) else int(places[places > begin][0])
        cuts.append(begin)
    return cuts[:-1]
