"""What is refused is named by key and value, in mappings too; neither secrets nor telephone numbers are ever repeated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linewatch.config.errors import InvalidSetting, UnusableInput
from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import load_policy, policy_from_toml
from linewatch.config.worker import worker_config_from_toml

Read = Callable[[str], Any]
CONFIG = Path(__file__).parents[2] / "config"
NUMBER = "+66921234567"
HEAD = 'version = "test"\n'


def refused(read: Read, text: str) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("ssl_key_password", ["ssl_key_password_env", "ssl_key_password_file"]),
        ("sasl_password", ["sasl_password_env", "sasl_password_file"]),
        ("sasl_plain_password", ["sasl_password_env", "ssl_key_password_file"]),
        ("token", ["sasl_password_env"]),
        ("sasl_user", ["sasl_username"]),
    ],
)
def test_what_an_unknown_key_holds_is_not_repeated(key: str, named: list[str]) -> None:
    error = refused(worker_config_from_toml, f'[kafka]\n{key} = "hunter2"')
    assert (error.key, error.value) == (f"kafka.{key}", None)
    assert "hunter2" not in str(error)
    assert "no such key" in error.allowed
    assert all(name in error.allowed for name in named)


def test_a_table_of_another_file_is_not_repeated() -> None:
    error = refused(policy_from_toml, (CONFIG / "worker.toml").read_text())
    assert str(error) == "kafka is not usable: no such key; remove it or mend its name"


def test_a_secret_in_place_of_its_variable_is_not_repeated() -> None:
    config = worker_config_from_toml('[kafka]\nsasl_password_env = "hunter2"\n')
    with pytest.raises(InvalidSetting, match="sasl_password_env is not usable") as caught:
        config.kafka.secret("sasl_password")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("[thresholds.irsf]\nblock = 0.99\n[thresholds.wangiri]\nwatch = 1.9", "thresholds.wangiri.watch", 1.9),
        ("[verdict_sources.one]\nweight = 1\n[verdict_sources.two]\nweight = 2", "verdict_sources.two.weight", 2),
        ("[verdict_sources.me]\ncap_per_day = 5", "verdict_sources.me.weight", None),
        ("[losses.irsf]\nper_record = -1", "losses.irsf.per_record", -1),
        ("[detectors.irsf]\nx = 1\ny = -1", "detectors.irsf.y", -1),
        ("[thresholds.irsf]\nwach = 0.5", "thresholds.irsf.wach", None),
        ('[[segments]]\nprefix = "+6"\nthresholds.irsf = { watch = "a" }', "segments[0].thresholds.irsf.watch", "a"),
        ("caps = { rows = 0 }", "caps.rows", 0),
        ("[verdict_sources.'a b']\nweight = 2", "verdict_sources.'a b'.weight", 2),
    ],
)
def test_an_entry_of_a_mapping_is_found(text: str, key: str, value: object) -> None:
    error = refused(policy_from_toml, HEAD + text)
    assert (error.key, error.value) == (key, value)


@pytest.mark.parametrize(
    ("read", "text", "shown", "allowed"),
    [
        (worker_config_from_toml, '[order]\nmode = "fast"', "order.mode = 'fast'", ("live", "canonical")),
        (worker_config_from_toml, "[order]\nmode = 3", "order.mode = 3", ("live", "canonical")),
        (operator_from_toml, f'[registered]\n"{NUMBER}" = "flashcall"', "registered[0] = 'flashcall'", ("flash_call", "televote")),
    ],
)
def test_of_few_words_all_are_told(read: Read, text: str, shown: str, allowed: tuple[str, ...]) -> None:
    error = refused(read, text)
    assert str(error).startswith(shown)
    assert all(word in error.allowed for word in allowed)


@pytest.mark.parametrize(
    "text",
    [
        f'[registered]\n"{NUMBER}" = "pizza"',
        f'[registered]\n"{NUMBER}" = 3',
        f'registered = ["{NUMBER}"]',
        f'never_block = "{NUMBER}"',
        f'never_block = {{ "{NUMBER}" = 1 }}',
        f'never_blok = "{NUMBER}"',
    ],
)
def test_no_telephone_number_is_repeated(text: str) -> None:
    assert NUMBER not in str(refused(operator_from_toml, text))


@pytest.mark.parametrize("key", ["a`b - at `$.x[...]", "a - at `$.thresholds[...]`", "a\\nb"])
def test_a_key_that_looks_like_a_message_is_refused_all_the_same(key: str) -> None:
    assert "is not usable" in str(refused(policy_from_toml, f'{HEAD}"{key}" = 1\n[thresholds.irsf]\nwatch = 0.5'))


def test_a_file_that_an_editor_marked_as_utf_8_is_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_policy(path).identity == policy_from_toml(HEAD).identity


@pytest.mark.parametrize("text", ["version = a", "x = " + "[" * 5000])
def test_what_is_no_toml_is_told_with_how_to_mend_it(text: str) -> None:
    with pytest.raises(UnusableInput, match=r"no TOML: .*mend it") as caught:
        policy_from_toml(text)
    assert "\n" not in str(caught.value)
