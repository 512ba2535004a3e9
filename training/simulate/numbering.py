"""Where simulated numbers come from: ranges that can belong to nobody, where a numbering plan has such.

Several regulators keep ranges free for films and books: Ofcom (United Kingdom), the NANP's 555-01xx, ARCEP (France),
ACMA (Australia), the Bundesnetzagentur (Germany); foreign numbers are of these. Of the countries that revenue-share
fraud uses, ranges are taken that `phonenumbers` knows as assigned to nobody, or global premium codes. The plans of
Thailand, Peru and Kenya keep none free: own numbers there are drawn at random, never collected, under network codes
(520-88, 716-88, 639-88) that the ITU's list assigns to nobody.
"""

from typing import Final

_UK: Final = ("2079460", "1134960", "1144960", "1154960", "1164960", "1174960", "1184960", "1214960", "1314960")
_UK_MORE: Final = ("1414960", "1514960", "1614960", "1914980", "7700900")
_US_AREAS: Final = (202, 206, 212, 213, 214, 303, 305, 312, 313, 404, 412, 415, 503, 512, 602, 612, 615, 617, 702, 713)
_FRANCE: Final = ("19900", "26191", "35301", "46571", "53649", "63998")
_AUSTRALIA: Final = ("25550", "35550", "75550", "85550", "27010", "37010", "77010", "87010")
_GERMANY: Final = ("3023125", "6990009", "4066969", "2214710", "8999998", "17604069")

Head = tuple[str, int]
"""A prefix and how many digits follow it."""

FOREIGN: Final[tuple[Head, ...]] = (
    *((f"+44{head}", 3) for head in (*_UK, *_UK_MORE)),
    *((f"+1{area}55501", 2) for area in _US_AREAS),
    *((f"+33{head}", 4) for head in _FRANCE),
    *((f"+61{head}", 4) for head in _AUSTRALIA),
    *((f"+49{head}", 3) for head in _GERMANY),
)
"""Subscribers abroad: reserved for fiction."""

HOT: Final[tuple[Head, ...]] = (
    ("+5399", 6),
    ("+37199", 6),
    ("+25290", 6),
    ("+9601", 6),
    ("+2201", 6),
    ("+220330", 6),
    ("+2391", 6),
    ("+979123", 6),
    ("+8835100", 6),
)
"""Destinations of revenue share: assigned to nobody in their plans, or global premium codes."""

VISITED: Final = ("23488", "20888", "50588", "26288")
"""Networks abroad that nobody has."""
