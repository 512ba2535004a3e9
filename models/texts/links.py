"""Links in texts, and whose domain they are or pretend to be."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Final

from linewatch.models.texts.fold import LINK_MARK

SHAPES: Final = (
    "link",
    "two_links",
    "shortener",
    "messenger",
    "odd_end",
    "known_end",
    "institution",
    "named",
    "address",
    "imitation",
    "brand_domain",
    "hyphens",
    "digits_in_host",
    "many_labels",
    "no_scheme",
    "insecure",
)

_FOLDER: Final = Path(__file__).parent
_WORDS: Final = {name: line.split() for name, line in tomllib.loads((_FOLDER / "links.toml").read_text("utf-8")).items()}
_COMMON_ENDS, _SECOND, _SHORTENERS, _MESSENGERS = (
    frozenset(_WORDS[name]) for name in ("common_ends", "second", "shorteners", "messengers")
)
SHARED_HOSTS: Final = _SHORTENERS | _MESSENGERS
"""Hosts that say nothing of whose link it is."""


def _alternatives(words: list[str]) -> str:
    """The longest first."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_MARK: Final = f" {chr(LINK_MARK)} "
_END, _WORD_END = _alternatives(_WORDS["ends"]), _alternatives(_WORDS["word_ends"])
_SIGN: Final = "[a-zA-Z0-9-]"
_LABEL_REST: Final = rf"{_SIGN}*+(?<!-)\."
_TOP: Final = rf"(?:(?i:{_END})(?!{_SIGN}|\.[a-zA-Z0-9])|(?i:{_WORD_END})(?=/))"
_FORMS: Final = (
    r"[hH](?i:ttps?|xxps?)\s?:\s?/{1,2}\s?[!-~]+",
    r"[wW][wW][wW]\.[!-~]+",
    rf"[a-zA-Z0-9](?<![a-zA-Z0-9@._-].){_LABEL_REST}(?:[a-zA-Z0-9]{_LABEL_REST})*{_TOP}(?:/[!-~]*)?",
    r"\d(?<![\d.].)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}/",
)
LINK: Final = re.compile("|".join(_FORMS))
"""A scheme and what follows, `www.` and what follows, a host with an end that is known, a raw address. Each form begins with a set
of characters, before anything is looked behind or folded: so most places of a text are passed over at once."""
_SCHEME: Final = re.compile(r"^(?:https?|hxxps?)\s?:\s?/{1,2}\s?")
_HOST_END: Final = re.compile(r"[/?#:]")
_DIGIT, _ADDRESS = re.compile(r"\d"), re.compile(r"[\d.]+")
_DISGUISES: Final = {
    "o": "[o0]",
    "l": "[l10i]",
    "i": "[i10l]",
    "e": "[e30]",
    "a": "[a40]",
    "s": "[s50]",
    "t": "[t70]",
    "m": "(?:m|rn)",
}


def _brands() -> dict[str, frozenset[str]]:
    return {name: frozenset(domains) for name, domains in tomllib.loads((_FOLDER / "brands.toml").read_text("utf-8")).items()}


BRANDS: Final = _brands()
_OWN: Final = frozenset().union(*BRANDS.values())
_MOST_LABELS: Final = max(domain.count(".") + 1 for domain in _OWN)


def _disguised(name: str) -> str:
    return "".join(_DISGUISES.get(letter, letter) for letter in name)


_LONG_NAMES: Final = re.compile("|".join(_disguised(name) for name in BRANDS if len(name) >= 5))
_SHORT_NAMES: Final = re.compile(rf"(?<![a-z])(?:{'|'.join(name for name in BRANDS if len(name) < 5)})(?![a-z])")


def may_link(text: str) -> bool:
    """Whether it is worth looking for links: every one has a dot or a slash."""
    return "." in text or "/" in text


def taken_out(text: str) -> tuple[str, list[str]]:
    """The text with each link as one mark, and the links."""
    if not may_link(text):
        return text, []
    links: list[str] = []

    def mark(link: re.Match[str]) -> str:
        links.append(link[0])
        return _MARK

    return LINK.sub(mark, text), links


@lru_cache(maxsize=1 << 10)
def host_of(link: str) -> str:
    """The host, in small letters: what stands between the scheme, or a name before an `@`, and the first slash."""
    rest = _SCHEME.sub("", link.lower())
    return _HOST_END.split(rest, maxsplit=1)[0].rpartition("@")[2].strip(".,;)('\"")


@lru_cache(maxsize=1 << 14)
def shapes(link: str) -> tuple[float, ...]:
    """The features of `SHAPES` that one link has by itself, each 0 or 1: all but `two_links` and `named`."""
    host, scheme = host_of(link), link[:6].lower()
    labels = host.split(".")
    domain = ".".join(labels[-2:]) if len(labels) < 3 or len(labels[-2]) > 3 else ".".join(labels[-3:])
    real = is_own(host)
    return (
        1.0,
        0.0,
        float(host in _SHORTENERS or (len(host) <= 6 and not real)),
        float(host in _MESSENGERS),
        float(labels[-1] not in _COMMON_ENDS),
        float(labels[-1] in _COMMON_ENDS),
        float((len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND) or labels[-1] in ("gov", "edu", "mil")),
        0.0,
        float(bool(_ADDRESS.fullmatch(host))),
        float(not real and imitates(host)),
        float(real),
        float("-" in domain),
        float(bool(_DIGIT.search(domain))),
        float(len(labels) > 3),
        float(not scheme.startswith(("http:", "https:"))),
        float(scheme.startswith("http:")),
    )


def named(link: str, text: str) -> bool:
    """Whether the text, in small letters, names whose domain it is."""
    labels = host_of(link).split(".")
    place = -3 if len(labels) > 2 and labels[-2] in _SECOND else -2
    name = labels[place] if len(labels) >= -place else ""
    return len(name) >= 4 and name.replace("-", "") in text.replace(" ", "")


def is_own(host: str) -> bool:
    """Whether a host is a known brand's."""
    labels = host.rsplit(".", _MOST_LABELS)[-_MOST_LABELS:]
    return any(".".join(labels[begin:]) in _OWN for begin in range(len(labels)))


def imitates(host: str) -> bool:
    """Whether a host that belongs to no known brand has a brand's name in it, or nearly: paypa1, rnicrosoft.

    In a template a digit stands as 0, which may be any letter that digits look like.
    """
    name = host.rpartition(".")[0]
    return bool(_LONG_NAMES.search(name.replace("-", "").replace(".", "")) or _SHORT_NAMES.search(name))
