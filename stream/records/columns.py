"""Strings of a batch as 64-bit integers, a column at a time: numbers digit for digit, everything else hashed.

An entity's id is 64 bits: the top byte is its kind, the rest its number or hash.

kind 0 an E.164 number, digit for digit (at most 15 digits, 50 bits)
kind 1 a sender id, a short code or a number in a form that is none of E.164: hashed
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

HASHED: Final = 1 << 56
HASH_MASK: Final = (1 << 56) - 1
_FNV: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3


@njit(cache=True, inline="always")  # type: ignore[misc]
def mix(value: np.uint64) -> np.uint64:
    """Spread the bits of a 64-bit value (the finaliser of splitmix64, Steele et al. 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True)  # type: ignore[misc]
def _hash_segments(buffer: NDArray[np.uint8], hashes: NDArray[np.uint64]) -> int:
    """FNV-1a of each segment that ends in byte 0, mixed; 0 for an empty one. Returns how many segments there were."""
    count = 0
    start = 0
    value = np.uint64(_FNV)
    for position in range(len(buffer)):
        byte = buffer[position]
        if byte == 0:
            hashes[count] = np.uint64(0) if position == start else mix(value) | np.uint64(1)
            count += 1
            start = position + 1
            value = np.uint64(_FNV)
            if count == len(hashes):
                return count if position == len(buffer) - 1 else count + 1
        else:
            value = (value ^ np.uint64(byte)) * np.uint64(_FNV_PRIME)
    return count


@njit(cache=True)  # type: ignore[misc]
def _parse_segments(buffer: NDArray[np.uint8], ids: NDArray[np.uint64]) -> int:
    """`+` and 5 to 15 digits of each segment as an integer; 0 for any other form. Returns how many segments."""
    count = 0
    start = 0
    value = np.uint64(0)
    plain = True
    for position in range(len(buffer)):
        byte = buffer[position]
        if byte == 0:
            digits = position - start - 1
            ids[count] = value if plain and 5 <= digits <= 15 else np.uint64(0)
            count += 1
            start = position + 1
            value = np.uint64(0)
            plain = True
            if count == len(ids):
                return count if position == len(buffer) - 1 else count + 1
        elif position == start:
            plain = byte == 43
        elif 48 <= byte <= 57 and position - start <= 15 and not (position == start + 1 and byte == 48):
            value = value * np.uint64(10) + np.uint64(byte - 48)
        else:
            plain = False
    return count


def _buffer(strings: Sequence[str | None]) -> NDArray[np.uint8]:
    joined = "\0".join([text or "" for text in strings]) + "\0"
    return np.frombuffer(joined.encode("utf-8", "surrogatepass"), np.uint8)


def hash_column(strings: Sequence[str | None]) -> NDArray[np.uint64]:
    """A 64-bit hash of each string, odd and so never 0; 0 for an empty or missing one."""
    hashes = np.zeros(len(strings), np.uint64)
    if len(strings) and _hash_segments(_buffer(strings), hashes) != len(strings):
        for index, text in enumerate(strings):  # a string with a NUL of its own: one by one
            _hash_segments(_buffer([(text or "").replace("\0", "\ufffd")]), hashes[index : index + 1])
    return hashes


def e164_column(strings: Sequence[str]) -> NDArray[np.uint64]:
    """The digits of each string that is `+` and 5 to 15 digits, 0 for any other."""
    ids = np.zeros(len(strings), np.uint64)
    if len(strings) and _parse_segments(_buffer(strings), ids) != len(strings):
        for index, text in enumerate(strings):
            _parse_segments(_buffer([text.replace("\0", "\ufffd")]), ids[index : index + 1])
    return ids
