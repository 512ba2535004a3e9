"""The operator file: every key optional, what is wrong named in one line."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from linewatch.config.errors import InvalidSetting, UnusableInput
from linewatch.config.operator import Operator, Service, load_operator, operator_from_toml
from linewatch.stream.decision.decide import EXCUSES

CONTRACT = """
country = "TH"
timezone = "Asia/Bangkok"
plmn = ["52088"]
own_prefixes = ["+6692"]
short_codes = ["1669"]
international_trunks = ["INT-*"]
domestic_trunks = ["IC-*"]
never_block = ["+66200000000"]
[registered]
"+66123456789" = "flash_call"
"""


def test_the_contracts_example() -> None:
    operator = operator_from_toml(CONTRACT)
    assert operator.plmn == ("52088",)
    assert operator.registered == {"+66123456789": "flash_call"}
    assert operator.source == CONTRACT


def test_the_file_to_copy_explains_every_key_and_service_and_puts_none_in_force() -> None:
    path = Path(__file__).parents[2] / "config" / "operator.toml"
    bare = load_operator(path)
    assert msgspec.structs.replace(bare, source="") == Operator()
    filled = operator_from_toml(re.sub(r'(?m)^# (?=[a-z_]+ = |")', "", bare.source))
    assert all(getattr(filled, field) for field in Operator.__struct_fields__)
    assert EXCUSES.keys() == set(get_args(Service))
    for service, excused in EXCUSES.items():
        (line,) = [line for line in bare.source.splitlines() if re.match(rf"# {{3}}([a-z0-9_]+, )*{service}\b", line)]
        assert line.endswith(", ".join(excused) if service != "televote" else "a vote is no act")
        assert all(name in line for name in excused)


def test_nothing_is_needed() -> None:
    assert load_operator(None) == Operator()
    assert operator_from_toml("") == Operator()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('country = "Thailand"', "country"),
        ('country = "th"', "country"),
        ('timezone = "Mars/Olympus"', "timezone"),
        ('timezone = "../etc/passwd"', "timezone"),
        ('plmn = "52088"', "plmn"),
        ("never_block = [66]", "never_block"),
        ('[registered]\n"+661" = "pizza"', "registered"),
        ('contry = "TH"', "contry"),
        ('source = "x"', "source"),
    ],
)
def test_an_error_names_the_key(text: str, key: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        operator_from_toml(text)
    assert caught.value.key.startswith(key)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ('own_prefixes = ["+6692", "6692"]', "own_prefixes[1]", "6692"),
        ('own_prefixes = ["+66 92"]', "own_prefixes[0]", "+66 92"),
        ('own_prefixes = ["0066"]', "own_prefixes[0]", "0066"),
        ('own_prefixes = ["abc"]', "own_prefixes[0]", "abc"),
        ('plmn = ["520-88"]', "plmn[0]", "520-88"),
        ('plmn = ["abc"]', "plmn[0]", "abc"),
        ('short_codes = ["16 69"]', "short_codes[0]", "16 69"),
        ('international_trunks = [""]', "international_trunks[0]", ""),
        ('domestic_trunks = [" IC-*"]', "domestic_trunks[0]", " IC-*"),
        ('country = "ZZ"', "country", "ZZ"),
        ('country = "TH"\nnever_block = ["1669", "+66 92 123"]', "never_block[1]", "+66 92 123"),
        ('[registered]\n"zzz" = "flash_call"', "registered", "zzz"),
        ('[registered]\n"+66x" = "a2p"', "registered", "+66x"),
    ],
)
def test_a_file_with_what_could_mean_nothing_is_refused(tmp_path: Path, text: str, key: str, value: str) -> None:
    """A text of a log is read all the same: an earlier version may have taken it."""
    path = tmp_path / "operator.toml"
    path.write_text(text)
    with pytest.raises(InvalidSetting) as caught:
        load_operator(path)
    assert (caught.value.key, caught.value.value) == (key, value)
    assert operator_from_toml(text).source == text


def test_a_file_with_the_contracts_example_and_a_sender_id_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "operator.toml"
    path.write_text(CONTRACT + '"MyBank" = "a2p"\n"1669" = "alarm"\n')
    assert load_operator(path).registered["MyBank"] == "a2p"


def test_own_ranges_are_the_digits_of_prefixes_alone() -> None:
    assert Operator(own_prefixes=("+6692", "6692", "+66 92", "abc", "")).own_ranges == [6692]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="operator file"):
        load_operator(tmp_path / "missing.toml")
    (tmp_path / "operator.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableInput, match="UTF-8"):
        load_operator(tmp_path / "operator.toml")
