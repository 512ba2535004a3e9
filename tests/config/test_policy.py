"""The policy: what does not validate is refused by key, value and range; the shipped file explains every key."""

import pickle
import tomllib
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from linewatch.config import policy as policy_module
from linewatch.config.errors import InvalidSetting, UnusableInput
from linewatch.config.policy import Policy, Thresholds, load_policy, policy_from_toml, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.rules.every import RULES

SHIPPED = Path(policy_module.__file__).parent / "policy.toml"
HEAD = 'version = "test"\n'


def refused(text: str) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as caught:
        policy_from_toml(HEAD + text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "key", "value", "allowed"),
    [
        ("hysteresis_margin = 1.5", "hysteresis_margin", 1.5, "<= 1"),
        ("fade_days = 0", "fade_days", 0, "> 0"),
        ("fade_days = -3.0", "fade_days", -3.0, "> 0"),
        ('fade_days = "30"', "fade_days", "30", "float"),
        ("report_only = 1", "report_only", 1, "bool"),
        ("half_lives_s = [900, 14400]", "half_lives_s", [900, 14400], "length 3"),
        ("half_lives_s = [900, 900, 14400]", "half_lives_s", [900.0, 900.0, 14400.0], "rise"),
        ('hot_destinations = ["53"]', "hot_destinations[0]", "53", "regex"),
        ("[caps]\nrows = 0", "caps.rows", 0, ">= 1"),
        ("[caps]\nrows = 1.5", "caps.rows", 1.5, "int"),
        ("[gate]\nmin_attempts = nan", "gate.min_attempts", None, "> 0"),
        ("[learner]\nmax_adjust_logit = 9", "learner.max_adjust_logit", 9, "<= 4"),
        ("[learner]\ndrift_delta = 1.0", "learner.drift_delta", 1.0, "< 1"),
        ("[verdict_sources.me]\nweight = 2", "verdict_sources", None, "<= 1"),
        ("[verdict_sources.me]\ncap_per_day = 5", "verdict_sources", None, "weight"),
        ("[thresholds.irsf]\nwatch = 0.8\nreview = 0.7\nblock = 0.9", "thresholds.irsf", [0.8, 0.7, 0.9], "watch < review"),
        ("[thresholds.irsf]\nwatch = 0.0\nreview = 0.7\nblock = 0.9", "thresholds.irsf", [0.0, 0.7, 0.9], "0 <"),
        ("[thresholds.nonsense]\nwatch = 0.5", "thresholds.nonsense", "nonsense", "one of wangiri"),
        ("[detectors.nonsense]\nx = 1.0", "detectors.nonsense", "nonsense", "one of wangiri"),
        ('[[segments]]\nprefix = "+66"\nthresholds.irsf = { watch = 0.9, review = 0.5 }', "segments[0]", None, "watch < review"),
    ],
)
def test_an_error_names_key_value_and_range(text: str, key: str, value: object, allowed: str) -> None:
    error = refused(text)
    assert error.key.startswith(key)
    if value is not None:
        assert error.value == value
    assert allowed in error.allowed
    assert error.key in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("thresold = 1", "thresold"),
        ("[caps]\nblocks = 3", "caps.blocks"),
        ("[thresholds.irsf]\nwach = 0.5", "wach"),
        ("[learner]\nrate = 0.5", "learner.rate"),
    ],
)
def test_an_unknown_key_is_an_error(text: str, key: str) -> None:
    error = refused(text)
    assert key in error.key
    assert "no such key" in error.allowed


def test_a_version_is_needed() -> None:
    with pytest.raises(InvalidSetting, match="version"):
        policy_from_toml("report_only = true\n")
    with pytest.raises(InvalidSetting, match="version"):
        policy_from_toml('version = ""\n')


def test_no_toml_and_no_file() -> None:
    with pytest.raises(UnusableInput, match="TOML"):
        policy_from_toml("version = ")
    with pytest.raises(UnusableInput, match="check the path"):
        load_policy(Path("/nowhere/policy.toml"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hysteresis_margin = 1.0", "hysteresis_margin"),
        ("hysteresis_margin = 0.4\n[thresholds.irsf]\nwatch = 0.4", "hysteresis_margin"),
        ("trusted_weight = 0.0", "trusted_weight"),
        ("lower_after_s = 90000", "lower_after_s"),
        ("expire_days = 29", "expire_days"),
        ('never_block = ["1669", "+66 92 123"]', "never_block[1]"),
    ],
)
def test_a_file_whose_values_make_no_sense_together_is_refused(tmp_path: Path, text: str, key: str) -> None:
    """A policy of a log is read all the same: an earlier version may have taken it."""
    path = tmp_path / "policy.toml"
    path.write_text(HEAD + text)
    with pytest.raises(InvalidSetting) as caught:
        load_policy(path)
    assert caught.value.key == key
    assert policy_from_toml(HEAD + text).source == HEAD + text


def test_a_file_of_values_at_the_edge_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(
        HEAD + "hysteresis_margin = 0.49\ntrusted_weight = 0.01\nlower_after_s = 86400\nexpire_days = 30\nfade_days = 30\n"
    )
    assert load_policy(path).trusted_weight == 0.01


def test_the_longest_segment_wins() -> None:
    policy = policy_from_toml(
        HEAD
        + "[thresholds.irsf]\nwatch = 0.5\nreview = 0.6\nblock = 0.7\n"
        + '[[segments]]\nprefix = "+66"\nthresholds.irsf = { watch = 0.1, review = 0.2, block = 0.3 }\n'
        + '[[segments]]\nprefix = "+6692"\nthresholds.irsf = { watch = 0.8, review = 0.85, block = 0.9 }\n'
    )
    assert policy.thresholds_for("+6692000", "irsf").watch == 0.8
    assert policy.thresholds_for("+6620000", "irsf").watch == 0.1
    assert policy.thresholds_for("+254", "irsf").watch == 0.5
    assert policy.thresholds_for("+6692000", "wangiri") == Thresholds(), "a segment changes the types that it names"


def test_identity_follows_the_content() -> None:
    one, other = policy_from_toml(HEAD), policy_from_toml(HEAD + "report_only = true\n")
    assert one.identity.startswith("test-")
    assert one.identity != other.identity
    assert policy_from_toml(HEAD).identity == one.identity
    assert shipped_policy().source == SHIPPED.read_text()


def structs_of(kind: Any) -> list[type]:
    """The structs that a type speaks of, within tuples and mappings too."""
    if get_origin(kind) is not None:
        return [found for part in get_args(kind) for found in structs_of(part)]
    return [kind] if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else []


def keys_of(struct: type) -> list[str]:
    """Every key of a struct and of those within it."""
    found: list[str] = []
    hints = get_type_hints(struct)
    for name in struct.__struct_fields__:  # type: ignore[attr-defined]
        found.append(name)
        for inner in structs_of(hints[name]):
            found.extend(keys_of(inner))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("key", keys_of(Policy))
def test_the_shipped_file_explains_every_key(key: str) -> None:
    """The key stands in the file, with a comment on its line or above its block."""
    lines = SHIPPED.read_text().splitlines()
    places = [
        i for i, line in enumerate(lines) if key in line.replace("#", "").replace("[", " ").replace(".", " ").split("=")[0].split()
    ]
    places += [i for i, line in enumerate(lines) if f"[{key}]" in line or f"[{key}." in line]
    assert places, f"{key} is not in policy.toml"
    explained = [i for i in places if "#" in lines[i] or any(line.startswith("#") for line in lines[max(0, i - 8) : i])]
    assert explained, f"{key} has no comment"


def test_another_process_is_told_what_is_wrong() -> None:
    error = refused("hysteresis_margin = 1.5")
    told = pickle.loads(pickle.dumps(error))
    assert (type(told), str(told), told.key) == (InvalidSetting, str(error), error.key)


def test_the_shipped_file_sets_thresholds_for_every_type() -> None:
    policy = shipped_policy()
    assert set(policy.thresholds) == set(FRAUD_TYPES) == set(policy_module.FRAUD_TYPES)
    assert set(tomllib.loads(SHIPPED.read_text())) >= set(Policy.__struct_fields__) - {"segments", "detectors", "losses"}


def test_every_sign_can_be_tuned_by_its_code() -> None:
    for rule in RULES:
        for sign in rule.signs:
            policy = policy_from_toml(HEAD + f"[detectors.{rule.fraud_type}]\n{sign.code} = 2.5\n")
            tuned = rule.tuned(policy.detectors[rule.fraud_type])
            assert [s.threshold for s in tuned.signs if s.code == sign.code] == [2.5]
