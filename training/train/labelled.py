"""Labelled messages, read from where they lie."""

import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained.text import CLASSES
from linewatch.training.data_file import file_of, read_csv
from linewatch.training.train.own_examples import Row

LABELS: Final = {"ham": "ordinary", "promo": "spam", "otp": "otp", "fraud": "fraud", "illegal": None, "spam": None}
"""Classes of the labels. `spam` is fraud or marketing, where the source does not tell; `illegal` (gambling, forged papers) is
called fraud by one source and marketing by another: both are shared between the two classes in training."""
UNTOLD: Final = -1
FILE: Final = "messages.csv.gz"
COLUMNS: Final = ("text", "label", "language", "source")
"""Those that the file must have."""


class Labelled(NamedTuple):
    """Messages as columns; `classes` are places in `CLASSES`, or `UNTOLD` for fraud or spam."""

    texts: list[str]
    classes: NDArray[np.int64]
    labels: NDArray[np.str_]
    languages: NDArray[np.str_]
    sources: NDArray[np.str_]

    def taken(self, rows: NDArray[np.int64]) -> "Labelled":
        """Some of the rows."""
        texts = [self.texts[row] for row in rows.tolist()]
        return Labelled(texts, self.classes[rows], self.labels[rows], self.languages[rows], self.sources[rows])


def joined(one: Labelled, other: Labelled) -> Labelled:
    """The rows of both."""
    whole = [np.concatenate([a, b]) for a, b in zip(one[1:], other[1:], strict=True)]
    return Labelled(one.texts + other.texts, *whole)


def columns(rows: Iterable[Row]) -> Labelled:
    """Rows as columns."""
    texts, labels, languages, sources = zip(*rows, strict=True)
    told = [LABELS[label] for label in labels]
    classes = np.array([CLASSES.index(name) if name else UNTOLD for name in told])
    return Labelled(list(texts), classes, np.array(labels), np.array(languages), np.array(sources))


def read_messages(path: Path) -> list[Row]:
    """Rows of `FILE`, or of the folder it lies in; placeholders and word breaks of the `fbs` source undone.

    Raises UnusableInput.
    """
    return read_csv(file_of(path, FILE), COLUMNS, _row)


def _row(text: str | None, label: str | None, language: str | None, source: str | None) -> Row:
    if text is None or label is None or language is None or source is None:
        raise ValueError("too few columns")
    if label not in LABELS:
        raise ValueError(f"another label than {', '.join(LABELS)}; mend it, or take the line out")
    return _undone(text) if source == "fbs" else text, label, language, source


def at_most(rows: Labelled, most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Which rows to keep so that no source has more than `most` of one label, drawn at random."""
    keys = np.char.add(np.char.add(rows.sources, "|"), rows.labels)
    drawn = random.permutation(len(keys))
    _, inverse = np.unique(keys[drawn], return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[order], np.arange(inverse.max() + 1))
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys)) - np.repeat(starts, np.diff([*starts, len(keys)]))
    return np.sort(drawn[rank < most])


_FILLED: Final = {
    "CELLPHONE": ("13858585858", "15900000000"),
    "HOTLINE": ("4008008000", "95588"),
    "PHONE": ("0571-58585858", "010-80008000"),
    "DIGIT": ("5", "58", "100", "2000"),
    "PLACE": ("杭州", "北京", "广东"),
    "NAME": ("王", "李", "小张"),
    "BANK": ("银行",),
    "URL": ("http://t.cn/a5", "http://wap.{}.com/", "http://www.{}.cn/", "http://{}.cc/a", "{}.com/x", "http://m.{}.net/"),
}
"""What may stand for the placeholders of the `fbs` source; which of them is drawn by the row's own hash."""


def _undone(text: str) -> str:
    random = np.random.default_rng(zlib.crc32(text.encode()))

    def filled(match: re.Match[str]) -> str:
        drawn = str(random.choice(_FILLED[match[1] or match[2]]))
        return drawn.replace("{}", "".join(random.choice(list("abcdefghjkmnpqrstuwxyz"), 6)))

    text = re.sub(rf"(URL)[a-z0-9]*|({'|'.join(_FILLED)})", filled, text)
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)
