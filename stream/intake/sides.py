"""What a sighting says of its party and of the one beside it, by their numbering plans: one compiled pass over the columns."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.intake.plan_automaton import MOBILE, PREMIUM, REGION_SHIFT, VALID
from linewatch.stream.order import sighting as s
from linewatch.stream.records.columns import HASHED

WITHHELD = np.uint64(0)


class Sides(NamedTuple):
    """One party of each record (entity 0 for none), its counterparty, the bits of this sighting alone, handset and cell."""

    entity: NDArray[np.uint64]
    other: NDArray[np.uint64]
    bits: NDArray[np.uint32]
    handset: NDArray[np.uint64]
    cell: NDArray[np.uint64]


class Known(NamedTuple):
    """A party of each record: its ids, what the plans say of them, and whether it has a form that its id does not give back."""

    ids: NDArray[np.uint64]
    facts: NDArray[np.int64]
    odd: NDArray[np.bool_]


class Served(NamedTuple):
    """Bits, handset and cell of the party of each record that was served, and whether that is the first or the second."""

    bits: NDArray[np.uint32]
    handset: NDArray[np.uint64]
    cell: NDArray[np.uint64]
    first: NDArray[np.bool_]
    second: NDArray[np.bool_]


def two_sides(first: Known, met: Known, second: Known, served: Served, home: int) -> tuple[Sides, Sides]:
    """The party that acts, `met` beside it, and the one that is reached, with the acting one beside it.

    A withheld one has no sighting. `home` is the operator's region, 0 where it is not known.
    """
    count = len(first.ids)
    bits = np.empty((2, count), np.uint32)
    handset, cell = np.zeros((2, count), np.uint64), np.zeros((2, count), np.uint64)
    _two_sides(first, met, second, served, home, bits, handset, cell)
    return (
        Sides(first.ids, met.ids, bits[0], handset[0], cell[0]),
        Sides(second.ids, first.ids, bits[1], handset[1], cell[1]),
    )


@njit(cache=True)
def bits_of(party: Known, beside: Known, home: int) -> NDArray[np.uint32]:
    """The bits of a party, of which alone a record tells, with another beside it."""
    bits = np.empty(len(party.ids), np.uint32)
    for index in range(len(bits)):
        bits[index] = _of(party, beside, index, home) | (s.ODD_FORM if party.odd[index] else 0)
    return bits


@njit(cache=True, inline="always")
def _of(party: Known, beside: Known, index: int, home: int) -> int:
    facts, other_facts = party.facts[index], beside.facts[index]
    region, other_region = facts >> REGION_SHIFT, other_facts >> REGION_SHIFT
    bits = s.ENTITY_VALID if facts & VALID else 0
    bits |= s.ENTITY_MOBILE if facts & MOBILE else 0
    if party.ids[index] < HASHED:
        bits |= s.ENTITY_NUMBER
        if home not in (0, region):
            bits |= s.ENTITY_FOREIGN
    bits |= s.OTHER_VALID if other_facts & VALID else 0
    bits |= s.PREMIUM if other_facts & PREMIUM else 0
    if region > 0 and other_region > 0 and region != other_region:
        bits |= s.INTERNATIONAL
    return bits


@njit(cache=True)
def _two_sides(
    first: Known,
    met: Known,
    second: Known,
    served: Served,
    home: int,
    bits: NDArray[np.uint32],
    handset: NDArray[np.uint64],
    cell: NDArray[np.uint64],
) -> None:
    for index in range(len(first.ids)):
        one = s.FIRST_NAMED | (s.ODD_FORM if first.odd[index] else 0) | _of(first, met, index, home)
        two = (s.FIRST_NAMED if first.ids[index] == WITHHELD else 0) | _of(second, first, index, home)
        if served.first[index]:
            one |= served.bits[index]
            handset[0, index] = served.handset[index]
            cell[0, index] = served.cell[index]
        if served.second[index]:
            two |= served.bits[index]
            handset[1, index] = served.handset[index]
            cell[1, index] = served.cell[index]
        bits[0, index] = one
        bits[1, index] = two
