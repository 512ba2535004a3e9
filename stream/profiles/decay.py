"""Decayed sums: what they lose with time, and how two bytes hold one.

A sum is held as a float of 16 bits, 5 of exponent and 11 of mantissa, with no sign: from 2^-10 to 2^22, whole numbers up to
4,096 exactly. Opened it is a float32, that is aged and added to; closed it is rounded at random, up as often as it is nearer
to what is above it, so that the small steps of a large sum and the slow decay of any are right on average (stochastic
rounding: Forsythe 1950; Croci et al. 2022). The dice are the record's hash: the same records in the same order give the
same sums, on every machine.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.profiles.row import HALF_LIVES

_u32 = np.uint32
"""Compiled code widens what it computes of 32 bits to 64, at half the speed, unless told each time."""
_DROPPED: Final = _u32(12)  # bits of a float32's mantissa that are not held
_LEAST: Final = _u32((127 - 10 << 11) - 1)  # taken from the rest of its bits, so that 2^-10 is held as 1, and 0 as 0
_LN2: Final = math.log(2.0)
_HALVED: Final = np.array([2.0**-times for times in range(64)])


class Sums(NamedTuple):
    """Opened sums, `[half-lives, counters]`, and the same memory in a row and as bits."""

    values: NDArray[np.float32]
    flat: NDArray[np.float32]
    bits: NDArray[np.uint32]


def sums(counters: int, half_lives: int = HALF_LIVES) -> Sums:
    """Room for the opened sums of one row."""
    values = np.zeros((half_lives, counters), np.float32)
    flat = values.reshape(-1)
    return Sums(values, flat, flat.view(np.uint32))


@inlined
def halved(half_lives: float) -> np.float32:
    """What is left of 1 after so many half-lives, at least 0 of them: 2^-x, by sums and products alone.

    Those are the same on every machine; the Taylor series about the middle of a half-life, to 5e-9.
    """
    if half_lives >= 63.0:
        return np.float32(0.0)
    whole = int(half_lives)
    y = (0.5 - (half_lives - whole)) * _LN2
    series = 1.0 + y * (1.0 + y / 2 * (1.0 + y / 3 * (1.0 + y / 4 * (1.0 + y / 5 * (1.0 + y / 6 * (1.0 + y / 7))))))
    return np.float32(series * math.sqrt(0.5) * _HALVED[whole])


@compiled
def open_sums(held: NDArray[np.uint16], opened: Sums) -> None:
    """Read the sums of a row."""
    bits = opened.bits
    for place in range(len(held)):
        code = _u32(held[place])
        bits[place] = _u32(_u32(code + _LEAST) << _DROPPED) if code > _u32(0) else _u32(0)


@compiled
def age_sums(opened: Sums, left: NDArray[np.float32]) -> None:
    """Let each half-life's sums decay to the share of them that is left."""
    flat, counters = opened.flat, opened.values.shape[1]
    for h in range(len(left)):
        share, part = left[h], flat[h * counters : (h + 1) * counters]
        for counter in range(counters):
            part[counter] *= share


@compiled
def close_sums(opened: Sums, held: NDArray[np.uint16], dice: np.uint64) -> None:
    """Write the sums back, rounded by the dice."""
    bits, thrown = opened.bits, _u32(dice)
    for place in range(len(held)):
        die = _u32(thrown + _u32(_u32(place) * _u32(0x9E3779B9)))
        die = _u32(_u32(die ^ _u32(die >> _u32(15))) * _u32(0x2C1B3C6D))
        die = _u32(_u32(die >> _u32(8)) & _u32((1 << 12) - 1))
        code = np.int32(_u32(_u32(bits[place] + die) >> _DROPPED)) - np.int32(_LEAST)
        held[place] = np.uint16(min(max(np.int32(code), np.int32(0)), np.int32(0xFFFF)))


@compiled
def open_row(held: Any, opened: Sums, event_ms: int, half_lives_ms: NDArray[np.float64], weights: NDArray[np.float32]) -> None:
    """Open a row's sums as of the event; one before `last_ms` finds its weight decayed instead, and the sums as they are."""
    open_sums(held.counts, opened)
    elapsed = event_ms - held.last_ms
    if elapsed == 0:
        weights[:] = np.float32(1.0)
        return
    for h in range(HALF_LIVES):
        weights[h] = halved(abs(elapsed) / half_lives_ms[h])
    if elapsed > 0:
        age_sums(opened, weights)
        weights[:] = np.float32(1.0)
        held.last_ms = event_ms


@inlined
def add(opened: Sums, counter: int, weights: NDArray[np.float32], amount: float) -> None:
    """Add an amount to a counter, by its weight in each half-life."""
    for h in range(HALF_LIVES):
        opened.values[h, counter] += weights[h] * np.float32(amount)


def values_of(held: NDArray[np.uint16], half_lives: int = HALF_LIVES) -> NDArray[np.float32]:
    """The sums that are held in rows `[..., half-lives * counters]`, as `[..., half-lives, counters]`."""
    codes: Any = held.astype(np.uint32)
    values = np.where(codes > 0, (codes + _LEAST) << _DROPPED, _u32(0)).view(np.float32)
    return values.reshape(*held.shape[:-1], half_lives, -1)
