"""Where a call came in and who answers for its caller, as bits; and which numbers are the operator's own."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.stream.intake.read import Texts
from linewatch.stream.order import sighting as s

_POWERS = 10 ** np.arange(1, 19, dtype=np.uint64)
_SIGNED = {"A": s.SIGNED, "B": s.SIGNED}
_MOST = 10_000
"""Trunk names that are kept with their bits; carriers have some hundreds."""


class Trunks:
    """Bits by trunk name, by the patterns of the operator file."""

    def __init__(self, operator: Operator) -> None:
        self._abroad = operator.international_trunks
        self._known: dict[str | None, int] = {}

    def bits(self, names: Texts) -> NDArray[np.uint32]:
        """`FROM_OUTSIDE` for every named trunk, `FROM_ABROAD` too for those that the operator lists as international."""
        if len(self._known) > _MOST:
            self._known.clear()
        return _looked_up(names, self._known, self._of)

    @staticmethod
    def signed(attestations: Texts) -> NDArray[np.uint32]:
        """`SIGNED` where the attestation is A (for number and customer) or B (for the customer; ATIS-1000074)."""
        return _looked_up(attestations, _SIGNED, lambda attestation: 0)

    def _of(self, name: str | None) -> int:
        if not name:
            return 0
        return s.FROM_OUTSIDE | (s.FROM_ABROAD if any(fnmatchcase(name, pattern) for pattern in self._abroad) else 0)


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
