"""What a text shows that speaks against it, in a few words: reasons say it, where the text itself may not be said."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.models.texts import links
from linewatch.models.texts.lexicon import CONCEPTS

Has = Callable[[str], bool]
_LINK: Final = {name: place for place, name in enumerate(links.SHAPES)}
_CONCEPT: Final = {name: place for place, name in enumerate(CONCEPTS)}


def _asks_for_secrets(has: Has) -> bool:
    """Not where it warns of those who ask."""
    return has("secret") and not has("guard")


_TOLD: Final[tuple[tuple[str, Callable[[Has], bool]], ...]] = (
    ("a link imitates a known name's domain", lambda has: has("imitation")),
    ("asks to reply with a password or personal details", lambda has: _asks_for_secrets(has) and has("reply")),
    ("asks for a password or personal details", _asks_for_secrets),
    ("a link leads to a bare network address", lambda has: has("address")),
    ("says that a relative has a new number", lambda has: has("kin") and has("new_number")),
    ("asks to send money", lambda has: has("transfer") or has("payee")),
    ("asks a fee for a parcel", lambda has: has("parcel") and (has("fee") or has("link"))),
    ("says that an account or a card is blocked", lambda has: has("blocked") and (has("account") or has("card") or has("bank"))),
    ("asks to confirm an account by a link", lambda has: has("verify") and has("link")),
    ("promises a prize", lambda has: has("prize")),
    ("promises easy money", lambda has: has("invest") or has("job") or has("loan")),
    ("invites to gamble", lambda has: has("gamble")),
    ("a link hides behind a shortener", lambda has: has("shortener")),
    ("a link has an ending that fraud favours", lambda has: has("odd_end")),
    ("asks to call or write to a number", lambda has: has("contact") or has("reply")),
)
"""The first that holds is said; `has` knows the shapes of links and the concepts of the lexicon by name."""
SAID: Final = ("", *(said for said, _ in _TOLD))
"""By code; 0 is nothing. The codes fit four bits."""


def shown(met: Sequence[Sequence[str]], concepts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes `[n]` of texts, by the links of each and by how often each concept is met `[n, CONCEPTS]`."""
    made = np.zeros(len(met), np.uint8)
    for row, own in enumerate(met):
        shapes = [links.shapes(link) for link in own]
        counts = concepts[row]

        def has(name: str, shapes: list[tuple[float, ...]] = shapes, counts: NDArray[np.uint8] = counts) -> bool:
            if name in _LINK:
                return any(shape[_LINK[name]] > 0 for shape in shapes)
            return bool(counts[_CONCEPT[name]] > 0)

        made[row] = next((code for code, (_, holds) in enumerate(_TOLD, 1) if holds(has)), 0)
    return made
