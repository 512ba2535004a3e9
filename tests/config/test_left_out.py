"""A policy that leaves keys out has otherwise than the shipped one what is named, and nothing else."""

import pytest

from linewatch.config.errors import InvalidSetting
from linewatch.config.left_out import left_out
from linewatch.config.policy import FRAUD_TYPES, Thresholds, policy_from_toml, shipped_policy

ONE = 'version = "a"\n[thresholds.wangiri]\nwatch = 0.4\n'


def test_the_shipped_policy_leaves_nothing_out() -> None:
    assert left_out(shipped_policy().source) == []


def test_what_differs_is_named_table_by_table() -> None:
    others = {f"thresholds.{name}" for name in FRAUD_TYPES if name != "wangiri"}
    assert set(left_out(ONE)) == others | {"hot_destinations", "verdict_sources"}
    assert policy_from_toml(ONE).thresholds_for("+1", "irsf") == Thresholds() != shipped_policy().thresholds_for("+1", "irsf")


def test_a_key_within_a_table_is_named_where_it_differs() -> None:
    found = left_out('version = "a"\n[thresholds.irsf]\nwatch = 0.4\nreview = 0.78\n[verdict_sources.analyst]\nweight = 1\n')
    assert "thresholds.irsf.block" in found
    assert "thresholds.irsf.review" not in found, "it is there"
    assert "verdict_sources.analyst.cap_per_day" not in found, "the default is what is shipped"
    assert "verdict_sources.partner" in found


def test_it_wants_a_policy() -> None:
    with pytest.raises(InvalidSetting):
        left_out("")
