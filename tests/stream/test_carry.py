"""Another number of partitions: the state of all, shared out anew, goes on as if there had always been so many."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.backtest.twice import Twice
from linewatch.stream.decision.flag import Flag
from linewatch.stream.order.frame import state_frames
from linewatch.stream.order.partitioner import partition_of
from linewatch.stream.order.sighting import SIGHTING
from linewatch.stream.profiles.carry import Carried, _recent, shared_out
from linewatch.stream.profiles.durable import Chunks
from linewatch.stream.profiles.keys import block_of
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.profiles.recent import CAPACITY, RECORD
from linewatch.stream.profiles.row import BLOCK_SIZES
from linewatch.training.simulate.build import Simulation
from sightings_logs import SOURCES, STEP, Log, controls, logs_of, partition

BEFORE = 3
COUNTS = [2, 5]
AT = 700
"""Offset of the change: in the middle of what a step brought."""


@pytest.fixture(scope="module")
def step(simulation: Simulation) -> int:
    """The last step before the change of which all is in the log."""
    return (AT - len(controls(simulation))) // (2 * len(SOURCES)) - 1


@pytest.fixture(scope="module")
def old_logs(simulation: Simulation, text_model: TextModel, step: int) -> list[Log]:
    return logs_of(simulation, text_model, BEFORE, twice=step)


@pytest.fixture(scope="module")
def unchanged(old_logs: list[Log], number_model: NumberModel) -> tuple[list[Partition], list[Flag]]:
    """The partitions as they are at the end with no change, and their flags."""
    states = [partition(number, number_model, "canonical") for number in range(BEFORE)]
    return states, [f for state, log in zip(states, old_logs, strict=True) for f in state.apply(log).flags]


def up_to_the_change(old_logs: list[Log], model: NumberModel) -> tuple[list[Partition], list[Flag]]:
    states = [partition(number, model, "canonical") for number in range(BEFORE)]
    return states, [f for state, log in zip(states, old_logs, strict=True) for f in state.apply(log[:AT]).flags]


def heads(carried: Sequence[Carried], change: str = "one") -> list[Log]:
    logs = []
    for one in carried:
        chunks = Chunks(one.side, one.arrays)
        logs.append([(AT + n, frame, 0) for n, frame in enumerate(state_frames(change, 1, chunks, len(chunks)))])
    return logs


def begun(carried: Sequence[Carried], model: NumberModel) -> list[Partition]:
    """The new partitions, with nothing but the heads of their logs."""
    states = [Partition(one.number, 99, model) for one in carried]
    for state, head in zip(states, heads(carried), strict=True):
        assert not state.apply(head).flags
    return states


def plain(flags: list[Flag]) -> list[bytes]:
    return sorted(msgspec.json.encode(flag) for flag in flags)


@pytest.mark.parametrize("count", COUNTS)
def test_flags_are_those_of_no_change(
    simulation: Simulation,
    text_model: TextModel,
    old_logs: list[Log],
    number_model: NumberModel,
    unchanged: tuple[list[Partition], list[Flag]],
    count: int,
    step: int,
) -> None:
    """What is held, half a call, a record that comes again after the change: none of it is lost, none counts twice."""
    states, flags = up_to_the_change(old_logs, number_model)
    assert sum(len(state.hold) for state in states) > 100
    assert sum(len(state.decider.episodes) for state in states) > 20
    before = sum(duplicates for state in states for _, duplicates in state.tally.values())
    new = begun(list(shared_out([s.parts(True) for s in states], count, 1, len(SOURCES))), number_model)
    for state, log in zip(new, logs_of(simulation, text_model, count, 1, twice=step), strict=True):
        flags += state.apply([(offset + 1000, frame, at) for offset, frame, at in log[AT:]]).flags
    whole_states, whole = unchanged
    assert len(whole) >= 50
    assert plain(flags) == plain(whole)
    assert summed(total(new)) == summed(total(whole_states))
    duplicates = sum(count for _, count in total(new).values())
    assert duplicates == sum(count for _, count in total(whole_states).values())
    assert duplicates - before > STEP / 2, "of the step that came again"
    assert rows_of(new, "numbers") == rows_of(whole_states, "numbers")


@pytest.mark.parametrize("count", COUNTS)
def test_everything_is_in_one_place_and_at_home(old_logs: list[Log], number_model: NumberModel, count: int) -> None:
    states, _ = up_to_the_change(old_logs, number_model)
    new = begun(list(shared_out([state.parts(True) for state in states], count, 1, len(SOURCES))), number_model)
    for table in ("numbers", "blocks"):
        assert rows_of(new, table) == rows_of(states, table)
    for state in new:
        entities = state.store.numbers.rows["entity"][: state.store.numbers.count]
        assert (partition_of(entities.copy(), count) == state.number).all()
        held = np.frombuffer(state.hold.state()["rows"], SIGHTING)
        assert (partition_of(held["entity"].copy(), count) == state.number).all()
        blocks = set(state.store.blocks.rows["entity"][: state.store.blocks.count].tolist())
        acting = state.store.numbers.rows[: state.store.numbers.count]
        for entity in acting["entity"][(acting["seen"] > 0) & (acting["entity"] < 10**14)][:50]:
            assert {int(block_of(entity, size)) for size in range(len(BLOCK_SIZES))} <= blocks
        assert state.controls.keys() == states[0].controls.keys()
        assert state.hold.sources == len(SOURCES)
        assert {source.epoch for source in state.accepted} == {1}
        assert state.begun_anew
    assert episodes_of(new) == episodes_of(states)
    assert sorted(held_of(new)) == sorted(held_of(states))
    assert total(new) == total(states)
    for source in SOURCES:
        renewed = msgspec.structs.replace(source, epoch=1)
        assert {state.accepted[renewed] for state in new} == {max(state.accepted.get(source, -1) for state in states)}
        assert new[0].hold.marks[renewed] == states[0].hold.marks[source]


def rows_of(states: list[Partition], table: str) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for state in states:
        held = getattr(state.store, table)
        for row in held.rows[: held.count]:
            assert int(row["entity"]) not in found
            found[int(row["entity"])] = row.tobytes()
    return found


def episodes_of(states: list[Partition]) -> dict[Any, bytes]:
    return {key: msgspec.json.encode(episode) for state in states for key, episode in state.decider.episodes.items()}


def held_of(states: list[Partition]) -> list[tuple[int, int, int, int]]:
    rows = [np.frombuffer(state.hold.state()["rows"], SIGHTING) for state in states]
    return [(int(r["entity"]), int(r["record"]), int(r["role"]), int(r["offset"])) for part in rows for r in part]


def total(states: list[Partition]) -> dict[tuple[str, int], tuple[int, int]]:
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for state in states:
        for source, (applied, duplicates) in state.tally.items():
            one, other = sums.get((source.topic, source.partition), (0, 0))
            sums[source.topic, source.partition] = one + applied, other + duplicates
    return sums


def summed(tally: dict[tuple[str, int], tuple[int, int]]) -> dict[tuple[str, int], int]:
    """Applied and duplicates together: which of two that are the same comes first is a matter of how the log was cut."""
    return {source: sum(counts) for source, counts in tally.items()}


def test_a_try_that_broke_off_changes_nothing_and_no_unit_stands_for_it(old_logs: list[Log], number_model: NumberModel) -> None:
    states, _ = up_to_the_change(old_logs, number_model)
    unit = list(states[0].checkpoint(True))
    carried = list(shared_out([state.parts(True) for state in states], 5, 1, len(SOURCES)))
    head, again = heads(carried, "first")[0], heads(carried, "second")[0]
    small = [(AT + n, frame, 0) for n, frame in enumerate(state_frames("first", 1, [b"1", b"2", b"3"], 3))]
    state = partition(0, number_model, "canonical")
    state.restore(unit)
    held = len(state.hold)
    state.apply(small[:2])
    assert state.is_arriving
    assert len(state.hold) == held, "what is held goes on to wait"
    state.apply([(AT + 2 + n, frame, 0) for n, (_, frame, _) in enumerate(again)])
    assert not state.is_arriving
    assert state.epoch == 1
    once = begun(carried, number_model)[0]
    assert rows_of([state], "numbers") == rows_of([once], "numbers")
    state.apply([(AT + 100 + n, frame, 0) for n, (_, frame, _) in enumerate(head)])
    assert rows_of([state], "numbers") == rows_of([once], "numbers"), "done twice is done once"
    assert state.begun_anew
    full = list(state.checkpoint(True))
    assert not state.begun_anew
    restored = Partition(0, 99, number_model)
    restored.restore(full)
    assert (restored.epoch, restored.next_offset, restored.accepted) == (1, AT + 100 + len(head), state.accepted)


def test_what_a_worker_of_before_still_writes_is_of_no_account(old_logs: list[Log], number_model: NumberModel) -> None:
    states, _ = up_to_the_change(old_logs, number_model)
    new = begun(list(shared_out([state.parts(True) for state in states], BEFORE, 1, len(SOURCES))), number_model)
    for state, log in zip(new, old_logs, strict=True):
        held, accepted, marks = len(state.hold), dict(state.accepted), dict(state.hold.marks)
        output = state.apply([(offset + 1000, frame, at) for offset, frame, at in log[AT : AT + 40]])
        assert (len(state.hold), state.accepted, state.hold.marks) == (held, accepted, marks)
        assert not output.flags
        assert not output.released


def test_records_known_in_all_old_partitions_are_known_up_to_the_cap() -> None:
    def ring(begin_ms: int, count: int, salt: int) -> np.ndarray:
        entries = np.zeros(count, RECORD)
        entries["key"], entries["event_ms"] = np.arange(count) * 2 + salt, begin_ms + np.arange(count) % 1000
        return entries

    rings = [ring(1_000_000, CAPACITY - 10, 0), ring(1_001_000, 30, 1), ring(0, 40, 1 << 40)]
    carried = list(shared_out([_bare(entries, 1_001_500) for entries in rings], 2, 1, 4))
    for one in carried:
        known = one.arrays["duplicates"]
        assert len(known) == CAPACITY
        assert one.dropped == 20, "those past ten minutes are not known to begin with"
        assert (np.diff(np.maximum.accumulate(known["event_ms"])) >= 0).all()
        assert np.isin(rings[1]["key"], known["key"]).all()


def _bare(entries: np.ndarray, clock_ms: int) -> Any:
    state = Partition(0, 4, None)
    state.store.running[0] = clock_ms
    state.store.duplicates.take_in(entries, [len(entries), 0])
    return state.parts(True)


def test_counts_of_a_partition_are_shared_out_and_caps_are_no_wider(old_logs: list[Log], number_model: NumberModel) -> None:
    states, _ = up_to_the_change(old_logs, number_model)
    parts = [state.parts(True) for state in states]
    for (side, _), blocks, said in zip(parts, (7, 4, 9), (5, 6, 0), strict=True):
        side["live"]["decider"]["minute"] = [100 if blocks != 9 else 99, blocks, 1]
        side["live"]["verdicts"] = [[20, "partner", said]]
    sides = [one.side["live"] for one in shared_out(parts, 2, 1, len(SOURCES))]
    assert [side["decider"]["minute"] for side in sides] == [[100, 6, 3], [100, 6, 0]]
    assert [side["verdicts"] for side in sides] == [[[20, "partner", 6]]] * 2


def test_a_backtest_goes_on_with_the_rows_and_with_its_own_policies(old_logs: list[Log], number_model: NumberModel) -> None:
    states, _ = up_to_the_change(old_logs, number_model)
    head = heads(list(shared_out([state.parts(True) for state in states], 2, 1, len(SOURCES))))[0]
    first = policy_from_toml(shipped_policy().source.replace("review = 0.75", "review = 0.6"))
    run = Twice(0, len(SOURCES), number_model, first, shipped_policy())
    run.apply(head)
    assert run.ready
    assert run.store.numbers.count > 1000
    assert not run.decider.episodes
    assert run.policy.identity == first.identity
    assert run.shadow is not None
    assert run.shadow.policy.identity == shipped_policy().identity


def test_a_fresh_log_has_nothing_to_carry(number_model: NumberModel) -> None:
    carried = list(shared_out([Partition(number, 4, number_model).parts(True) for number in range(2)], 3, 1, 8))
    assert [state.ready for state in begun(carried, number_model)] == [False] * 3


def test_what_several_partitions_know_of_late_is_carried_once() -> None:
    """As after a change of their count, when each of them knows all: a second change is not to push anything out."""
    ring = np.zeros(1000, RECORD)
    ring["key"], ring["event_ms"] = np.arange(1, 1001), np.arange(1000)
    later = ring.copy()
    later["event_ms"][500] += 5
    entries, dropped = _recent([ring, later, ring], 1000)
    assert dropped == 0
    assert sorted(entries["key"].tolist()) == list(range(1, 1001))
    assert entries["event_ms"][entries["key"] == 501].tolist() == [505]
