"""The operator file: every key optional, what is wrong named in one line."""

from pathlib import Path

import pytest

from linewatch.config.errors import InvalidSetting, UnusableInput
from linewatch.config.operator import Operator, load_operator, operator_from_toml

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


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="operator file"):
        load_operator(tmp_path / "missing.toml")
    (tmp_path / "operator.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableInput, match="UTF-8"):
        load_operator(tmp_path / "operator.toml")
