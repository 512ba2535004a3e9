"""Numbering plans as an automaton over digits, built from the metadata of `phonenumbers` as numbers come to need it.

`phonenumbers` decides a number by some forty regular expressions, which takes 60 us. Here the expressions of a country
calling code run side by side, one digit at a time, and the set of places they have reached is a state. States are few
and their successors are remembered, so that a number costs a table look-up a digit; nothing is approximated. A number
that `phonenumbers` might first strip of a national prefix is left to it (`BY_HAND`).
"""

import re._parser as parser  # type: ignore[import-not-found]  # the standard library, without stubs
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

VALID: Final = 1
MOBILE: Final = 2
PREMIUM: Final = 4
REGION_SHIFT: Final = 8
"""What is known of a number is one integer: these bits, and the index of its region from bit 8 on."""
UNKNOWN: Final = -1
BY_HAND: Final = -2
_DIGITS: Final = 15
_FIRST_STATES: Final = 1 << 10
_MOST_STATES: Final = 1 << 19

_TYPES: Final = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
"""The order in which `phonenumbers` tries them; the first that matches is a number's type."""
_GENERAL: Final = "general_desc"
_LEADING: Final = "leading_digits"
_NATIONAL: Final = "national_prefix"
Tag = tuple[int, str]
"""Which region of the calling code, and which of its expressions."""


class _Nfa:
    """Thompson's automaton of several expressions: for a place its moves by digit, its free moves, its tag."""

    def __init__(self) -> None:
        self.moves: list[tuple[frozenset[int], int] | None] = []
        self.free: list[list[int]] = []
        self.tags: dict[int, Tag] = {}

    def place(self) -> int:
        """A new place, with no move."""
        self.moves.append(None)
        self.free.append([])
        return len(self.moves) - 1

    def add(self, expression: str, tag: Tag) -> int:
        """An expression; returns where it begins."""
        begin = self.place()
        self.tags[self._build(parser.parse(expression), begin)] = tag
        return begin

    def _build(self, parsed: Iterable[Any], at: int) -> int:
        """Lay a sequence from a place on; returns the place at its end."""
        for operation, value in parsed:
            at = getattr(self, f"_{str(operation).lower()}")(value, at)
        return at

    def _step(self, digits: frozenset[int], at: int) -> int:
        end = self.place()
        begin = self.place()
        self.free[at].append(begin)
        self.moves[begin] = (digits, end)
        return end

    def _literal(self, code: int, at: int) -> int:
        return self._step(frozenset({code - 48}), at)

    def _in(self, members: Any, at: int) -> int:
        digits: set[int] = set()
        for operation, value in members:
            if str(operation) == "RANGE":
                digits.update(range(value[0] - 48, value[1] - 47))
            elif str(operation) == "LITERAL":
                digits.add(value - 48)
            else:  # \d, the only category in the metadata
                digits.update(range(10))
        return self._step(frozenset(digits), at)

    def _at(self, _: Any, at: int) -> int:
        return at  # an end in a national prefix: taken as met, which only leaves more to `phonenumbers`

    def _subpattern(self, value: Any, at: int) -> int:
        return self._build(value[3], at)

    def _branch(self, value: Any, at: int) -> int:
        end = self.place()
        for choice in value[1]:
            self.free[self._build(choice, at)].append(end)
        return end

    def _max_repeat(self, value: Any, at: int) -> int:
        least, most, inner = value
        for _ in range(least):
            at = self._build(inner, at)
        if most is parser.MAXREPEAT:
            again = self._build(inner, at)
            self.free[again].append(at)
            return at
        ends = [at]
        for _ in range(most - least):
            ends.append(self._build(inner, ends[-1]))
        end = self.place()
        for place in ends:
            self.free[place].append(end)
        return end

    def closure(self, places: Iterable[int]) -> frozenset[int]:
        """All places that free moves lead to."""
        found = set(places)
        open_places = list(found)
        while open_places:
            for place in self.free[open_places.pop()]:
                if place not in found:
                    found.add(place)
                    open_places.append(place)
        return frozenset(place for place in found if self.moves[place] is not None or place in self.tags)

    def after(self, places: frozenset[int], digit: int) -> frozenset[int]:
        """Where one more digit leads."""
        moves = (self.moves[place] for place in places)
        return self.closure(move[1] for move in moves if move is not None and digit in move[0])


class _State(NamedTuple):
    """Where the expressions of a calling code are after so many digits; `latched` holds prefixes that matched."""

    code: int
    digits: int
    places: frozenset[int]
    latched: frozenset[Tag]


class _Plan:
    """The expressions of one country calling code."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.regions = COUNTRY_CODE_TO_REGION_CODE[code]
        self.metadata: list[Any] = [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in self.regions]
        self.nfa = _Nfa()
        self._begins: list[int] = []
        for index, data in enumerate(self.metadata):
            for name in (_GENERAL, *_TYPES):
                description = getattr(data, name)
                if description is not None and description.national_number_pattern:
                    self._add(description.national_number_pattern, (index, name))
            if data.leading_digits is not None:
                self._add(data.leading_digits, (index, _LEADING))
        if self.metadata[0].national_prefix_for_parsing:
            self._add(self.metadata[0].national_prefix_for_parsing, (0, _NATIONAL))

    def _add(self, expression: str, tag: Tag) -> None:
        self._begins.append(self.nfa.add(expression, tag))

    def begin(self) -> _State:
        """The state after the calling code."""
        places = self.nfa.closure(self._begins)
        latched = frozenset(tag for tag in self._tags(places) if tag[1] == _LEADING)
        return _State(self.code, 0, places, latched)

    def _tags(self, places: frozenset[int]) -> set[Tag]:
        return {self.nfa.tags[place] for place in places if place in self.nfa.tags}

    def after(self, state: _State, digit: int) -> _State:
        """The state one digit further."""
        places = self.nfa.after(state.places, digit)
        latched = state.latched | {tag for tag in self._tags(places) if tag[1] in (_LEADING, _NATIONAL)}
        return _State(self.code, state.digits + 1, places, latched)

    def decide(self, state: _State) -> tuple[str, int] | None:
        """Region and bits of a number that ends here, as `phonenumbers` decides; None for one it must decide itself."""
        if state.digits < 2:
            return "ZZ", 0
        if (0, _NATIONAL) in state.latched:
            return None
        matched = self._tags(state.places)
        for index, region in enumerate(self.regions):
            kind = self._type(index, state.digits, matched)
            leads = self.metadata[index].leading_digits is not None
            if len(self.regions) == 1 or ((index, _LEADING) in state.latched if leads else kind is not None):
                bits = VALID if kind is not None else 0
                if kind == "mobile":
                    bits |= MOBILE
                if kind in ("premium_rate", "shared_cost"):
                    bits |= PREMIUM
                return region, bits
        return self.regions[0], 0

    def _type(self, index: int, digits: int, matched: set[Tag]) -> str | None:
        """The type in region `index`; what may be fixed or mobile is mobile."""
        data = self.metadata[index]

        def fits(name: str) -> bool:
            description = getattr(data, name)
            if description is None or (index, name) not in matched:
                return False
            return not description.possible_length or digits in description.possible_length

        if not fits(_GENERAL):
            return None
        kind = next((name for name in _TYPES if fits(name)), None)
        if kind == "fixed_line" and (data.same_mobile_and_fixed_line_pattern or fits("mobile")):
            return "mobile"
        return None if kind == "mobile" and data.same_mobile_and_fixed_line_pattern else kind


@lru_cache(maxsize=300)
def _plan(code: int) -> _Plan:
    return _Plan(code)


class PlanAutomaton:
    """States as tables that compiled code walks: the successor by digit, and the facts of a number that ends there."""

    def __init__(self) -> None:
        self.regions: list[str] = ["ZZ"]
        self._region_index = {"ZZ": 0}
        self._reset()

    def _reset(self) -> None:
        self._states: list[_State | int] = [0]  # a calling code not yet complete is the integer of its digits
        self._index: dict[_State | int, int] = {0: 0}
        self.next = np.full((_FIRST_STATES, 10), UNKNOWN, np.int32)
        self.ends = np.full(_FIRST_STATES, UNKNOWN, np.int64)

    def explore(self, number: int) -> None:
        """Build the states on the way of a number."""
        if len(self._states) > _MOST_STATES:
            self._reset()
        at = 0
        for digit in map(int, str(number)):
            if self.next[at, digit] == UNKNOWN:
                self.next[at, digit] = self._place(self._after(self._states[at], digit))
            at = int(self.next[at, digit])
        if self.ends[at] == UNKNOWN:
            self.ends[at] = self._decide(self._states[at])

    @staticmethod
    def _after(state: _State | int, digit: int) -> _State | int:
        if isinstance(state, _State):
            return _plan(state.code).after(state, digit)
        code = state * 10 + digit if state >= 0 else state
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return _plan(code).begin()
        return code if 0 < code < 1000 else -1

    def _place(self, state: _State | int) -> int:
        index = self._index.get(state)
        if index is None:
            index = self._index[state] = len(self._states)
            self._states.append(state)
            if index >= len(self.ends):
                self.next = np.concatenate([self.next, np.full_like(self.next, UNKNOWN)])
                self.ends = np.concatenate([self.ends, np.full_like(self.ends, UNKNOWN)])
        return index

    def _decide(self, state: _State | int) -> int:
        decided = _plan(state.code).decide(state) if isinstance(state, _State) else ("ZZ", 0)
        return BY_HAND if decided is None else self.facts_of(*decided)

    def facts_of(self, region: str, bits: int) -> int:
        """Region and bits as one integer."""
        index = self._region_index.get(region)
        if index is None:
            index = self._region_index[region] = len(self.regions)
            self.regions.append(region)
        return bits | index << REGION_SHIFT

    def walk(self, ids: NDArray[np.uint64], limit: int, facts: NDArray[np.int64]) -> None:
        """Fill the facts of each id under `limit`, `VALID` for 0 and others; `BY_HAND` where the automaton cannot say."""
        begin = 0
        while (begin := _walk(ids, np.uint64(limit), self.next, self.ends, facts, begin)) < len(ids):
            self.explore(int(ids[begin]))


@njit(cache=True)
def _walk(
    ids: NDArray[np.uint64],
    limit: np.uint64,
    successors: NDArray[np.int32],
    ends: NDArray[np.int64],
    facts: NDArray[np.int64],
    begin: int,
) -> int:
    """Returns the index of the first id whose way is not built yet, or how many ids there are."""
    digits = np.empty(20, np.int64)
    for index in range(begin, len(ids)):
        rest = ids[index]
        if rest == 0 or rest >= limit:
            facts[index] = VALID
            continue
        count = 0
        while rest > 0:
            digits[count] = rest % np.uint64(10)
            rest //= np.uint64(10)
            count += 1
        at = 0
        for place in range(count - 1, -1, -1):
            at = successors[at, digits[place]]
            if at < 0:
                return index
        if ends[at] == UNKNOWN:
            return index
        facts[index] = ends[at]
    return len(ids)
