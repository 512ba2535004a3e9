"""A candidate policy decides beside the one in force: what it says is what a push would have changed, and it changes nothing."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from candidate_models import write_candidate
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.learner.hours import in_order
from linewatch.stream.order.frame import control_frame
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.profiles.partition import Partition
from sightings_logs import Log, partition

EDGES = shipped_policy().source.replace("review = 0.75\nblock = 0.97", "review = 0.6\nblock = 0.85").encode()
WEIGHT = EDGES.replace(b"model_weight = 0.5", b"model_weight = 1.1")
LISTED = shipped_policy().source.replace("report_only = false", "report_only = true").encode()


def begun(log: Log, kind: str, *texts: bytes) -> Log:
    """The log with control records of `kind` spread over it, the first after a third of it."""
    frames = [frame for _, frame, _ in log]
    for turn, text in enumerate(texts):
        frames.insert(len(log) * (turn + 1) // 3, control_frame(kind, turn + 2, text))
    return [(offset, frame, 0) for offset, frame in enumerate(frames)]


def plain(flags: list[Flag]) -> list[bytes]:
    return [msgspec.json.encode(flag) for flag in flags]


@pytest.mark.parametrize("mode", ["canonical", "live"])
@pytest.mark.parametrize("candidate", [EDGES, WEIGHT, LISTED], ids=["thresholds", "weight", "report_only"])
def test_a_shadow_flags_as_a_push_would_have_and_touches_nothing(
    logs: list[Log], number_model: NumberModel, mode: str, candidate: bytes
) -> None:
    raised = 0
    for number, log in enumerate(logs):
        alone = partition(number, number_model, mode).apply(log)
        both = partition(number, number_model, mode).apply(begun(log, "shadow", candidate))
        pushed = partition(number, number_model, mode).apply(begun(log, "policy", candidate))
        assert plain(both.flags) == plain(alone.flags)
        assert list(in_order(both.examples)) == list(in_order(alone.examples))
        identity = both.shadow[0].policy_version
        assert plain(both.shadow) == plain([flag for flag in pushed.flags if flag.policy_version == identity])
        raised += len({flag.flag_id for flag in both.shadow} - {flag.flag_id for flag in both.flags})
    assert raised > 20


def test_a_candidate_model_shadows_as_the_policy_that_names_it(logs: list[Log], tmp_path: Path) -> None:
    version = write_candidate(tmp_path / "candidate", 1)
    model = NumberModel.load(FEATURES, candidates=tmp_path)
    candidate = shipped_policy().source.replace('number_model = ""', f'number_model = "{version}"').encode()
    changed = 0
    for number, log in enumerate(logs):
        alone = partition(number, model, "canonical").apply(log)
        both = partition(number, model, "canonical").apply(begun(log, "shadow", candidate))
        promoted = partition(number, model, "canonical").apply(begun(log, "policy", candidate))
        assert plain(both.flags) == plain(alone.flags)
        assert all(flag.model_version.startswith(version) for flag in both.shadow)
        assert plain(both.shadow) == plain([flag for flag in promoted.flags if flag.model_version.startswith(version)])
        changed += len({(flag.number, flag.score) for flag in both.shadow} - {(flag.number, flag.score) for flag in both.flags})
    assert changed > 20


@pytest.mark.parametrize("mode", ["canonical", "live"])
def test_a_shadow_withdrawn_or_replaced_begins_anew(logs: list[Log], number_model: NumberModel, mode: str) -> None:
    log = begun(logs[0], "shadow", EDGES, WEIGHT)
    output = partition(0, number_model, mode).apply(log)
    versions = [flag.policy_version for flag in output.shadow]
    assert len(set(versions)) == 2
    assert versions == sorted(versions, key=versions.index), "one after the other"
    ended = partition(0, number_model, mode)
    first = ended.apply(begun(logs[0], "shadow", EDGES, b""))
    assert ended.shadow is None
    assert plain(first.shadow) == plain([flag for flag in output.shadow if flag.policy_version == versions[0]])


@pytest.mark.parametrize("mode", ["canonical", "live"])
def test_crashes_and_cuts_change_nothing_of_either(logs: list[Log], number_model: NumberModel, mode: str) -> None:
    """G1 for both: the state is thrown away at random places and had back from its units, the log read on in other pieces."""
    random = np.random.default_rng(5)
    crashes = under_shadow = 0
    for number, bare in enumerate(logs):
        log = begun(bare, "shadow", EDGES, WEIGHT)
        whole = partition(number, number_model, mode).apply(log)
        state, units, begin = partition(number, number_model, mode), [], 0
        flags: dict[str, bytes] = {}
        shadow: dict[str, bytes] = {}
        while begin < len(log):
            end = begin + int(random.integers(1, 60))
            output = state.apply(log[begin:end])
            flags |= {flag.flag_id: msgspec.json.encode(flag) for flag in output.flags}
            shadow |= {flag.flag_id: msgspec.json.encode(flag) for flag in output.shadow}
            begin, chance = end, random.random()
            if chance < 0.3:
                full = not units or random.random() < 0.2
                units = [list(state.checkpoint(full))] if full else [*units, list(state.checkpoint(False))]
            elif chance < 0.6 and units:
                crashes += 1
                under_shadow += state.shadow is not None
                state = restored(number, number_model, mode, units)
                begin = max(0, state.next_offset - 3)
        assert sorted(flags.values()) == sorted(plain(whole.flags))
        assert sorted(shadow.values()) == sorted(plain(whole.shadow))
    assert crashes > 10
    assert under_shadow > 5


def restored(number: int, model: NumberModel, mode: str, units: list[list[bytes]]) -> Partition:
    state = partition(number, model, mode)
    for unit in units:
        state.restore(unit)
    return state


def test_who_is_forgotten_is_forgotten_by_both(logs: list[Log], number_model: NumberModel) -> None:
    state = partition(0, number_model, "canonical")
    output: Output = state.apply(begun(logs[0], "shadow", EDGES))
    assert state.shadow is not None
    entity = next(int(flag.number[1:]) for flag in output.shadow if state.shadow.decider.holds(int(flag.number[1:])))
    state.forget(entity)
    assert not state.shadow.decider.holds(entity)
    assert not state.decider.holds(entity)


def test_models_are_asked_once_for_both(logs: list[Log], number_model: NumberModel) -> None:
    asked: list[int] = []

    class Counted:
        version = number_model.version
        candidates = None

        def of(self, version: str) -> "Counted":
            return self

        def logits(self, rows: np.ndarray) -> np.ndarray:
            asked.append(len(rows))
            return number_model.logits(rows)

    output = partition(0, Counted(), "canonical").apply(begun(logs[0], "shadow", WEIGHT))
    assert output.shadow
    assert sum(asked) == output.scored
