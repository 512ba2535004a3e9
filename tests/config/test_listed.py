"""Listed numbers: whatever a record may have is taken, what none can have is a slip of the pen."""

import pytest

from linewatch.config.errors import InvalidSetting
from linewatch.config.listed import check_listed

MATCHED = [
    "+66921234567",
    "+66200000000",
    "0921234567",
    "092-123 4567",
    "+66 92 123 4567",
    "0066921234567",
    "1669",
    "*98",
    "MyBank",
    "Disney+",
    "+112",
    "+1669",
]


@pytest.mark.parametrize("text", MATCHED)
def test_a_number_that_a_record_may_have_is_taken(text: str) -> None:
    check_listed("never_block[0]", text, "TH")


@pytest.mark.parametrize("text", ["", " ", "+66 92 123", "+66O21234567", " +66200000000", "Bangkok Bank Ltd", "12-34", "--"])
def test_a_number_that_no_record_can_have_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="never_block"):
        check_listed("never_block[0]", text, "TH")


def test_a_national_form_is_known_by_its_country_alone() -> None:
    with pytest.raises(InvalidSetting):
        check_listed("never_block[0]", "092-123 4567", None)
    check_listed("never_block[0]", "092-123 4567", None, any_country=True)
    with pytest.raises(InvalidSetting):
        check_listed("never_block[0]", "+66 92 123", None, any_country=True)
