"""A candidate policy decides beside the one in force: what it says is what a push would have changed, and it changes nothing."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from candidate_models import write_candidate
from candidate_policies import EDGES, LISTED, WEIGHT
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.learner.hours import in_order
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from sightings_logs import Log, begun, partition


def plain(flags: list[Flag]) -> list[bytes]:
    return [msgspec.json.encode(flag) for flag in flags]


@pytest.mark.parametrize("mode", ["canonical", "live"])
@pytest.mark.parametrize("candidate", [EDGES, WEIGHT, LISTED], ids=["thresholds", "weight", "report_only"])
def test_a_shadow_flags_as_a_push_would_have_and_touches_nothing(
    logs: list[Log], whole: Callable[[str], list[Output]], number_model: NumberModel, mode: str, candidate: bytes
) -> None:
    raised = 0
    for number, (log, alone) in enumerate(zip(logs, whole(mode), strict=True)):
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
