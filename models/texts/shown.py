"""What a text shows that speaks against it, in a few words: reasons say it, where the text itself may not be said."""

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.models.texts import links
from linewatch.models.texts.lexicon import CONCEPTS

Held = set[str]
"""Names of the shapes of links and of the concepts of the lexicon that a text has."""


def _asks_for_secrets(held: Held) -> bool:
    """Not where it warns of those who ask."""
    return "secret" in held and "guard" not in held


_TOLD: Final[tuple[tuple[str, Callable[[Held], object]], ...]] = (
    ("a link imitates a known name's domain", lambda held: "imitation" in held),
    ("asks to reply with a password or personal details", lambda held: _asks_for_secrets(held) and "reply" in held),
    ("asks for a password or personal details", _asks_for_secrets),
    ("a link leads to a bare network address", lambda held: "address" in held),
    ("says that a relative has a new number", lambda held: held >= {"kin", "new_number"}),
    ("asks to send money", lambda held: held & {"transfer", "payee"}),
    ("asks a fee for a parcel", lambda held: "parcel" in held and held & {"fee", "link"}),
    ("says that an account or a card is blocked", lambda held: "blocked" in held and held & {"account", "card", "bank"}),
    ("asks to confirm an account by a link", lambda held: held >= {"verify", "link"}),
    ("promises a prize", lambda held: "prize" in held),
    ("promises easy money", lambda held: held & {"invest", "job", "loan"}),
    ("invites to gamble", lambda held: "gamble" in held),
    ("a link hides behind a shortener", lambda held: "shortener" in held),
    ("a link has an ending that fraud favours", lambda held: "odd_end" in held),
    ("asks to call or write to a number", lambda held: held & {"contact", "reply"}),
)
"""The first that holds is said."""
SAID: Final = ("", *(said for said, _ in _TOLD))
"""By code; 0 is nothing. The codes fit four bits."""


def shown(met: Sequence[Sequence[str]], concepts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes `[n]` of texts, by the links of each and by how often each concept is met `[n, CONCEPTS]`."""
    made = np.zeros(len(met), np.uint8)
    for row, own in enumerate(met):
        held = {CONCEPTS[place] for place in np.flatnonzero(concepts[row]).tolist()}
        for link in own:
            held.update(compress(links.SHAPES, links.shapes(link)))
        made[row] = next((code for code, (_, holds) in enumerate(_TOLD, 1) if holds(held)), 0)
    return made
