"""Telephone numbers: their id for comparison, and what their numbering plan says of them, by `phonenumbers`, cached."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

import numpy as np
import phonenumbers
from numpy.typing import NDArray
from phonenumbers import PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from linewatch.stream.intake.plan_automaton import BY_HAND, MOBILE, PREMIUM, REGION_SHIFT, VALID, PlanAutomaton
from linewatch.stream.records.columns import HASH_MASK, HASHED, Spans, e164_spans, hash_column, spans

_ODD_LIMIT: Final = 1 << 18
__all__ = ["MOBILE", "PREMIUM", "REGION_SHIFT", "VALID", "NumberPlans", "plan_of", "timezone_of_region"]


@cache
def _automaton() -> PlanAutomaton:
    """One for the whole process: what it knows is the same for every operator."""
    return PlanAutomaton()


class NumberPlans:
    """Ids and plan facts of numbers, a column at a time."""

    def __init__(self, country: str | None) -> None:
        self.country = country
        self._automaton = _automaton()
        self._by_hand: dict[int, int] = {}
        self._odd: dict[str, int] = {}

    @property
    def regions(self) -> list[str]:
        """The regions that facts have an index of, `ZZ` the unknown one."""
        return self._automaton.regions

    def ids(self, texts: Sequence[str | None]) -> NDArray[np.uint64]:
        """The entity of each text: an E.164 number by its digits, anything else hashed, 0 for an empty one."""
        return self.ids_of(spans(texts))[0] if len(texts) else np.zeros(0, np.uint64)

    def ids_of(self, texts: Spans) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
        """The same of texts that are laid out, and which are neither empty nor `+` and digits."""
        ids = e164_spans(texts)
        odd = (ids == 0) & (texts.ends > texts.begins)
        if odd.any():
            places = np.flatnonzero(odd)
            forms = list(map(texts.text, places.tolist()))
            try:
                known = list(map(self._odd.__getitem__, forms))
            except KeyError:
                known = [self._odd_id(form) for form in forms]
            ids[places] = known
        return ids, odd

    def _odd_id(self, text: str) -> int:
        known = self._odd.get(text)
        if known is None:
            if len(self._odd) >= _ODD_LIMIT:
                self._odd.clear()
            known = self._odd[text] = _normalise(text, self.country)
        return known

    def facts(self, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The plan facts of each id; entities that are no E.164 numbers count as valid, of no region."""
        facts = np.empty(len(ids), np.int64)
        self._automaton.walk(ids, HASHED, facts)
        for index in np.flatnonzero(facts == BY_HAND).tolist():
            facts[index] = self._plan(int(ids[index]))
        return facts

    def _plan(self, number: int) -> int:
        known = self._by_hand.get(number)
        if known is None:
            if len(self._by_hand) >= _ODD_LIMIT:
                self._by_hand.clear()
            known = self._by_hand[number] = self._automaton.facts_of(*plan_of(number))
        return known


def plan_of(number: int) -> tuple[str, int]:
    """Region and bits of one E.164 number, from the metadata that `phonenumbers` carries."""
    try:
        parsed = phonenumbers.parse(f"+{number}", None)
    except phonenumbers.NumberParseException:
        return "ZZ", 0
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:
        return phonenumbers.region_code_for_country_code(parsed.country_code or 0), 0
    kind = phonenumbers.number_type(parsed)
    bits = VALID if kind != PhoneNumberType.UNKNOWN else 0  # a region of its own calling code takes what no plan allows
    if kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        bits |= MOBILE
    if kind in (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST):
        bits |= PREMIUM
    return region, bits


@lru_cache(maxsize=4096)
def timezone_of_region(region: str) -> str:
    """The time zone of a region's first range, UTC where none is known."""
    example = phonenumbers.example_number(region) if region != "ZZ" else None
    zones = time_zones_for_number(example) if example else ()
    return zones[0] if zones and "Unknown" not in zones[0] else "UTC"


def _normalise(text: str, country: str | None) -> int:
    """The id of a form that is not plain E.164: a national or spaced form, a short code, a sender id."""
    compact = text.strip()
    if compact.startswith("00") and country:
        compact = "+" + compact[2:]
    if any(character.isdigit() for character in compact) and not any(map(str.isalpha, compact)):
        try:
            parsed = phonenumbers.parse(compact, country)
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is not None and phonenumbers.is_valid_number(parsed):
            return int(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:])
    return int(hash_column([compact.casefold()])[0]) & HASH_MASK | HASHED
