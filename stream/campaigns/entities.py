"""Links and telephone numbers inside texts, as entities that a bad campaign taints.

Of a text as much is looked at as of its template.
"""

import re
import unicodedata
from typing import Final

from linewatch.models.texts import links
from linewatch.models.texts.fold import LONGEST

_TELEPHONE: Final = re.compile(r"(?<![\d.,/])\+?\d(?:[ ()-]?\d){7,13}(?![\d.,/]*\d)")
_DIGITS: Final = re.compile(r"\d{5}")


def leads_somewhere(text: str) -> bool:
    """Whether it is worth looking for entities."""
    begin = text[:LONGEST]
    return links.may_link(begin) or bool(_DIGITS.search(begin))


def entities(text: str) -> frozenset[str]:
    """Hosts of links (of hosts that everybody uses, the whole link) and telephone numbers of 8 to 14 digits."""
    begin = text[:LONGEST]
    rest, met = links.taken_out(begin if begin.isascii() else unicodedata.normalize("NFKC", begin))  # as browsers read a host
    found = set()
    for link in met:
        host = links.host_of(link)
        if links.is_own(host):
            continue
        found.add(link.lower().partition("://")[2] or link.lower() if host in links.SHARED_HOSTS else host)
    found.update(re.sub(r"\D", "", number) for number in _TELEPHONE.findall(rest))
    return frozenset(found)
