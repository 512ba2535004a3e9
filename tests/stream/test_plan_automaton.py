"""The automaton over numbering plans says of every number what `phonenumbers` says, or leaves it to `phonenumbers`."""

import numpy as np
import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st

from linewatch.stream.intake.numbers import plan_of
from linewatch.stream.intake.plan_automaton import BY_HAND, REGION_SHIFT, PlanAutomaton
from linewatch.stream.records.columns import HASHED

AUTOMATON = PlanAutomaton()
EXAMPLES = sorted(
    {
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in range(11)
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    }
)
CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)).map(str)
DIGITS = st.text("0123456789", min_size=0, max_size=12)


def check(numbers: list[int]) -> int:
    """Compare all that the automaton decides; returns how many it left to `phonenumbers`."""
    facts = np.empty(len(numbers), np.int64)
    AUTOMATON.walk(np.array(numbers, np.uint64), HASHED, facts)
    for number, fact in zip(numbers, facts.tolist(), strict=True):
        if fact != BY_HAND:
            assert (AUTOMATON.regions[fact >> REGION_SHIFT], fact & 255) == plan_of(number), number
    return int((facts == BY_HAND).sum())


def test_every_example_of_every_region_is_decided_alike() -> None:
    assert len(EXAMPLES) > 900
    assert check([int(text) for text in EXAMPLES]) < len(EXAMPLES) / 20


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CODES, DIGITS), min_size=1, max_size=20))
def test_any_digits_after_any_calling_code_are_decided_alike(numbers: list[tuple[str, str]]) -> None:
    check([int((code + rest)[:15]) for code, rest in numbers])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EXAMPLES), st.integers(1, 14), DIGITS), min_size=1, max_size=20))
def test_numbers_near_valid_ones_are_decided_alike(numbers: list[tuple[str, int, str]]) -> None:
    check([int((example[:kept] + rest)[:15]) for example, kept, rest in numbers])


@given(st.lists(st.integers(1, 10**15 - 1), min_size=1, max_size=20))
def test_numbers_of_no_calling_code_are_decided_alike(numbers: list[int]) -> None:
    check(numbers)
