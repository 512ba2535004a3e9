"""Numbers compare by what they dial, whatever form they came in; strings become integers a column at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linewatch.stream.intake.numbers import MOBILE, PREMIUM, REGION_SHIFT, VALID, NumberPlans
from linewatch.stream.records.columns import HASHED, e164_spans, hash_column, spans


def e164(texts: list[str]) -> np.ndarray:
    return e164_spans(spans(texts))


def test_forms_of_one_number_are_one_entity() -> None:
    forms = ["+66921234567", "0921234567", "0066921234567", "+66 92 123 4567", "", "1669", "MyBank"]
    ids, odd = NumberPlans("TH").ids_of(spans(forms))
    assert ids[:4].tolist() == [66921234567] * 4
    assert np.flatnonzero(odd).tolist() == [1, 2, 3, 5, 6]
    assert ids[4] == 0
    assert (ids[5:] >= HASHED).all()


def test_plan_facts_tell_premium_mobile_region_and_what_no_plan_allows() -> None:
    plans = NumberPlans(None)
    ids = plans.ids(["+66921234567", "+449098790000", "+99912345678", "MyBank"])
    facts = plans.facts(ids)
    regions = [plans.regions[index] for index in facts >> REGION_SHIFT]
    assert regions == ["TH", "GB", "ZZ", "ZZ"]
    assert [bool(f & VALID) for f in facts] == [True, True, False, True]
    assert facts[0] & MOBILE
    assert facts[1] & PREMIUM


@given(st.lists(st.text(max_size=20), max_size=30))
def test_columns_treat_each_string_alone(texts: list[str]) -> None:
    together = hash_column(texts)
    assert together.tolist() == [int(hash_column([text])[0]) for text in texts]
    assert [bool(h) for h in together] == [bool(text) for text in texts]
    assert e164(texts).tolist() == [int(e164([text])[0]) for text in texts]


@given(st.integers(10_000, 10**15 - 1))
def test_an_e164_number_is_its_digits(number: int) -> None:
    assert e164([f"+{number}"]).dtype == np.uint64
    assert int(e164([f"+{number}"])[0]) == number
