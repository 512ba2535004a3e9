"""What is held comes out in an order that nothing but the log has a say in: not how it was cut, nor a restart."""

import numpy as np
import pytest

from linewatch.stream.order.batch import Batch
from linewatch.stream.order.frame import Mark, Source
from linewatch.stream.order.hold import Hold
from linewatch.stream.order.sighting import CALLED, CALLER, SIGHTING

SOURCES = [Source("t", "calls", number) for number in range(2)]


def batch(source: int, *sightings: tuple[int, int, int, int]) -> Batch:
    """Sightings by event time, record, role and offset."""
    rows = np.zeros(len(sightings), SIGHTING)
    for name, column in zip(("event_ms", "record", "role", "offset"), zip(*sightings, strict=True), strict=True):
        rows[name] = column
    rows["source"] = source
    return Batch(rows, np.zeros(0, np.uint8))


@pytest.mark.parametrize("restarts_after", [None, 0, 1, 2])
def test_a_record_that_came_more_than_once_counts_where_it_came_first(restarts_after: int | None) -> None:
    held = Hold(len(SOURCES))
    held.mode = "live"
    given: list[tuple[int, ...]] = []

    def step(number: int, clock_ms: int, *batches: Batch) -> None:
        nonlocal held
        for source in SOURCES:
            held.mark(source, Mark(clock_ms, False), 1)
        for one in batches:
            held.add(one)
        given.extend(held.release(1).rows[["record", "role", "source", "offset"]].tolist())
        if restarts_after == number:
            after = Hold(len(SOURCES))
            after.mode = "live"
            after.load(held.state())
            held = after

    again = (150_000, 99, CALLED, 5), (150_000, 99, CALLER, 5)
    step(0, 0, batch(0, (100_000, 1, CALLER, 0), (140_000, 2, CALLER, 1), *again))
    step(1, 0, batch(1, (50_000, 3, CALLER, 0), (150_000, 99, CALLER, 7), (150_000, 99, CALLER, 6)))
    step(2, 120_000)
    step(3, 200_000)
    ordinary = [(3, CALLER, 1, 0), (1, CALLER, 0, 0), (2, CALLER, 0, 1)]
    assert given == [*ordinary, (99, CALLER, 0, 5), (99, CALLER, 1, 6), (99, CALLER, 1, 7), (99, CALLED, 0, 5)]
