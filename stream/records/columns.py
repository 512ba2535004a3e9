"""Strings of a batch as 64-bit integers, a column at a time: numbers digit for digit, everything else hashed.

An entity's id is 64 bits: the top byte is its kind, the rest its number or hash.

kind 0 an E.164 number, digit for digit (at most 15 digits, 50 bits)
kind 1 a sender id, a short code or a number in a form that is none of E.164: hashed
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

HASHED: Final = 1 << 56
HASH_MASK: Final = (1 << 56) - 1
_FNV: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3


@njit(cache=True, inline="always")
def mix(value: np.uint64) -> np.uint64:
    """Spread the bits of a 64-bit value (the finaliser of splitmix64, Steele et al. 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, inline="always")
def bits_set(word: np.uint64) -> int:
    """How many bits of 64 are set."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


class Spans(NamedTuple):
    """Strings as pieces of one buffer of UTF-8: string i is `buffer[begins[i]:ends[i]]`; a missing one is empty."""

    buffer: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    def text(self, index: int) -> str:
        """One string."""
        return self.buffer[self.begins[index] : self.ends[index]].tobytes().decode("utf-8", "surrogatepass")


NO_SPANS: Final = Spans(np.frombuffer(b"\0", np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64))
"""Of no string."""


def spans(strings: Sequence[str | None]) -> Spans:
    """Lay strings out in one buffer."""
    try:
        joined = "\0".join(strings) + "\0"  # type: ignore[arg-type]  # None is what the second way is for
    except TypeError:
        strings = [text or "" for text in strings]
        joined = "\0".join(strings) + "\0"  # type: ignore[arg-type]  # there is none any more
    buffer = np.frombuffer(joined.encode("utf-8", "surrogatepass"), np.uint8)
    ends = np.flatnonzero(buffer == 0)
    if len(ends) != len(strings):  # a string with a NUL of its own, or none at all
        pieces = [(text or "").encode("utf-8", "surrogatepass") for text in strings]
        ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
        begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]])[: len(ends)]
        return Spans(np.frombuffer(b"".join(pieces), np.uint8), begins, ends)
    begins = np.empty_like(ends)
    begins[0], begins[1:] = 0, ends[:-1] + 1
    return Spans(buffer, begins, ends)


def joined_spans(parts: Sequence[Spans]) -> Spans:
    """The strings of several, one after the other."""
    before = np.cumsum([0, *(len(part.buffer) for part in parts[:-1])])
    begins = np.concatenate([part.begins + shift for part, shift in zip(parts, before, strict=True)])
    ends = np.concatenate([part.ends + shift for part, shift in zip(parts, before, strict=True)])
    buffer = np.concatenate([part.buffer for part in parts])
    buffer.flags.writeable = False  # as all buffers of strings are: one type, and so one compilation of what reads them
    return Spans(buffer, begins, ends)


@njit(cache=True)
def hash_spans(strings: Spans) -> NDArray[np.uint64]:
    """FNV-1a of each string, mixed, odd and so never 0; 0 for an empty one."""
    hashes = np.zeros(len(strings.begins), np.uint64)
    for index in range(len(hashes)):
        value = np.uint64(_FNV)
        for position in range(strings.begins[index], strings.ends[index]):
            value = (value ^ np.uint64(strings.buffer[position])) * np.uint64(_FNV_PRIME)
        if strings.ends[index] > strings.begins[index]:
            hashes[index] = mix(value) | np.uint64(1)
    return hashes


@njit(cache=True)
def e164_spans(strings: Spans) -> NDArray[np.uint64]:
    """The digits of each string that is `+` and 5 to 15 digits, the first of them not 0; 0 for any other."""
    numbers = np.zeros(len(strings.begins), np.uint64)
    for index in range(len(numbers)):
        begin, end = strings.begins[index], strings.ends[index]
        if not 6 <= end - begin <= 16 or strings.buffer[begin] != 43 or strings.buffer[begin + 1] == 48:
            continue
        value = np.uint64(0)
        for position in range(begin + 1, end):
            digit = np.uint64(strings.buffer[position]) - np.uint64(48)
            if digit > np.uint64(9):
                value = np.uint64(0)
                break
            value = value * np.uint64(10) + digit
        numbers[index] = value
    return numbers


def hash_column(strings: Sequence[str | None]) -> NDArray[np.uint64]:
    """A 64-bit hash of each string, odd and so never 0; 0 for an empty or missing one."""
    return hash_spans(spans(strings)) if len(strings) else np.zeros(0, np.uint64)
