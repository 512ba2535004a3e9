"""Bitmaps that count distinct keys as they come, and when they begin anew."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.records.columns import bits_set, mix

MOST_FULL: Final = 0.6
"""Share of its bits at which a bitmap starts anew: one key then stands for at most 2.5, so that little hangs on which."""

_STRETCHES: Final = 1 << 16
"""Two bytes of a row say which stretch its memory is of."""
_LATE: Final = 256
"""By so many stretches a record may be late: of the shortest half-life days, of the others months."""


@compiled
def meet(words: NDArray[np.uint64], key: np.uint64) -> float:
    """Set the key's bit. Returns 0 if it was set, else how many distinct keys this one stands for.

    A new key finds its bit set already with the probability that the bitmap is full; dividing by what is left keeps
    the count unbiased (linear counting, Whang et al. 1990). Fuller than `MOST_FULL`, the bitmap starts anew.
    """
    word = int((key >> np.uint64(6)) % np.uint64(len(words)))
    bit = np.uint64(1) << (key & np.uint64(63))
    if words[word] & bit:
        return 0.0
    filled = 0
    for index in range(len(words)):
        filled += bits_set(words[index])
    share = filled / (64.0 * len(words))
    if share > MOST_FULL:
        words[:] = np.uint64(0)
        share = 0.0
    words[word] |= bit
    return 1.0 / (1.0 - share)


@inlined
def stretch(event_ms: int, entity: np.uint64, half_life_ms: float) -> int:
    """Which two half-lives a moment is in, modulo `_STRETCHES`: cut by the clock alone, for each entity at moments of its own."""
    lasts_ms = int(2.0 * half_life_ms)
    return ((event_ms + int(mix(entity) % np.uint64(lasts_ms))) // lasts_ms) % _STRETCHES


@inlined
def is_past(held: int, now: int) -> bool:
    """Whether memory of one stretch is over. A record that comes late meets what there is; where half-lives have changed, so that
    stretches count otherwise, memory begins anew sooner or later.
    """
    return (int(held) - int(now)) % _STRETCHES > _LATE


@inlined
def is_empty(words: NDArray[np.uint64]) -> bool:
    """Whether memory is of no stretch yet."""
    together = np.uint64(0)
    for index in range(len(words)):
        together |= words[index]
    return together == np.uint64(0)


@inlined
def of_stretch(words: NDArray[np.uint64], held: int, now: int) -> int:
    """The stretch that memory is of from a record of `now` on; what is past is forgotten."""
    if is_past(held, now) or is_empty(words):
        words[:] = np.uint64(0)
        return now
    return int(held)


@inlined
def is_set(words: NDArray[np.uint64], key: np.uint64) -> bool:
    word = int((key >> np.uint64(6)) % np.uint64(len(words)))
    return (words[word] >> (key & np.uint64(63))) & np.uint64(1) != np.uint64(0)
