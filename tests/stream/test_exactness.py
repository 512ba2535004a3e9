"""G1 and G2 without a broker: flags do not depend on batches, checkpoints, partitions or the order of arrival."""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest

from candidate_policies import EDGES, WEIGHT
from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.simulate.build import Simulation
from sightings_logs import Log, begun, partition


def plain(flags: list[Flag]) -> list[bytes]:
    return sorted(msgspec.json.encode(flag) for flag in flags)


def enough(outputs: list[Output]) -> None:
    together = [flag for output in outputs for flag in output.flags]
    assert {flag.fraud_type for flag in together} == set(FRAUD_TYPES)
    assert len(together) >= 50


def splits(length: int, random: np.random.Generator) -> Iterator[slice]:
    begin = 0
    while begin < length:
        end = begin + int(random.integers(1, 40))
        yield slice(begin, end)
        begin = end


@pytest.mark.parametrize("mode", ["canonical", "live"])
def test_cutting_the_log_otherwise_changes_nothing(
    logs: list[Log], whole: Callable[[str], list[Output]], number_model: NumberModel, mode: str
) -> None:
    enough(whole(mode))
    for number, (log, output) in enumerate(zip(logs, whole(mode), strict=True)):
        state = partition(number, number_model, mode)
        flags = [f for cut in splits(len(log), np.random.default_rng(number)) for f in state.apply(log[cut]).flags]
        assert [msgspec.json.encode(flag) for flag in flags] == [msgspec.json.encode(flag) for flag in output.flags]


@pytest.mark.parametrize("mode", ["canonical", "live"])
def test_a_crash_and_a_restore_change_nothing(logs: list[Log], number_model: NumberModel, mode: str) -> None:
    """At random places the state is thrown away and had back from its last units; the log is read on from there.

    Neither of the flags, nor of a shadow's, nor of the warnings.
    """
    random = np.random.default_rng(8)
    crashes = held = under_shadow = warned = 0
    for number, bare in enumerate(logs):
        log = begun(bare, "shadow", EDGES, WEIGHT)
        whole = partition(number, number_model, mode).apply(log)
        state = partition(number, number_model, mode)
        units: list[list[bytes]] = []
        flags, shadow, warnings = (dict[str, bytes]() for _ in range(3))
        begin = 0
        while begin < len(log):
            end = begin + int(random.integers(1, 60))
            output = state.apply(log[begin:end])
            flags |= {flag.flag_id: msgspec.json.encode(flag) for flag in output.flags}
            shadow |= {flag.flag_id: msgspec.json.encode(flag) for flag in output.shadow}
            warnings |= {warning.warning_id: msgspec.json.encode(warning) for warning in output.warnings}
            begin = end
            chance = random.random()
            if chance < 0.3:
                full = not units or random.random() < 0.2
                units = [list(state.checkpoint(full))] if full else [*units, list(state.checkpoint(False))]
            elif chance < 0.6 and units:
                crashes += 1
                under_shadow += state.shadow is not None
                state = partition(number, number_model, mode)
                for unit in units:
                    state.restore(unit)
                held += len(state.hold)
                begin = max(0, state.next_offset - 3)  # and a few read again
        assert sorted(flags.values()) == plain(whole.flags)
        assert sorted(shadow.values()) == plain(whole.shadow)
        assert sorted(warnings.values()) == sorted(msgspec.json.encode(warning) for warning in whole.warnings)
        warned += len(warnings)
    assert crashes > 10
    assert under_shadow > 5
    assert warned > 200
    assert mode == "live" or held > 0


def test_canonical_flags_are_those_of_replay_whatever_the_partitions(
    whole: Callable[[str], list[Output]], simulation: Simulation, text_model: TextModel, number_model: NumberModel
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
    enough(whole("canonical"))
    assert plain([flag for output in whole("canonical") for flag in output.flags]) == plain(flags)


def test_repeats_in_the_log_are_skipped(logs: list[Log], whole: Callable[[str], list[Output]], number_model: NumberModel) -> None:
    """What an intake wrote twice after a crash is accepted once."""
    log = logs[0]
    doubled = [frame for _, frame, _ in log[:300]] + [frame for _, frame, _ in log[100:]]
    state = partition(0, number_model, "canonical")
    flags = state.apply([(offset, frame, 0) for offset, frame in enumerate(doubled)]).flags
    assert state.skipped > 0
    assert plain(flags) == plain(whole("canonical")[0].flags)
