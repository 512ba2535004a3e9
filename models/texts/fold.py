"""Texts to code points, and disguises undone: one table and two compiled passes over a whole batch.

`squeeze` keeps what a template is: digits count as 0 (but for those inside a word, which may stand for letters), the
tail of a link behind its host goes, white space is one blank. Everything that scores a text sees only what is left, so
texts of one template have one score. `fold` then undoes what was done to hide words.
"""

import sys
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Points = NDArray[np.uint32]
LONGEST: Final = 320
"""Characters looked at; two parts of a concatenated message and some."""
LINK_MARK: Final = 0xE000
"""Stands where a link stood; private use, so that no text has it: one that does loses it."""

LETTER, LETTER_ANYWHERE = 1, 2
"""Kinds of letters: of scripts that part words by blanks, and of those where a word may begin anywhere."""

_PARTING: Final = tuple(map(ord, " -._*"))
"""What stands between the letters of a word that is spaced out."""
_LOOKS_LIKE: Final = dict(
    zip(
        "авеіјкмнорсѕтухԁԛԝһьпгѵαβεικνορτυχγωη",
        "abeijkmhopcstyxdqwhbnrvabeiknoptuxywn",
        strict=True,
    )
)
"""Small letters of Cyrillic and Greek that look Latin (Unicode UTS #39, confusables); undone beside Latin letters."""
_LEET: Final = dict(zip("013457@$!", "oieastasi", strict=True))


class Folded(NamedTuple):
    """Code points of all texts one behind the other, where each begins (`[n + 1]`), and what was hidden (`[n, 4]`).

    `hidden` counts invisible characters, words of mixed scripts, digits that stood for letters, words that were spaced out.
    """

    points: Points
    starts: NDArray[np.int64]
    hidden: NDArray[np.float32]


def points_of(texts: Sequence[str]) -> tuple[Points, NDArray[np.int64]]:
    """Code points of all texts, and where each begins."""
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=starts[1:])
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32), starts


def strings_of(points: Points, starts: NDArray[np.int64]) -> list[str]:
    """The texts back from their code points."""
    whole = points.tobytes().decode("utf-32-le", "surrogatepass")
    places = starts.tolist()
    return [whole[begin:end] for begin, end in pairwise(places)]


@njit(cache=True)
def _alphanumeric(point: int) -> bool:
    return 48 <= point <= 57 or 65 <= point <= 90 or 97 <= point <= 122


@njit(cache=True)
def _same_case(one: int, other: int) -> bool:
    return (97 <= one <= 122 and 97 <= other <= 122) or (65 <= one <= 90 and 65 <= other <= 90)


@njit(cache=True)
def squeeze(points: Points, starts: NDArray[np.int64], out: Points, out_starts: NDArray[np.int64]) -> None:
    """What is left of each text's first `LONGEST` characters; `out` is as long as `points`."""
    place = 0
    for row in range(len(starts) - 1):
        out_starts[row] = place
        begin, end = starts[row], min(starts[row + 1], starts[row] + LONGEST)
        dotted, tail = False, False  # whether this token has a dot between two alphanumerics; whether it is past its host
        for at in range(begin, end):
            point = points[at]
            if point <= 32 or point in (0xA0, 0x3000):
                dotted = tail = False
                if place > out_starts[row] and out[place - 1] != 32:
                    out[place] = 32
                    place += 1
                continue
            if point > 126:
                dotted = tail = False
            elif tail:
                continue
            elif point == 46 and at > begin and at + 1 < end and _alphanumeric(points[at - 1]) and _alphanumeric(points[at + 1]):
                dotted = True
            elif point == 47 and dotted:
                tail = True
            elif 48 <= point <= 57:
                inside = at > begin and at + 1 < end and _same_case(points[at - 1], points[at + 1])
                if not inside or dotted:
                    point = np.uint32(48)
            out[place] = point
            place += 1
        if place > out_starts[row] and out[place - 1] == 32:
            place -= 1
    out_starts[len(starts) - 1] = place


def _table() -> Points:
    """By code point what it counts as: small letters without accents, 0 for what cannot be seen."""
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for point in (*range(0x600), *range(0x1C80, 0x3000)):
        character = chr(point)
        if character.isdecimal():
            table[point] = ord("0") if point > 127 else point
            continue
        folded = character.casefold()
        plain = "".join(part for part in unicodedata.normalize("NFD", folded) if not 0x300 <= ord(part) < 0x370)
        if len(plain) == 1:
            table[point] = ord(plain)
        if unicodedata.category(character) == "Cf" or 0x300 <= point < 0x370:
            table[point] = 0
        elif character.isspace() or unicodedata.category(character) == "Cc":
            table[point] = 32
    table[[0x131, 0x130]] = ord("i")
    for point in range(0x600, 0x1C80):
        if chr(point).isdecimal():
            table[point] = 48
    for begin, end in ((0xFE00, 0xFE10), (0xFEFF, 0xFF00), (0xE0000, 0xE0200), (0x180B, 0x180F)):
        table[begin:end] = 0
    table[LINK_MARK] = LINK_MARK
    return table


_UNPARTED: Final = ((0x3400, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x30000))
"""Han and Hangul syllables."""


def _letters() -> NDArray[np.uint8]:
    """By code point which kind of letter it is, 0 for what is none."""
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    kinds[[point for point in range(0x600) if chr(point).isalpha()]] = LETTER
    kinds[[point for point in range(0x1E00, 0x2000) if chr(point).isalpha()]] = LETTER
    others = (*range(0x600, 0x1E00), *range(0x2C00, 0x3400), *range(0xA000, 0xAC00))
    kinds[[point for point in others if unicodedata.category(chr(point))[0] in "LM"]] = LETTER_ANYWHERE
    for begin, end in (
        (0x1100, 0x1200),
        (0x1780, 0x17D4),
        (0x3040, 0x3100),
        (0x3400, 0xA000),
        (0xAC00, 0xD7A4),
        (0x20000, 0x30000),
    ):
        kinds[begin:end] = LETTER_ANYWHERE
    return kinds


def _map(pairs: dict[str, str], size: int) -> Points:
    table = np.zeros(size, np.uint32)
    for one, other in pairs.items():
        table[ord(one)] = ord(other)
    return table


TABLE: Final = _table()
LETTERS: Final = _letters()
_LATIN_OF: Final = _map(_LOOKS_LIKE, 0x600)
_LEET_OF: Final = _map(_LEET, 0x80)


def fold(texts: Sequence[str]) -> Folded:
    """The form in which words are looked for and n-grams taken, of texts whose links stand as `LINK_MARK`."""
    points, starts = points_of([text if text.isascii() else unicodedata.normalize("NFKC", text) for text in texts])
    out, out_starts = np.empty(len(points) + 2 * len(texts), np.uint32), np.zeros(len(starts), np.int64)
    hidden = np.zeros((len(texts), 4), np.float32)
    _fold(TABLE[points], starts, LETTERS, _LATIN_OF, _LEET_OF, out, out_starts, hidden)
    return Folded(out[: out_starts[-1]], out_starts, hidden)


@njit(cache=True)
def _fold(
    points: Points,
    starts: NDArray[np.int64],
    letters: NDArray[np.uint8],
    latin_of: Points,
    leet_of: Points,
    out: Points,
    out_starts: NDArray[np.int64],
    hidden: NDArray[np.float32],
) -> None:
    """Each text with a blank before and behind it."""
    place = 0
    for row in range(len(starts) - 1):
        first = place
        out_starts[row] = first
        out[place] = 32
        place += 1
        for at in range(starts[row], starts[row + 1]):
            point = points[at]
            if point == 0:
                hidden[row, 0] += 1
            elif point != 32 or out[place - 1] != 32:
                out[place] = point
                place += 1
        if out[place - 1] != 32:
            out[place] = 32
            place += 1
        hidden[row, 1] += _unmix(out, first, place, letters, latin_of)
        hidden[row, 2] += _unleet(out, first, place, leet_of)
        place = _close_up(out, first, place, letters, hidden, row)
    out_starts[len(starts) - 1] = place


@njit(cache=True)
def _unmix(out: Points, first: int, end: int, letters: NDArray[np.uint8], latin_of: Points) -> int:
    """Letters that look Latin become so in words that have Latin ones; how many words."""
    words, at = 0, first
    while at < end:
        if letters[out[at]] != LETTER:
            at += 1
            continue
        begin, latin, alike = at, False, False
        while at < end and letters[out[at]] == LETTER:
            latin |= out[at] < 0x250
            alike |= out[at] < len(latin_of) and latin_of[out[at]] != 0
            at += 1
        if latin and alike:
            words += 1
            for index in range(begin, at):
                if out[index] < len(latin_of) and latin_of[out[index]] != 0:
                    out[index] = latin_of[out[index]]
    return words


@njit(cache=True)
def _unleet(out: Points, first: int, end: int, leet_of: Points) -> int:
    """Digits and signs between two small Latin letters become the letters that they stand for; how many."""
    count = 0
    for at in range(first + 1, end - 1):
        point = out[at]
        if point < 0x80 and leet_of[point] != 0 and 97 <= out[at - 1] <= 122 and 97 <= out[at + 1] <= 122:
            out[at] = leet_of[point]
            count += 1
    return count


@njit(cache=True)
def _close_up(out: Points, first: int, end: int, letters: NDArray[np.uint8], hidden: NDArray[np.float32], row: int) -> int:
    """Spaced-out words closed up, and blanks between letters of scripts that need none; the new end."""
    place, at = first, first
    while at < end:
        point = out[at]
        parted = point in _PARTING
        if parted and at > first and at + 1 < end:
            anywhere = letters[out[at - 1]] == LETTER_ANYWHERE and letters[out[at + 1]] == LETTER_ANYWHERE
            if anywhere and point == 32 and out[at - 1] < 0xAC00:
                at += 1
                continue
        if letters[point] != 0 and (at == first or out[at - 1] == 32):
            last = at  # of a run of single letters, each followed by one and the same sign
            sign = out[at + 1] if at + 1 < end else np.uint32(0)
            if sign in _PARTING:
                while last + 2 < end and out[last + 1] == sign and letters[out[last + 2]] != 0:
                    if last + 3 < end and (
                        letters[out[last + 3]] != 0 or (sign == 32 and out[last + 3] != 32 and out[last + 3] in _PARTING)
                    ):
                        break
                    last += 2
            if last - at >= 6:
                hidden[row, 3] += 1
                for index in range(at, last + 1, 2):
                    out[place] = out[index]
                    place += 1
                at = last + 1
                continue
        out[place] = point
        place += 1
        at += 1
    return place
