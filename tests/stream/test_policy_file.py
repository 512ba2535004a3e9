"""A policy that somebody hands in tunes signs that are there; one that a log has is read as it is."""

from pathlib import Path

import pytest

from linewatch.config.errors import InvalidSetting
from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.models.rules.every import tuned_rules
from linewatch.stream.decision.policy_file import policy_of_file


def tuned(code: str) -> str:
    return f"{shipped_policy().source}\n[detectors.flash_call]\n{code} = 0.7\n"


def test_a_threshold_of_a_sign_that_is_there_is_read(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(tuned("rings_as_codes"))
    assert policy_of_file(file).detectors["flash_call"] == {"rings_as_codes": 0.7}


def test_one_that_is_not_is_named_with_those_that_are(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(tuned("brief_ring_share"))
    with pytest.raises(InvalidSetting, match=r"detectors\.flash_call\.brief_ring_share = 0\.7 .* one of .*rings_as_codes"):
        policy_of_file(file)


def test_what_a_log_has_of_an_earlier_version_goes_on_with_what_both_have() -> None:
    policy = policy_from_toml(tuned("brief_ring_share"))
    assert tuned_rules(policy.detectors) == tuned_rules({})
