"""Messages of the log never exceed what brokers take, and nothing that a part says makes the rest late, a repeat, or lost."""

from functools import partial
from typing import Any

import msgspec
import numpy as np

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.order.frame import Source, control_frame, decode
from linewatch.stream.order.parted import parted
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.order.sighting import LATE
from linewatch.stream.profiles.partition import Partition
from stream_helpers import call

SOURCES = [Source("a", "calls", number) for number in range(3)]
MOST = 20_000
BEGIN_MS = 1_767_250_000_000


def note_late(late: list[int], rows: Any, scores: Any) -> None:
    """How many sightings are late."""
    late.append(int((rows["flags"] & LATE > 0).sum()))


def frame(count: int, id_size: int) -> bytes:
    """Of a batch of three sources in one partition; a call in four is forwarded, and event times go back and forth."""
    parts = []
    for number, source in enumerate(SOURCES):
        records = [
            call(
                index,
                record_id=f"{number}-{index}".ljust(id_size, "x"),
                start_ms=BEGIN_MS + index * 700 - (index % 3) * 900_000,
                calling=f"+6692100{index:04d}",
                called=f"+6693100{number:02d}{index % 7:02d}",
                redirecting=f"+6694100{index:04d}" if index % 4 == 0 else None,
            )
            for index in range(count)
        ]
        values = [msgspec.json.encode(record) for record in records]
        parts.append(Part(source, "call", values, list(range(count)), [BEGIN_MS + 86_400_000] * count, True))
    return Intake(Operator(), 1, None).batch(parts).frames[0]


def test_parts_are_small_and_have_each_record_whole_and_once() -> None:
    whole = frame(60, 300)
    parts = parted(whole, MOST)
    assert len(parts) > 3
    assert max(map(len, parts)) <= MOST
    rows = [decode(part).sightings() for part in parts]
    places = [{(int(row["source"]), int(row["offset"])) for row in one} for one in rows]
    assert sum(map(len, places)) == len(set().union(*places)) == 3 * 60, "a record in two parts would be a repeat in the second"
    before = sorted(decode(whole).sightings()[["source", "offset", "role", "entity"]].tolist())
    assert sorted(np.concatenate(rows)[["source", "offset", "role", "entity"]].tolist()) == before


def test_what_fits_stays_as_it_is_and_a_record_that_fits_nowhere_goes_alone() -> None:
    small = frame(3, 10)
    assert parted(small, MOST) == [small]
    for part in parted(frame(2, 3 * MOST), MOST):
        assert len({(int(row["source"]), int(row["offset"])) for row in decode(part).sightings()}) == 1


def test_a_partition_is_the_same_by_parts_as_by_the_whole() -> None:
    states = []
    for frames in ([frame(80, 200)], parted(frame(80, 200), MOST)):
        partition = Partition(0, len(SOURCES), None)
        order = OrderSettings("live").payload()
        texts = {"policy": shipped_policy().source.encode(), "operator": b"", "order": order, "models": b""}
        controls = [control_frame(kind, 1, payload) for kind, payload in texts.items()]
        late: list[int] = []
        partition.seen = partial(note_late, late)
        output = partition.apply([(offset, value, 1) for offset, value in enumerate([*controls, *frames])])
        numbers = partition.store.numbers
        rows = numbers.rows[: numbers.count]
        states.append((output.released, sum(late), partition.tally, rows[np.argsort(rows["entity"])].tobytes()))
    assert states[0] == states[1]
    assert states[0][0] == 3 * 80 * 2 + 3 * 20
