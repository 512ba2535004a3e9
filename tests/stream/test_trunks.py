"""Where a call came in, by the lists of trunks: one that is on neither comes from outside only while no domestic one is listed."""

import numpy as np
import pytest

from linewatch.config.operator import Operator
from linewatch.stream.intake.trunks import Trunks
from linewatch.stream.order import sighting as s

OUTSIDE, ABROAD = s.FROM_OUTSIDE, s.FROM_OUTSIDE | s.FROM_ABROAD
NAMES = ["INT-1", "IC-1", "MSC-1", "", None]


@pytest.mark.parametrize(
    ("international", "domestic", "bits"),
    [
        ((), (), [OUTSIDE, OUTSIDE, OUTSIDE, 0, 0]),
        (("INT-*",), (), [ABROAD, OUTSIDE, OUTSIDE, 0, 0]),
        (("INT-*",), ("IC-*",), [ABROAD, OUTSIDE, 0, 0, 0]),
        ((), ("IC-*",), [0, OUTSIDE, 0, 0, 0]),
        (("INT-*",), ("*",), [ABROAD, OUTSIDE, OUTSIDE, 0, 0]),
    ],
)
def test_bits_by_both_lists(international: tuple[str, ...], domestic: tuple[str, ...], bits: list[int]) -> None:
    trunks = Trunks(Operator(international_trunks=international, domestic_trunks=domestic))
    assert trunks.bits(trunks.codes(NAMES)).tolist() == bits


def test_a_trunk_on_neither_list_is_counted_by_itself_all_the_same() -> None:
    trunks = Trunks(Operator(domestic_trunks=("IC-*",)))
    known = trunks.keys(trunks.codes(["MSC-1", "IC-1", ""])).tolist()
    assert len(set(known)) == 3
    assert known[2] == 0


def test_a_trunk_that_is_called_by_a_number_is_counted_among_the_others() -> None:
    trunks = Trunks(Operator())
    codes = trunks.codes(["+66921234567", "IC-1"])
    trunks.count(codes, np.zeros(2, np.float32), np.zeros(2), np.zeros(2))
    assert {name for name, _ in trunks.take_counts()} == {"other", "IC-1"}


def test_names_of_any_length_are_not_kept() -> None:
    trunks = Trunks(Operator())
    for index in range(40):
        trunks.count(trunks.codes([f"{index}" + "x" * 100_000]), np.zeros(1, np.float32), np.zeros(1), np.zeros(1))
    assert sum(map(len, filter(None, trunks._known))) < 2_000_000
    assert max(len(name) for name, _ in trunks.take_counts()) <= 64
