"""Where a call came in and who answers for its caller, as bits, with a tally by trunk; and which numbers are the operator's own."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.stream.intake.read import Texts
from linewatch.stream.order import sighting as s

_POWERS = 10 ** np.arange(1, 19, dtype=np.uint64)
_SIGNED = {"A": s.SIGNED, "B": s.SIGNED}
_MOST, _MOST_SIGNS = 10_000, 1 << 20
"""Trunk names that are kept with their codes, and signs of all of them; carriers have some hundreds."""
_LONGEST = 64
"""Signs of a name that the label of a metric has."""
_TALLIED = 500
"""Trunks that are counted each by itself; the rest are one."""
_NUMBER = re.compile(r"\d{7}")
"""In a name that may be a telephone number, which no label of a metric is to have."""
_BITS = s.FROM_OUTSIDE | s.FROM_ABROAD
_OTHER = 1
"""The place in the tally of all that are not counted by themselves."""
_PLACE = 21
"""A trunk's code has its place in the tally above its bits."""
OUTCOMES = ("answered", "rang_briefly", "unallocated", "unanswered")


class Trunks:
    """Bits by trunk name, by the patterns of the operator file; a trunk on both lists is international."""

    def __init__(self, operator: Operator) -> None:
        self._abroad, self._domestic = operator.international_trunks, operator.domestic_trunks
        self._known: dict[str | None, int] = {}
        self._signs = 0
        self._places = {"": 0, "other": _OTHER}
        self._calls = np.zeros((_TALLIED + 2, len(OUTCOMES)), np.int64)

    def codes(self, names: Texts) -> NDArray[np.uint32]:
        """A code for each name, from which `bits` and `count` go on."""
        if len(self._known) > _MOST or self._signs > _MOST_SIGNS:
            self._known.clear()
            self._signs = 0
        return _looked_up(names, self._known, self._of)

    @staticmethod
    def bits(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """`FROM_ABROAD` for trunks that the operator lists as international, `FROM_OUTSIDE` for these and the domestic ones.

        Without a list of domestic trunks every named one comes from outside; with it, one on neither list may join own switches.
        """
        return codes & np.uint32(_BITS)

    @staticmethod
    def keys(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
        """A key for each trunk that is counted by itself, 0 for all others."""
        places = codes >> np.uint32(_PLACE)
        return np.where(places > _OTHER, places, 0).astype(np.uint64)

    def count(
        self, codes: NDArray[np.uint32], duration_s: NDArray[np.float32], ring_s: NDArray[np.float64], cause: NDArray[np.float64]
    ) -> None:
        """Add calls to the tally, each by what became of it."""
        places = codes >> np.uint32(_PLACE)
        if not places.any():
            return
        brief = ring_s <= s.SHORT_RING_S  # not where it is missing, which is NaN
        outcome = np.where(duration_s > 0, 0, np.where(cause == 1.0, 2, np.where(brief, 1, 3)))
        self._calls += np.bincount(places * len(OUTCOMES) + outcome, minlength=self._calls.size).reshape(self._calls.shape)

    def take_counts(self) -> dict[tuple[str, str], int]:
        """By trunk and outcome the calls since this was asked for last."""
        names = ["other" if _NUMBER.search(name) else name for name in self._places]
        found: Counter[tuple[str, str]] = Counter()
        for place, outcome in np.argwhere(self._calls).tolist():
            if place:
                found[names[place], OUTCOMES[outcome]] += int(self._calls[place, outcome])
        self._calls[:] = 0
        return found

    @staticmethod
    def signed(attestations: Texts) -> NDArray[np.uint32]:
        """`SIGNED` where the attestation is A (for number and customer) or B (for the customer; ATIS-1000074)."""
        return _looked_up(attestations, _SIGNED, lambda attestation: 0)

    def _of(self, name: str | None) -> int:
        if not name:
            return 0
        self._signs += len(name)
        abroad = any(fnmatchcase(name, pattern) for pattern in self._abroad)
        outside = abroad or not self._domestic or any(fnmatchcase(name, pattern) for pattern in self._domestic)
        name = name[:_LONGEST]
        if name not in self._places and len(self._places) < len(self._calls):
            self._places[name] = len(self._places)
        place = self._places.get(name, _OTHER)
        return place << _PLACE | (s.FROM_OUTSIDE if outside else 0) | (s.FROM_ABROAD if abroad else 0)


def _looked_up(
    names: Texts, known: dict[str | None, int] | dict[str, int], make: Callable[[str | None], int]
) -> NDArray[np.uint32]:
    unique = set(names)
    if len(unique) == 1:  # as where no switch names any
        (only,) = unique
        value = known.get(only)  # type: ignore[arg-type]  # a key that is not there is not found
        return np.full(len(names), make(only) if value is None else value, np.uint32)
    for name in unique:
        if name not in known:
            known[name] = make(name)  # type: ignore[index]  # as above
    return np.fromiter(map(known.__getitem__, names), np.uint32, len(names))  # type: ignore[arg-type]  # as above


def begins_with(numbers: NDArray[np.uint64], prefixes: Sequence[int]) -> NDArray[np.bool_]:
    """Which numbers, as integers, begin with one of the prefixes; hashed ids of more than 17 digits never do."""
    found = np.zeros(len(numbers), np.bool_)
    if not prefixes:
        return found
    digits = np.searchsorted(_POWERS, numbers, side="right") + 1
    for prefix in prefixes:
        drop = np.clip(digits - len(str(prefix)), 0, 17)
        found |= (numbers // np.where(drop > 0, _POWERS[drop - 1], np.uint64(1)) == np.uint64(prefix)) & (digits <= 15)
    return found
