"""What near-duplicates of a text have in common: MinHash of its character 5-grams, in one compiled pass over a batch.

Digits, links and punctuation count for nothing, so that names of products stay and amounts, codes and addresses go. The
share of `signature`'s nibbles that two texts have in common estimates the Jaccard similarity of their sets of 5-grams
(Broder, 1997; b-bit minwise hashing: Li and König, 2010).
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.models.texts.fold import LETTERS, Folded, Points

KEYS: Final = 6
"""Whole minima, by which candidates are found: of two texts alike by half, one in 64 pairs has none in common."""
NIBBLES: Final = 32
_GRAM: Final = 5
_MIX: Final = np.random.default_rng(20240607).integers(1 << 62, 1 << 63, KEYS + NIBBLES).astype(np.uint64) | np.uint64(1)


class Fingerprints(NamedTuple):
    """`keys` `[n, KEYS]`, the `signature` `[n, NIBBLES]` of 4 bits each, and how many 5-grams each text has."""

    keys: NDArray[np.uint64]
    signature: NDArray[np.uint8]
    grams: NDArray[np.int64]


def fingerprints(folded: Folded) -> Fingerprints:
    """Those of texts as `fold` gives them."""
    count = len(folded.starts) - 1
    made = Fingerprints(np.zeros((count, KEYS), np.uint64), np.zeros((count, NIBBLES), np.uint8), np.zeros(count, np.int64))
    _minima(folded.points, folded.starts, LETTERS, _MIX, made.keys, made.signature, made.grams)
    return made


def likest(one: NDArray[np.uint8], others: NDArray[np.uint8]) -> float:
    """The greatest estimated Jaccard similarity of one signature to others `[n, NIBBLES]`, 0 without any.

    Nibbles that agree by chance are taken off.
    """
    return max(0.0, (_most_agreeing(one, others) / NIBBLES - 1 / 16) / (1 - 1 / 16))


@njit(cache=True)
def _most_agreeing(one: NDArray[np.uint8], others: NDArray[np.uint8]) -> int:
    most = 0
    for row in range(len(others)):
        agreeing = 0
        for nibble in range(len(one)):
            agreeing += one[nibble] == others[row, nibble]
        most = max(most, agreeing)
    return most


@njit(cache=True)
def _minima(
    points: Points,
    starts: NDArray[np.int64],
    letters: NDArray[np.uint8],
    mix: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    signature: NDArray[np.uint8],
    grams: NDArray[np.int64],
) -> None:
    least = np.empty(len(mix), np.uint64)
    kept = np.empty(len(points) + 1, np.uint32)
    for row in range(len(starts) - 1):
        size = 0
        for at in range(starts[row], starts[row + 1]):
            if letters[points[at]] != 0:
                kept[size] = points[at]
                size += 1
        least[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
        for at in range(max(0, size - _GRAM + 1)):
            value = np.uint64(0xCBF29CE484222325)
            for index in range(at, at + _GRAM):
                value = (value ^ np.uint64(kept[index])) * np.uint64(0x100000001B3)
            value ^= value >> np.uint64(29)
            for permutation in range(len(mix)):
                mixed = value * mix[permutation]
                mixed ^= mixed >> np.uint64(32)
                least[permutation] = min(least[permutation], mixed)
            grams[row] += 1
        for key in range(keys.shape[1]):
            keys[row, key] = least[key] * np.uint64(2 * key + 1)
        for nibble in range(signature.shape[1]):
            signature[row, nibble] = (least[keys.shape[1] + nibble] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(60)
