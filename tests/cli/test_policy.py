"""`policy check` says whether a policy can be pushed, and where it cannot, why."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linewatch.config.policy import load_policy

SHIPPED = Path(__file__).parents[2] / "config" / "policy.toml"
Call = Callable[..., Any]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(f'version = "mine-1"\n{text}\n')
    return path


def test_the_shipped_policy_is_valid_and_shown_with_its_identity(linewatch: Call) -> None:
    done = linewatch("policy", "check", SHIPPED)
    assert (done.status, done.err) == (0, "")
    assert load_policy(SHIPPED).identity in done.out
    assert all(name in done.out for name in ("wangiri", "irsf", "sim_box", "robocall", "smishing"))


def test_a_number_model_that_is_named_is_said_to_be_unchecked(linewatch: Call, tmp_path: Path) -> None:
    assert "not checked" not in linewatch("policy", "check", SHIPPED).out
    assert (
        "not checked: whether there is a number model nope"
        in linewatch("policy", "check", written(tmp_path, 'number_model = "nope"')).out
    )


def test_a_segment_is_shown_with_its_prefix(linewatch: Call, tmp_path: Path) -> None:
    segment = '[[segments]]\nprefix = "+88"\nthresholds.wangiri = { watch = 0.41, review = 0.6, block = 0.9 }'
    out = linewatch("policy", "check", written(tmp_path, segment)).out
    assert "+88" in out
    assert "0.41" in out


@pytest.mark.parametrize(
    ("text", "key", "wrong"),
    [
        ("hysteresis_margin = 1.5", "hysteresis_margin", "1.5"),
        ("[thresholds.wangiri]\nwatch = 0.8\nreview = 0.75\nblock = 0.9", "thresholds.wangiri", "0.8"),
        ("fade_dayz = 30", "fade_dayz", "did you mean fade_days?"),
        ('[caps]\nblocks_per_minute = "many"', "caps.blocks_per_minute", "'many'"),
        ("[thresholds.irfs]", "thresholds.irfs", "irfs"),
    ],
)
def test_one_line_names_key_and_what_is_wrong(linewatch: Call, tmp_path: Path, text: str, key: str, wrong: str) -> None:
    done = linewatch("policy", "check", written(tmp_path, text))
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert key in done.err
    assert wrong in done.err


def test_what_is_no_toml_or_not_there_is_said(linewatch: Call, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("version = ")
    for path in (broken, tmp_path / "missing.toml"):
        done = linewatch("policy", "check", path)
        assert (done.status, done.err.count("\n")) == (2, 1)


def test_a_policy_that_does_not_validate_is_not_pushed(linewatch: Call, tmp_path: Path) -> None:
    """Validation comes before the brokers, which are not there, are asked for anything."""
    bad = written(tmp_path, "hysteresis_margin = 1.5")
    done = linewatch("policy", "push", bad, "--config", Path(__file__).parents[2] / "config" / "worker.toml")
    assert done.status == 2
    assert "hysteresis_margin" in done.err
