"""Handsets that many numbers are served in are told from a person's, from cheap ones' identities, and from those of last week."""

from collections import defaultdict

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.stream.intake.handsets import FEWEST, Handsets
from linewatch.stream.profiles.features import FEATURES, F
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.columns import hash_column
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay

BEGIN_MS = 1_767_225_600_000
MODEM = "356700000000017"


def shared(memory: Handsets, handsets: list[str], numbers: list[int], at_ms: int = BEGIN_MS) -> list[bool]:
    times = np.full(len(numbers), at_ms, np.int64)
    return memory.shared(hash_column(handsets), np.array(numbers, np.uint64), times).tolist()


@pytest.mark.parametrize(("numbers", "expected"), [(1, False), (FEWEST - 1, False), (12, True), (50, True), (300, False)])
def test_a_modem_is_told_by_how_many_numbers_it_serves(numbers: int, expected: bool) -> None:
    memory, served = Handsets(), [66_810_000_000 + 7919 * at for at in range(numbers)]
    assert shared(memory, [MODEM] * (2 * numbers), served * 2)[-1] is expected


def test_what_was_seen_counts_for_two_days() -> None:
    memory, numbers = Handsets(), [66_810_000_001, 66_810_000_002]
    for day, expected in ((0, False), (1, True), (2, True), (3, True), (6, False)):
        found = shared(memory, [MODEM] * 2, [number + 100 * day for number in numbers], BEGIN_MS + day * DAY_MS)
        assert found[-1] is expected, day


def test_a_late_record_counts_and_takes_nothing_back() -> None:
    memory, numbers = Handsets(), [66_810_000_001 + at for at in range(8)]
    assert shared(memory, [MODEM] * 8, numbers, BEGIN_MS + DAY_MS)[-1]
    assert shared(memory, [MODEM], [66_810_000_099], BEGIN_MS + DAY_MS - HOUR_MS) == [True]
    assert shared(memory, [MODEM], [66_810_000_001], BEGIN_MS + DAY_MS) == [True]


def test_nobody_and_nothing_are_not_remembered() -> None:
    memory = Handsets()
    assert not any(shared(memory, [""] * 20, list(range(1, 21))))
    assert not any(shared(memory, [MODEM] * 20, [0] * 20))
    assert not memory._held["handset"].any()


def test_a_modem_is_remembered_among_a_million_handsets() -> None:
    memory, random = Handsets(), np.random.default_rng(3)
    modem = hash_column([MODEM])[0]
    found = []
    for at in range(40):
        handsets, numbers = random.integers(1 << 40, 1 << 63, 50_000).astype(np.uint64), random.integers(1, 1 << 40, 50_000)
        handsets[::5000], numbers[::5000] = modem, 66_810_000_000 + 104_729 * ((10 * at + np.arange(10)) % 30)
        marks = memory.shared(handsets, numbers.astype(np.uint64), np.full(50_000, BEGIN_MS, np.int64))
        found.append(bool(marks[::5000].all()))
        assert not marks[handsets != modem].any()
    assert sum(found) >= 38


@pytest.mark.parametrize("feedback", [True, False])
def test_the_number_is_looked_at_with_what_its_handset_is(feedback: bool) -> None:
    """What a transit switch says of a call, with no handset, takes nothing back."""
    lines = []
    for at in range(400):
        leg = {"leg": "transit"} if at >= 200 and at % 20 >= 10 else {"leg": "mo", "imei": MODEM}
        for index, (number, own) in enumerate(
            ((f"+6681000{at % 8:04d}", leg), ("+66830000001", {"leg": "mo", "imei": MODEM[::-1]}))
        ):
            one = {"kind": "call", "record_id": f"c{at}-{index}", "calling": number, "called": f"+66820{index}{at:05d}"}
            lines.append(one | own | {"start_ms": BEGIN_MS + at * 15_000, "duration_s": 60.0, "ring_s": 9.0})
    found: dict[int, list[float]] = defaultdict(list)

    def take(output: Output, dead: list[DeadLetter]) -> None:
        for sightings, rows, _ in output.feature_rows:
            for entity, row in zip(sightings["entity"].tolist(), rows, strict=True):
                found[entity].append(float(row[F["shared_handset"]]))

    replay = Replay(shipped_policy(), Operator(), None, NumberModel.load(FEATURES), take, feedback, keep_features=True)
    replay.run(Line("", at, msgspec.json.encode(line)) for at, line in enumerate(lines, 1))
    racked = [found[66_810_000_000 + at] for at in range(8)]
    assert all(len(own) > 20 for own in racked)
    assert all(set(own[3:]) == {1.0 if feedback else 0.0} for own in racked)
    assert set(found[66_830_000_001]) == {0.0}
