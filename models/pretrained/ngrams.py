"""Texts to hashed character 2-to-4-grams and a few shape features, over a whole batch, by one compiled pass."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

BUCKETS: Final = 1 << 17
LONGEST: Final = 320
"""Characters looked at; two parts of a concatenated message and some."""
SHAPES: Final = (
    "link",
    "odd_link",
    "code",
    "long_number",
    "money",
    "length",
    "digits",
    "capitals",
    "marks",
    "not_latin",
)
FEATURES: Final = (f"char 2-4-grams in {BUCKETS} buckets", *SHAPES)

_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.[a-z]{2,8}/\S*", re.IGNORECASE)
_KNOWN_ENDS = re.compile(r"\.(?:com|org|net|edu|gov|co|or|go|ac)(?:\.[a-z]{2})?(?:[/:?#]|$)", re.IGNORECASE)
_CODE = re.compile(r"(?<![\d.,])\d{4,8}(?![\d.,]*\d)")
_LONG = re.compile(r"\d[\d\s-]{8,}\d")
_MONEY = re.compile(r"[$€£¥₩฿]|\b(?:usd|rp|baht|tl|ksh|krw|eur)\b|บาท|万元|만원", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_LOWER_AND_ZERO = _ZERO.lower()
_CAPITALS: Final = bytes(range(ord("A"), ord("Z") + 1))
_CURRENCIES: Final = ("$", "usd", "rp", "baht", "tl", "ksh", "krw", "eur")


def fold_text(text: str) -> str:
    """The form in which n-grams are taken: NFKC, folded, links and digits as their shape."""
    text = text[:LONGEST]
    ascii_only = text.isascii()
    if not ascii_only:
        text = unicodedata.normalize("NFKC", text)
    if _may_link(text):
        text = _LINK.sub(" \ue000 ", text)
        ascii_only = ascii_only and text.isascii()
    if ascii_only:
        return " " + text.encode().translate(_LOWER_AND_ZERO).decode() + " "
    return " " + _DIGIT.sub("0", text).casefold() + " "


def template(text: str) -> bytes:
    """What is left of a text when each digit counts as 0: texts with one template have one row of features."""
    return text.encode("utf-8", "surrogatepass").translate(_ZERO)


def _may_link(text: str) -> bool:
    """Whether it is worth looking for links: each has a slash, or begins with `www.`."""
    return "/" in text or ("." in text and "www." in text.lower())


def shapes(text: str) -> tuple[float, ...]:
    """The features of `SHAPES`, each about 0 to 1."""
    links = _LINK.findall(text) if _may_link(text) else []
    count = max(1, len(text))
    if text.isascii():
        raw = text.encode()
        digits = count_of(raw, b"0123456789")
        capitals, foreign = count_of(raw, _CAPITALS), 0
        lower = text.lower()
        money = any(sign in lower for sign in _CURRENCIES) and bool(_MONEY.search(text))
    else:
        digits, money = len(_DIGIT.findall(text)), bool(_MONEY.search(text))
        capitals, foreign = sum(map(str.isupper, text)), sum(character > "\u024f" for character in text)
    return (
        float(bool(links)),
        float(any(not _KNOWN_ENDS.search(link) for link in links)),
        float(digits >= 4 and bool(_CODE.search(text))),
        float(digits >= 2 and bool(_LONG.search(text))),
        float(money),
        min(1.0, count / 160),
        digits / count,
        capitals / count,
        min(1.0, (text.count("!") + text.count("?")) / 4),
        foreign / count,
    )


def count_of(raw: bytes, of: bytes) -> int:
    """How many bytes are among these."""
    return len(raw) - len(raw.translate(None, of))


@njit(cache=True)
def _grams(
    points: NDArray[np.uint32],
    starts: NDArray[np.int64],
    indices: NDArray[np.int32],
    data: NDArray[np.float32],
    pointers: NDArray[np.int64],
) -> None:
    """Rows of bucket indices; each row's values are 1 / sqrt(how many), so that long texts weigh no more."""
    place = 0
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        first = place
        for at in range(begin, end - 1):
            value = np.uint64(0xCBF29CE484222325)
            for length in range(4):
                if at + length >= end:
                    break
                value = (value ^ np.uint64(points[at + length])) * np.uint64(0x100000001B3)
                if length >= 1:
                    spread = value ^ (value >> np.uint64(29))
                    indices[place] = np.int32((spread * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(47))
                    place += 1
        weight = np.float32(1.0 / np.sqrt(max(1, place - first)))
        for index in range(first, place):
            data[index] = weight
        pointers[row + 1] = place


def matrix(texts: Sequence[str]) -> csr_matrix:
    """`[n, BUCKETS + len(SHAPES)]`, float32; a row does not depend on the others."""
    folded = [fold_text(text) for text in texts]
    lengths = np.fromiter(map(len, folded), np.int64, len(folded))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    points = np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), np.uint32)
    most = int(lengths.sum()) * 3
    indices, data = np.empty(most, np.int32), np.empty(most, np.float32)
    pointers = np.zeros(len(folded) + 1, np.int64)
    _grams(points, starts, indices, data, pointers)
    count = int(pointers[-1])
    return _with_shapes(texts, indices[:count], data[:count], pointers)


def _with_shapes(
    texts: Sequence[str], indices: NDArray[np.int32], data: NDArray[np.float32], pointers: NDArray[np.int64]
) -> csr_matrix:
    """Insert the shape features at the end of each row."""
    extra = np.array([shapes(text) for text in texts], np.float32).reshape(len(texts), len(SHAPES))
    columns = np.arange(BUCKETS, BUCKETS + len(SHAPES), dtype=np.int32)
    ends = np.repeat(pointers[1:], len(SHAPES))
    indices = np.insert(indices, ends, np.tile(columns, len(texts)))
    data = np.insert(data, ends, extra.ravel())
    pointers = pointers + np.arange(len(texts) + 1) * len(SHAPES)
    return csr_matrix((data, indices, pointers), shape=(len(texts), BUCKETS + len(SHAPES)))
