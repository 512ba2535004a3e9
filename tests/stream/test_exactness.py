"""G1 and G2 without a broker: flags do not depend on batches, checkpoints, partitions or the order of arrival."""

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.simulate.build import Simulation
from sightings_logs import partition


def plain(flags: list[Flag]) -> list[bytes]:
    return sorted(msgspec.json.encode(flag) for flag in flags)


def in_one_go(logs: list[list[tuple[int, bytes, int]]], model: NumberModel, mode: str) -> list[list[Flag]]:
    return [partition(number, model, mode).apply(log).flags for number, log in enumerate(logs)]


def enough(flags: list[list[Flag]]) -> None:
    together = [flag for part in flags for flag in part]
    assert {flag.fraud_type for flag in together} == set(FRAUD_TYPES)
    assert len(together) >= 50


def splits(length: int, random: np.random.Generator) -> Iterator[slice]:
    begin = 0
    while begin < length:
        end = begin + int(random.integers(1, 40))
        yield slice(begin, end)
        begin = end


@pytest.mark.parametrize("mode", ["canonical", "live"])
def test_cutting_the_log_otherwise_changes_nothing(logs: list, number_model: NumberModel, mode: str) -> None:
    whole = in_one_go(logs, number_model, mode)
    enough(whole)
    for number, log in enumerate(logs):
        state = partition(number, number_model, mode)
        flags = [f for cut in splits(len(log), np.random.default_rng(number)) for f in state.apply(log[cut]).flags]
        assert [msgspec.json.encode(flag) for flag in flags] == [msgspec.json.encode(flag) for flag in whole[number]]


@pytest.mark.parametrize("mode", ["canonical", "live"])
def test_a_crash_and_a_restore_change_nothing(logs: list, number_model: NumberModel, mode: str) -> None:
    """At random places the state is thrown away and had back from its last unit; the log is read on from there."""
    whole = in_one_go(logs, number_model, mode)
    random = np.random.default_rng(8)
    crashes, held = 0, 0
    for number, log in enumerate(logs):
        state = partition(number, number_model, mode)
        units: list[list[bytes]] = []
        flags: dict[str, bytes] = {}
        begin = 0
        while begin < len(log):
            end = begin + int(random.integers(1, 60))
            flags |= {flag.flag_id: msgspec.json.encode(flag) for flag in state.apply(log[begin:end]).flags}
            begin = end
            chance = random.random()
            if chance < 0.3:
                full = not units or random.random() < 0.2
                units = [list(state.checkpoint(full))] if full else [*units, list(state.checkpoint(False))]
            elif chance < 0.6 and units:
                crashes += 1
                state = partition(number, number_model, mode)
                for unit in units:
                    state.restore(unit)
                held += len(state.hold)
                begin = max(0, state.next_offset - 3)  # and a few read again
        assert sorted(flags.values()) == plain(whole[number])
    assert crashes > 10
    assert mode == "live" or held > 0


def test_canonical_flags_are_those_of_replay_whatever_the_partitions(
    logs: list, simulation: Simulation, text_model: TextModel, number_model: NumberModel
) -> None:
    flags: list[Flag] = []
    replay = Replay(
        shipped_policy(),
        operator_from_toml(simulation.operator_toml()),
        text_model,
        number_model,
        lambda output, dead: flags.extend(output.flags),
        feedback=False,
    )
    replay.run(Line("", number, raw) for number, raw in enumerate(simulation.records, 1))
    whole = in_one_go(logs, number_model, "canonical")
    enough(whole)
    assert plain([flag for part in whole for flag in part]) == plain(flags)


def test_repeats_in_the_log_are_skipped(logs: list, number_model: NumberModel) -> None:
    """What an intake wrote twice after a crash is accepted once."""
    log = logs[0]
    doubled = [frame for _, frame, _ in log[:300]] + [frame for _, frame, _ in log[100:]]
    state = partition(0, number_model, "canonical")
    flags = state.apply([(offset, frame, 0) for offset, frame in enumerate(doubled)]).flags
    assert state.skipped > 0
    assert plain(flags) == plain(partition(0, number_model, "canonical").apply(log).flags)
