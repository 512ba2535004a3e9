"""Places that frauds were found behind are told from places of a city, from one bad number, and from those of last week."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.config.policy import shipped_policy
from linewatch.models.online.snapshot import Judged, Snapshot
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.intake.reputation import KINDS, MOST_ODDS, Reputation, Whence
from linewatch.stream.learner.learner import Learner
from linewatch.stream.order import sighting as s
from linewatch.stream.order.frame import Source, decode
from linewatch.stream.profiles.features import FEATURES, F
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.files import Line
from linewatch.stream.replay import BATCH, Replay

BEGIN_MS = 1_767_225_600_000
RACK, CITY = 0xABCDEF01, 0x1234567
SIMS = [66_810_000_000 + 7919 * at for at in range(12)]
PEOPLE = [66_820_000_000 + 104_729 * at for at in range(1000)]


def acted(memory: Reputation, numbers: Sequence[int], place: int, kind: str = "cell", at_ms: int = BEGIN_MS) -> list[int]:
    columns = tuple(np.full(len(numbers), place if name == kind else 0, np.uint64) for name in KINDS)
    return memory.odds(Whence(np.array(numbers, np.uint64), columns), np.full(len(numbers), at_ms, np.int64)).tolist()


def said(numbers: Sequence[int], fraud: bool = True, fraud_type: str = "sim_box", at_ms: int = BEGIN_MS) -> list[Judged]:
    return [Judged(number, fraud_type, fraud, at_ms) for number in numbers]


@pytest.mark.parametrize(("bad", "least"), [(0, 0), (1, 0), (2, 4), (6, MOST_ODDS - 2)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_number_is_suspect_where_several_were_found(kind: str, bad: int, least: int) -> None:
    memory = Reputation()
    acted(memory, PEOPLE, CITY, kind)
    acted(memory, SIMS[:-1], RACK, kind)
    memory.hear(said(SIMS[:bad]), 0)
    (odds,) = acted(memory, SIMS[-1:], RACK, kind)
    assert odds >= least
    assert (odds > 0) is (least > 0)
    assert acted(memory, PEOPLE[:1], CITY, kind) == [0]


def test_a_few_bad_numbers_do_not_taint_a_city() -> None:
    memory = Reputation()
    acted(memory, PEOPLE, CITY)
    memory.hear(said(PEOPLE[:4]), 0)
    assert acted(memory, PEOPLE[500:501], CITY)[0] <= 1


def test_where_everybody_comes_from_is_no_worse_than_everywhere() -> None:
    memory = Reputation()
    acted(memory, [*PEOPLE, *SIMS], CITY, "trunk")
    memory.hear(said(SIMS), 0)
    assert acted(memory, PEOPLE[:1], CITY, "trunk") == [0]


def test_a_number_is_no_evidence_against_itself() -> None:
    memory = Reputation()
    acted(memory, SIMS, RACK)
    memory.hear(said(SIMS[:2]), 0)
    assert acted(memory, SIMS[:1], RACK) == [0]
    assert acted(memory, SIMS[2:3], RACK)[0] > 3


def test_a_later_verdict_takes_back_what_one_said() -> None:
    memory = Reputation()
    acted(memory, SIMS, RACK)
    memory.hear(said(SIMS[:5]), 0)
    memory.hear(said(SIMS[:5], fraud=False), 0)
    assert acted(memory, SIMS[5:6], RACK) == [0]


def test_nothing_follows_from_where_a_victim_is() -> None:
    memory = Reputation()
    acted(memory, SIMS, RACK)
    memory.hear(said(SIMS[:8], fraud_type="sim_swap"), 0)
    assert acted(memory, SIMS[8:9], RACK) == [0]


def test_a_known_sim_taints_the_place_that_it_moves_to() -> None:
    memory = Reputation()
    acted(memory, SIMS, RACK)
    memory.hear(said(SIMS[:6]), 0)
    acted(memory, SIMS[:6], RACK + 1)
    assert acted(memory, [66_830_000_001], RACK + 1)[0] > 3


def test_it_fades() -> None:
    memory, stranger = Reputation(), [66_830_000_001]
    acted(memory, SIMS, RACK)
    memory.hear(said(SIMS[:3]), 0)
    found = [acted(memory, stranger, RACK, at_ms=BEGIN_MS + day * DAY_MS)[0] for day in range(5)]
    assert found[0] > 3
    assert found == sorted(found, reverse=True)
    assert found[-1] == 0


def test_a_bad_place_is_remembered_among_a_million_others() -> None:
    memory, random = Reputation(), np.random.default_rng(3)
    acted(memory, SIMS[:-1], RACK)
    memory.hear(said(SIMS[:6]), 0)
    none = np.zeros(50_000, np.uint64)
    for _ in range(20):
        numbers, cells = (
            random.integers(1, 1 << 40, 50_000).astype(np.uint64),
            random.integers(1, 1 << 62, 50_000).astype(np.uint64),
        )
        found = memory.odds(Whence(numbers, (none, cells, none, none, none)), np.full(50_000, BEGIN_MS, np.int64))
        assert not found.any()
    assert acted(memory, SIMS[-1:], RACK)[0] > 3


def test_what_is_heard_counts_from_one_event_time_on_whatever_the_batches() -> None:
    found = []
    for cut in (1, 7, 12):
        memory = Reputation()
        acted(memory, SIMS, RACK)
        memory.hear(said(SIMS[:6]), BEGIN_MS + 60_000)
        strangers, times = 66_830_000_000 + np.arange(12, dtype=np.uint64), BEGIN_MS + np.arange(12) * 10_000
        places = tuple(np.full(12, RACK if kind == "cell" else 0, np.uint64) for kind in KINDS)
        parts = [slice(at, at + cut) for at in range(0, 12, cut)]
        odds = [memory.odds(Whence(strangers[part], tuple(of[part] for of in places)), times[part]) for part in parts]
        found.append(np.concatenate(odds).tolist())
    assert found[0] == found[1] == found[2]
    assert not any(found[0][:6])
    assert min(found[0][6:]) > 3


def test_what_counts_at_once_waits_for_nothing_that_counts_later() -> None:
    memory = Reputation()
    acted(memory, SIMS, RACK)
    memory.hear(said(SIMS[:3]), BEGIN_MS + DAY_MS)
    memory.hear(said(SIMS[3:6]), BEGIN_MS)
    assert acted(memory, SIMS[-1:], RACK)[0] > 3


def test_nobody_and_nowhere_are_not_remembered() -> None:
    memory = Reputation()
    assert acted(memory, [0] * 5, RACK) == [0] * 5
    assert acted(memory, SIMS, 0) == [0] * len(SIMS)
    assert not memory._memory.held["numbers"].any()


def snapshot(judged: list[Judged]) -> bytes:
    payload = msgspec.msgpack.decode(Learner(FEATURES, shipped_policy()).payload(), type=Snapshot)
    return msgspec.msgpack.encode(msgspec.structs.replace(payload, judged=judged))


def batch(intake: Intake, offset: int, records: list[dict[str, object]]) -> dict[int, int]:
    """What the frame has of the places of who acted, by number."""
    values = [msgspec.json.encode(record) for record in records]
    offsets = list(range(offset, offset + len(values)))
    part = Part(Source("", "linewatch.calls", 0), "call", values, offsets, [BEGIN_MS + DAY_MS] * len(values), True)
    result = intake.batch([part])
    assert not result.dead
    rows = decode(result.frames[0]).sightings()
    rows = rows[rows["role"] == s.CALLER]
    odds = (rows["flags"] & s.PLACE_ODDS) >> s.PLACE_SHIFT
    return dict(zip(rows["entity"].tolist(), odds.tolist(), strict=True))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"leg": "mo", "cell": "520-01-7"}, True),
        ({"leg": "mo", "imei": "356700000000017"}, True),
        ({"leg": "mo", "plmn": "26201"}, True),
        ({"leg": "transit", "trunk_in": "INT-7"}, True),
        ({"leg": "mt", "trunk_in": "INT-7", "cell": "520-01-7"}, True),
        ({"leg": "mt", "cell": "520-01-7"}, False),
    ],
)
@pytest.mark.parametrize("feedback", [True, False])
def test_what_a_snapshot_says_of_numbers_is_in_what_intake_writes_of_others(
    place: dict[str, str], expected: bool, feedback: bool
) -> None:
    """A cell on a leg that the called party's switch wrote is the called one's."""
    intake = Intake(Operator(), 1, None, feedback)

    def call(index: int, number: int) -> dict[str, object]:
        one = {"kind": "call", "record_id": f"c{index}", "calling": f"+{number}", "called": "SUPPORT"}
        return one | {"start_ms": BEGIN_MS + index * 1000, "duration_s": 30.0} | place

    assert not any(batch(intake, 0, [call(at, number) for at, number in enumerate(SIMS)]).values())
    intake.hear(snapshot(said(SIMS[:6])))
    found = batch(intake, 50, [call(50, 66_830_000_001)])
    assert (found[66_830_000_001] > 3) is (expected and feedback)


def test_the_number_is_looked_at_with_where_it_acts_from() -> None:
    """What a transit switch says of a call, with neither handset nor cell, takes nothing back."""
    found: dict[int, list[float]] = defaultdict(list)

    def take(output: Output, dead: list[DeadLetter]) -> None:
        assert not dead
        for sightings, rows, _ in output.feature_rows:
            for entity, row in zip(sightings["entity"].tolist(), rows, strict=True):
                found[entity].append(float(row[F["place_odds"]]))

    replay = Replay(shipped_policy(), Operator(), None, NumberModel.load(FEATURES), take, keep_features=True)
    mo, transit = {"leg": "mo", "imei": "356700000000017"}, {"leg": "transit"}

    def lines() -> Iterator[Line]:
        for at in range(2 * BATCH):
            one = {"kind": "call", "record_id": f"c{at}", "calling": f"+{SIMS[at % 8]}", "called": f"+66840{at:06d}"}
            one |= {"start_ms": BEGIN_MS + at * 1000, "duration_s": 60.0, "ring_s": 9.0, **mo}
            yield Line("", at + 1, msgspec.json.encode(one))
        replay.intake.hear(snapshot(said(SIMS[:6])))
        for at in range(2 * BATCH, 3 * BATCH):
            one = {"kind": "call", "record_id": f"c{at}", "calling": "+66830000001", "called": f"+66840{at:06d}"}
            one |= {"start_ms": BEGIN_MS + at * 1000, "duration_s": 60.0, "ring_s": 9.0}
            yield Line("", at + 1, msgspec.json.encode(one | (mo if at % 20 < 10 else transit)))
            one |= {"record_id": f"o{at}", "calling": "+66830000002", "leg": "mo", "imei": "356700000000099"}
            yield Line("", at + 1, msgspec.json.encode(one))

    replay.run(lines())
    assert len(found[66_830_000_002]) > 100
    assert not any(found[66_830_000_002])
    assert len(found[66_830_000_001]) > 100
    assert min(found[66_830_000_001]) > 3
