"""Rows of features of texts: hashed n-grams, and what carries over between languages (concepts, pairs of them, shapes)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from linewatch.models.texts import links
from linewatch.models.texts.fold import LETTER_ANYWHERE, LETTERS, Folded, Points, fold, points_of, squeeze, strings_of
from linewatch.models.texts.lexicon import CONCEPTS, EVERYDAY, Words, found, words

_BITS: Final = 19
BUCKETS: Final = 1 << _BITS
SHAPES: Final = (
    "code",
    "long_number",
    "telephone",
    "short_number",
    "service_code",
    "percent",
    "length",
    "very_short",
    "digits",
    "capitals",
    "marks",
    "signs",
    "hidden",
    *links.SHAPES,
)
PAIRED: Final = len(CONCEPTS) + len(SHAPES)
PAIRS: Final = PAIRED * (PAIRED - 1) // 2
CARRIED: Final = PAIRED + PAIRS + len(CONCEPTS) + len(EVERYDAY)
"""Columns behind the n-grams: shapes and concepts, pairs of them, concepts met more than once, everyday words."""
FEATURES: Final = (
    f"char 2-4-grams in {BUCKETS} buckets",
    *SHAPES,
    *CONCEPTS,
    f"{PAIRS} pairs",
    f"{len(CONCEPTS)} repeats",
    *(f"everyday {name}" for name in EVERYDAY),
)
_TWO, _NAMED, _HIDDEN = links.SHAPES.index("two_links"), links.SHAPES.index("named"), SHAPES.index("hidden")
_JOINING: Final = tuple(map(ord, ",./:"))
"""Signs that make a run of digits part of something longer: an amount, a date, a time."""
_PAIR_AT: Final = 0.3
"""A shape counts in pairs when it is at least so strong."""


class Squeezed(NamedTuple):
    """What templates are, see `fold.squeeze`."""

    points: Points
    starts: NDArray[np.int64]


def squeezed(texts: Sequence[str]) -> Squeezed:
    """The templates of texts."""
    points, starts = points_of(texts)
    out, out_starts = np.empty_like(points), np.zeros_like(starts)
    squeeze(points, starts, out, out_starts)
    return Squeezed(out[: out_starts[-1]], out_starts)


class Rows(NamedTuple):
    """Features `[n, BUCKETS + CARRIED]`, float32, how often each concept is met `[n, CONCEPTS]`, what the text is written in.

    `unparted` is the share of letters of scripts whose words are not looked for at blanks (`LETTER_ANYWHERE`), 0 to 1.
    """

    matrix: csr_matrix
    concepts: NDArray[np.uint8]
    unparted: NDArray[np.float64]


class Read(NamedTuple):
    """Templates without their links, these, and the folded form of the rest."""

    plain: list[str]
    links: list[list[str]]
    folded: Folded


def read_templates(templates: Squeezed) -> Read:
    """Templates, with their links taken out and folded."""
    plain, met = zip(*map(links.taken_out, strings_of(*templates)), strict=True) if len(templates.starts) > 1 else ((), ())
    return Read(list(plain), list(met), fold(plain))


def rows_of(templates: Squeezed, lexicon: Words | None = None) -> Rows:
    """The features of templates; a row does not depend on the others."""
    return rows_of_read(read_templates(templates), lexicon)


def rows_of_read(read: Read, lexicon: Words | None = None) -> Rows:
    """The same."""
    plain, _, folded = read
    shapes = np.zeros((len(plain), len(SHAPES)), np.float32)
    _shapes(*points_of(plain), LETTERS, shapes)
    shapes[:, _HIDDEN] = np.minimum(1.0, (folded.hidden * np.array([0.34, 1, 0.5, 1], np.float32)).sum(axis=1))
    _of_links(plain, read.links, shapes[:, -len(links.SHAPES) :])
    counts = found(folded, lexicon or words())
    concepts, everyday = map(np.ascontiguousarray, np.split(counts, [len(CONCEPTS)], axis=1))  # one type for the kernel
    most = 3 * len(folded.points) + len(plain) * (2 * PAIRED + 400 + len(EVERYDAY))
    indices, data = np.empty(most, np.int32), np.empty(most, np.float32)
    pointers = np.zeros(len(plain) + 1, np.int64)
    count = _rows(folded.points, folded.starts, shapes, concepts, everyday, indices, data, pointers)
    return Rows(
        csr_matrix((data[:count], indices[:count], pointers), shape=(len(plain), BUCKETS + CARRIED)), concepts, _unparted(folded)
    )


def _of_links(plain: list[str], met: list[list[str]], shapes: NDArray[np.float32]) -> None:
    """The features of links, into rows of 0."""
    for row, own in enumerate(met):
        if own:
            shapes[row] = np.max([links.shapes(link) for link in own], axis=0) if len(own) > 1 else links.shapes(own[0])
            small = plain[row].lower()
            shapes[row, _TWO], shapes[row, _NAMED] = len(own) > 1, any(links.named(link, small) for link in own)


def _unparted(folded: Folded) -> NDArray[np.float64]:
    kinds = LETTERS[folded.points]
    anywhere, either = np.add.reduceat([kinds == LETTER_ANYWHERE, kinds != 0], folded.starts[:-1], axis=1, dtype=np.int64)
    return anywhere / np.maximum(either, 1)


@njit(cache=True)
def _shapes(points: Points, starts: NDArray[np.int64], letters: NDArray[np.uint8], shapes: NDArray[np.float32]) -> None:
    """The features of `SHAPES` that a text without its links shows, each about 0 to 1."""
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        digits = capitals = marks = signs = foreign = run = gap = joined = 0
        for at in range(begin, end + 1):
            point = points[at] if at < end else np.uint32(32)
            if 48 <= point <= 57:
                digits += 1
                run += 1
                joined += 1
                gap = 0
                continue
            if run:
                before = points[at - run - 1] if at - run > begin else np.uint32(32)
                whole = before not in _JOINING and point not in _JOINING
                if point == 46 and (at + 1 == end or not 48 <= points[at + 1] <= 57):  # a full stop
                    whole = before not in _JOINING
                if 4 <= run <= 8 and whole:
                    shapes[row, 0] = 1.0
                if 3 <= run <= 5 and whole:
                    shapes[row, 3] = 1.0
                if point == 35 or before == 42:
                    shapes[row, 4] = 1.0
                if point == 37:
                    shapes[row, 5] = 1.0
                run = 0
            if joined and point in (32, 40, 41, 45) and gap < 2:
                gap += 1
            else:
                if joined >= 9:
                    shapes[row, 1] = 1.0
                if 9 <= joined <= 13:
                    shapes[row, 2] = 1.0
                joined = gap = 0
            capitals += int(65 <= point <= 90)
            marks += int(point in (33, 63, 0xFF01, 0xFF1F))
            signs += int(point in (0x24, 0xA3, 0x20AC, 0x20A9, 0xE3F, 0x20BA))
            if letters[point] == LETTER_ANYWHERE:
                foreign += 1
        count = max(1, end - begin) + foreign  # letters of scripts without word breaks say twice as much
        shapes[row, 6] = min(1.0, count / 160)
        shapes[row, 7] = 1.0 if count < 40 else 0.0
        shapes[row, 8] = min(1.0, 2.0 * digits / count)
        shapes[row, 9] = min(1.0, 2.0 * capitals / count)
        shapes[row, 10] = min(1.0, marks / 3)
        shapes[row, 11] = 1.0 if signs else 0.0


@njit(cache=True)
def _rows(
    points: Points,
    starts: NDArray[np.int64],
    shapes: NDArray[np.float32],
    concepts: NDArray[np.uint8],
    everyday: NDArray[np.uint8],
    indices: NDArray[np.int32],
    data: NDArray[np.float32],
    pointers: NDArray[np.int64],
) -> int:
    """Rows of column and value; each row's n-grams are 1 / sqrt(how many), so that long texts weigh no more."""
    place, paired = 0, shapes.shape[1] + concepts.shape[1]
    lit = np.empty(paired, np.int64)
    for row in range(len(starts) - 1):
        first = place
        for at in range(starts[row], starts[row + 1] - 1):
            value = np.uint64(0xCBF29CE484222325)
            for length in range(4):
                if at + length >= starts[row + 1]:
                    break
                value = (value ^ np.uint64(points[at + length])) * np.uint64(0x100000001B3)
                if length >= 1:
                    spread = value ^ (value >> np.uint64(29))
                    indices[place] = np.int32((spread * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _BITS))
                    place += 1
        weight = np.float32(1.0 / np.sqrt(max(1, place - first)))
        data[first:place] = weight
        many = 0
        for column in range(paired):
            if column < shapes.shape[1]:
                strength = shapes[row, column]
            else:
                strength = np.float32(1.0 if concepts[row, column - shapes.shape[1]] > 0 else 0.0)
            if strength > 0:
                indices[place] = BUCKETS + column
                data[place] = strength
                place += 1
            if strength >= _PAIR_AT and many < 28:
                lit[many] = column
                many += 1
        for one in range(many):
            for other in range(one + 1, many):
                low, high = lit[one], lit[other]
                indices[place] = BUCKETS + paired + low * (2 * paired - low - 1) // 2 + high - low - 1
                data[place] = 0.5
                place += 1
        for concept in range(concepts.shape[1]):
            if concepts[row, concept] > 1:
                indices[place] = BUCKETS + paired + paired * (paired - 1) // 2 + concept
                data[place] = min(1.0, concepts[row, concept] / 4.0)
                place += 1
        for word in range(everyday.shape[1]):
            if everyday[row, word] > 0:
                indices[place] = BUCKETS + paired + paired * (paired - 1) // 2 + concepts.shape[1] + word
                data[place] = 1.0
                place += 1
        pointers[row + 1] = place
    return place
