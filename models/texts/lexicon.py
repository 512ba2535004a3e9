"""What texts speak of, whatever the language: words and phrases to concepts, found by one compiled pass.

Two lists: `lexicon.toml`, what fraud and honest senders speak of, and `everyday.toml`, the commonest words of messages.
"""

import tomllib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.models.texts.fold import LETTER, LETTER_ANYWHERE, LETTERS, Folded, Points, fold

_FOLDER: Final = Path(__file__).parent
_WHOLE: Final = 4
"""Words of so many letters and fewer stand for themselves; longer ones also for what begins with them."""


def _entries(name: str) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
    return made


CONCEPTS: Final = tuple(_entries("lexicon"))
EVERYDAY: Final = tuple(_entries("everyday"))
_MASKS: Final = (len(CONCEPTS) + len(EVERYDAY) + 63) // 64


class Words(NamedTuple):
    """An open-addressing table of the words' hashes: which concepts each stands for, and whether it must end there.

    `concepts` are masks of 64 bits, `[size, masks]`: `CONCEPTS` first, then `EVERYDAY`.
    """

    hashes: NDArray[np.uint64]
    concepts: NDArray[np.uint64]
    whole: NDArray[np.bool_]
    longest: int


@lru_cache(maxsize=32)
def words(without: Collection[str] = frozenset()) -> Words:
    """The lexicon but for the languages named."""
    entries: dict[str, int] = {}
    for place, languages in enumerate([*_entries("lexicon").values(), *_entries("everyday").values()]):
        for language, line in languages.items():
            if language in without:
                continue
            for word in line.split(", "):
                entries[word] = entries.get(word, 0) | 1 << place
    folded = fold(list(entries))
    return _table(folded, list(entries.values()))


def _table(folded: Folded, masks: list[int]) -> Words:
    size = 1 << int(np.ceil(np.log2(4 * len(masks))))
    table = Words(np.zeros(size, np.uint64), np.zeros((size, _MASKS), np.uint64), np.zeros(size, np.bool_), 0)
    longest = 0
    for row, mask in enumerate(masks):
        word = folded.points[folded.starts[row] + 1 : folded.starts[row + 1] - 1]
        longest = max(longest, len(word))
        value = _hash(word)
        place = int(value) & (size - 1)
        while table.hashes[place] not in (0, value):
            place = (place + 1) & (size - 1)
        table.hashes[place] = value
        table.concepts[place] |= np.array([mask >> 64 * index & (1 << 64) - 1 for index in range(_MASKS)], np.uint64)
        table.whole[place] = len(word) <= _WHOLE and LETTERS[word[-1]] == LETTER
    return table._replace(longest=longest)


@njit(cache=True)
def _hash(word: Points) -> Any:
    value = np.uint64(0xCBF29CE484222325)
    for point in word:
        value = (value ^ np.uint64(point)) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(29)
    return value | np.uint64(1)


def found(folded: Folded, table: Words) -> NDArray[np.uint8]:
    """How often each concept is met in each text, `[n, CONCEPTS + EVERYDAY]`."""
    counts = np.zeros((len(folded.starts) - 1, len(CONCEPTS) + len(EVERYDAY)), np.uint8)
    _found(folded.points, folded.starts, LETTERS, table.hashes, table.concepts, table.whole, table.longest, counts)
    return counts


@njit(cache=True)
def _found(
    points: Points,
    starts: NDArray[np.int64],
    letters: NDArray[np.uint8],
    hashes: NDArray[np.uint64],
    concepts: NDArray[np.uint64],
    whole: NDArray[np.bool_],
    longest: int,
    counts: NDArray[np.uint8],
) -> None:
    size = len(hashes) - 1
    for row in range(len(starts) - 1):
        for at in range(starts[row] + 1, starts[row + 1]):
            if points[at] == 32 or (letters[points[at]] == LETTER and letters[points[at - 1]] == LETTER):
                continue
            value = np.uint64(0xCBF29CE484222325)
            for end in range(at, min(at + longest, starts[row + 1] - 1)):
                value = (value ^ np.uint64(points[end])) * np.uint64(0x9E3779B97F4A7C15)
                value ^= value >> np.uint64(29)
                probe = value | np.uint64(1)
                place = np.int64(probe & np.uint64(size))
                while hashes[place] != 0 and hashes[place] != probe:
                    place = (place + 1) & size
                if hashes[place] == 0 or (whole[place] and letters[points[end + 1]] == LETTER):
                    continue
                for index in range(concepts.shape[1]):
                    mask = concepts[place, index]
                    concept = 64 * index
                    while mask != 0:
                        if mask & np.uint64(1) and counts[row, concept] < 255:
                            counts[row, concept] += 1
                        mask >>= np.uint64(1)
                        concept += 1


__all__ = ["CONCEPTS", "EVERYDAY", "LETTER_ANYWHERE", "Words", "found", "words"]
