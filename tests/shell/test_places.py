"""Places of flagged numbers: few, and never so long that a number could be told."""

import pytest

from linewatch.stream.shell.places import HIDDEN, MOST, Places


@pytest.mark.parametrize(
    ("number", "place"),
    [
        ("+66921234567", ("TH", "+66921")),
        ("+12125550123", ("US", "+1212")),
        ("+37199871192", ("LV", "+371998")),
        ("+66", ("none", "none")),
        ("1669", ("none", "none")),
        ("MyBank", ("none", "none")),
    ],
)
def test_country_and_first_digits(number: str, place: tuple[str, str]) -> None:
    assert Places().of(number) == place


def test_short_numbers_keep_their_last_digits() -> None:
    for number in ("+6612345", "+37212345", "+2901234"):
        assert len(Places().of(number)[1]) <= len(number) - HIDDEN


def test_there_are_never_more_than_so_many() -> None:
    places = Places()
    found = {places.of(f"+1{area}{exchange}5550123"[:12])[1] for area in range(200, 999) for exchange in (2, 3)}
    assert len(found) == MOST + 1
    assert "other" in found
    assert places.of("+12005550123")[1] == "+1200", "one that was named stays"
