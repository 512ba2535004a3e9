"""The project's own example messages, a file of `examples/` for each language: what labelled data lacks.

They were written from general knowledge of what is sent in a country, by authors who had met none of the labelled messages, so that
a source which is left out is left out. Slots in braces are filled at random, so that no name and no number is learned.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
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


def languages() -> list[str]:
    """Those that there are examples in."""
    return sorted({_language(file) for file in _FOLDER.glob("*.toml")})


def own_rows(random: np.random.Generator, without: Collection[str] = ()) -> list[Row]:
    """All, each in several fillings, but for those in the languages named."""
    return [
        (_filled(entry, slots, random), label, language, OWN)
        for language, label, entry, slots in _entries()
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
        if name in slots:
            return str(random.choice(slots[name]))
        digits = "".join(map(str, random.integers(0, 10, 10)))
        letters = "".join(random.choice(list("abcdefghiklmnoprstuvw"), 7))
        end = random.choice(["top", "xyz", "info", "cc", "com", "net", "vip", "ly"])
        made = {
            "url": _bait(random, letters, end) + digits[:3],
            "link": _link(random, digits),
            "short": random.choice(_SHORT),
            "amount": f"{random.choice(list('$£€'))}{digits[:3]}.{digits[3:5]}",
            "sum": _sum(random),
            "phone": f"0{digits}",
            "number": digits[:8],
            "code": digits[: random.choice([4, 6])],
            "percent": digits[:2],
        }
        return str(made[name])

    return re.sub(r"\{(\w+)\}", slot, entry)


def _sum(random: np.random.Generator) -> str:
    """An amount, as written here or there."""
    whole = int(random.integers(1, 100)) * 10 ** int(random.integers(1, 5))
    return f"{whole:,}".replace(",", str(random.choice([",", ".", ""])))


def _bait(random: np.random.Generator, letters: str, end: str) -> str:
    """A link of those who deceive: made-up letters, or words that promise safety."""
    words = ("secure", "verify", "update", "billing", "service", "online", "support", "claim-now", "my", "customer")
    host = letters if random.random() < 0.5 else f"{random.choice(words)}-{random.choice(words)}{letters[:3]}"
    return f"{random.choice(['https://', 'http://', ''])}{host}.{end}/"


def _link(random: np.random.Generator, digits: str) -> str:
    """A link of those who have a name to lose."""
    one = random.choice(["green", "metro", "north", "river", "royal", "union", "first", "silver", "city", "post", "you", "maps"])
    two = random.choice(
        ["bank", "energy", "water", "mail", "express", "store", "care", "air", "library", "tube", "photo", "market"]
    )
    end = random.choice(["com", "org", "net", "co.uk", "co.th", "co.id", "co.ke", "gov", "de", "fr"])
    before = random.choice(["", "", "www.", "my.", "track."])
    return (
        f"{random.choice(['https://', 'https://', ''])}{before}{one}{two}.{end}/{random.choice(['t/', 'b/', 'v', ''])}{digits[:6]}"
    )
