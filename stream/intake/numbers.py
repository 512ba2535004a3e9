"""Telephone numbers: their id for comparison, and what their numbering plan says of them, by `phonenumbers`, cached."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import phonenumbers
from numba import njit
from numpy.typing import NDArray
from phonenumbers import PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from linewatch.stream.records.columns import HASH_MASK, HASHED, e164_column, hash_column, mix

VALID: Final = 1
MOBILE: Final = 2
PREMIUM: Final = 4
REGION_SHIFT: Final = 8
"""What is known of a number is one integer: these bits, and the index of its region from bit 8 on."""
_CACHE_SLOTS: Final = 1 << 18
_CACHE_LIMIT: Final = 1 << 22


class NumberPlans:
    """Ids and plan facts of numbers, a column at a time.

    Plan facts are kept by block of 1,000: numbering plans assign types to ranges no finer than that, and a carrier's
    numbers come in such blocks, so that the costly look-up (some 20 us) is done once for a block.
    """

    def __init__(self, country: str | None) -> None:
        self.country = country
        self.regions: list[str] = ["ZZ"]
        self._region_index = {"ZZ": 0}
        self._keys = np.zeros(_CACHE_SLOTS, np.uint64)
        self._facts = np.zeros(_CACHE_SLOTS, np.int64)
        self._held = 0
        self._odd: dict[str, int] = {}

    def ids(self, texts: Sequence[str]) -> tuple[NDArray[np.uint64], dict[int, str]]:
        """The entity of each text: an E.164 number by its digits, anything else hashed, 0 for an empty one.

        The second value holds the texts, by their place, that cannot be had back from the id.
        """
        ids = e164_column(texts)
        odd = {index: texts[index] for index in np.flatnonzero(ids == 0).tolist() if texts[index]}
        for index, text in odd.items():
            ids[index] = self._odd_id(text)
        return ids, odd

    def _odd_id(self, text: str) -> int:
        known = self._odd.get(text)
        if known is None:
            if len(self._odd) >= _CACHE_LIMIT // 16:
                self._odd.clear()
            known = self._odd[text] = _normalise(text, self.country)
        return known

    def facts(self, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The plan facts of each id; entities that are no E.164 numbers count as valid, of no region."""
        facts = np.empty(len(ids), np.int64)
        while (missing := _look_up(self._keys, self._facts, ids, facts)) >= 0:
            self._learn(ids[missing:])
        return facts

    def _learn(self, ids: NDArray[np.uint64]) -> None:
        numbers = ids[(ids > 0) & (ids < np.uint64(HASHED))]
        _, first = np.unique(numbers // np.uint64(1000), return_index=True)
        for number in numbers[np.sort(first)]:
            if (self._held + 1) * 2 > len(self._keys):
                self._grow()
            key = np.uint64(number // np.uint64(1000) + np.uint64(1))
            self._held += _insert(self._keys, self._facts, key, self._plan(int(number)))

    def _grow(self) -> None:
        keys, facts = self._keys, self._facts
        size = len(keys) * 2 if len(keys) < _CACHE_LIMIT else _CACHE_SLOTS
        self._keys, self._facts = np.zeros(size, np.uint64), np.zeros(size, np.int64)
        self._held = 0
        if size > len(keys):
            for slot in np.flatnonzero(keys):
                self._held += _insert(self._keys, self._facts, keys[slot], facts[slot])

    def _plan(self, number: int) -> int:
        region, bits = plan_of(number)
        index = self._region_index.get(region)
        if index is None:
            index = self._region_index[region] = len(self.regions)
            self.regions.append(region)
        return bits | index << REGION_SHIFT


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
    bits = VALID
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


@njit(cache=True)  # type: ignore[misc]
def _look_up(keys: NDArray[np.uint64], held: NDArray[np.int64], ids: NDArray[np.uint64], facts: NDArray[np.int64]) -> int:
    """Fill `facts`; returns the index of the first id that is not known yet, or -1."""
    mask = np.uint64(len(keys) - 1)
    for index in range(len(ids)):
        if ids[index] == 0 or ids[index] >= np.uint64(HASHED):
            facts[index] = VALID
            continue
        key = ids[index] // np.uint64(1000) + np.uint64(1)
        slot = mix(key) & mask
        while keys[slot] != key:
            if keys[slot] == 0:
                return index
            slot = (slot + np.uint64(1)) & mask
        facts[index] = held[slot]
    return -1


@njit(cache=True)  # type: ignore[misc]
def _insert(keys: NDArray[np.uint64], held: NDArray[np.int64], key: np.uint64, facts: int) -> int:
    mask = np.uint64(len(keys) - 1)
    slot = mix(key) & mask
    while keys[slot] != 0:
        if keys[slot] == key:
            return 0
        slot = (slot + np.uint64(1)) & mask
    keys[slot] = key
    held[slot] = facts
    return 1
