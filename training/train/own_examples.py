"""The project's own example messages, a file of `examples/` for each language: what labelled data lacks.

They were written from general knowledge of what is sent in a country, by authors who had met none of the labelled messages, so that
a source which is left out is left out. Slots in braces are filled at random, so that no name and no number is learned.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

OWN: Final = "own examples"
"""What their source is called."""
ENGLISH_COPIES, COPIES = 16, 4
"""Fillings of each, next to each other; English ones stand for all that labelled English messages lack."""
LABELS: Final = {"fraud": "fraud", "promo": "promo", "otp": "otp", "ordinary": "ham"}
"""Of the lists of a file."""
_FOLDER: Final = Path(__file__).parent / "examples"
_SHORT: Final = (
    "bit.ly/3kfaQd",
    "https://bit.ly/2XcPRp",
    "https://s.id/ab3",
    "t.ly/Zy2",
    "https://lin.ee/cDYu",
    "https://cutt.ly/x8a",
)

Row = tuple[str, str, str, str]
"""Text, label, language, source."""


def own_rows(random: np.random.Generator, without: Collection[str] = (), part: slice = slice(None)) -> list[Row]:
    """All, or a part of them, each in several fillings, but for those in the languages named."""
    return [
        (_filled(entry, slots, random), label, language, OWN)
        for language, label, entry, slots in list(_entries())[part]
        if language not in without
        for _ in range(ENGLISH_COPIES if language == "en" else COPIES)
    ]


def _language(file: Path) -> str:
    """Of a file: one that is written in two scripts has two files."""
    return file.stem.partition("_")[0]


def _entries() -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    for file in sorted(_FOLDER.glob("*.toml")):
        read = tomllib.loads(file.read_text("utf-8"))
        for name, label in LABELS.items():
            for entry in read[name]:
                yield _language(file), label, entry, read["slots"]


def _filled(entry: str, slots: dict[str, list[str]], random: np.random.Generator) -> str:
    def slot(match: re.Match[str]) -> str:
        name = match[1]
        return _drawn(random, slots[name]) if name in slots else _MADE[name](random)

    return re.sub(r"\{(\w+)\}", slot, entry)


def _drawn(random: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(random.integers(len(choices)))]


def _digits(random: np.random.Generator, count: int) -> str:
    return f"{int(random.integers(10**count)):0{count}}"


def _sum(random: np.random.Generator) -> str:
    """An amount, as written here or there."""
    whole = int(random.integers(1, 100)) * 10 ** int(random.integers(1, 5))
    return f"{whole:,}".replace(",", _drawn(random, (",", ".", "")))


def _bait(random: np.random.Generator) -> str:
    """A link of those who deceive: made-up letters, or words that promise safety."""
    words = ("secure", "verify", "update", "billing", "service", "online", "support", "claim-now", "my", "customer")
    letters = "".join(_drawn(random, "abcdefghiklmnoprstuvw") for _ in range(7))
    host = letters if random.random() < 0.5 else f"{_drawn(random, words)}-{_drawn(random, words)}{letters[:3]}"
    end = _drawn(random, ("top", "xyz", "info", "cc", "com", "net", "vip", "ly"))
    return f"{_drawn(random, ('https://', 'http://', ''))}{host}.{end}/{_digits(random, 3)}"


def _link(random: np.random.Generator) -> str:
    """A link of those who have a name to lose."""
    one = ("green", "metro", "north", "river", "royal", "union", "first", "silver", "city", "post", "you", "maps")
    two = ("bank", "energy", "water", "mail", "express", "store", "care", "air", "library", "tube", "photo", "market")
    end = ("com", "org", "net", "co.uk", "co.th", "co.id", "co.ke", "gov", "de", "fr")
    host = f"{_drawn(random, ('', '', 'www.', 'my.', 'track.'))}{_drawn(random, one)}{_drawn(random, two)}.{_drawn(random, end)}"
    return f"{_drawn(random, ('https://', 'https://', ''))}{host}/{_drawn(random, ('t/', 'b/', 'v', ''))}{_digits(random, 6)}"


_MADE: Final[dict[str, Callable[[np.random.Generator], str]]] = {
    "url": _bait,
    "link": _link,
    "short": lambda random: _drawn(random, _SHORT),
    "amount": lambda random: f"{_drawn(random, '$£€')}{_digits(random, 3)}.{_digits(random, 2)}",
    "sum": _sum,
    "phone": lambda random: f"0{_digits(random, 10)}",
    "number": lambda random: _digits(random, 8),
    "code": lambda random: _digits(random, int(_drawn(random, "46"))),
    "percent": lambda random: _digits(random, 2),
}
"""What fills a slot that a file does not name, by its name."""
