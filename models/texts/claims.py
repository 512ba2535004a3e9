"""A sender against what its text claims to be: banks and carriers do not write from ordinary numbers."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.models.texts.lexicon import CONCEPTS
from linewatch.models.texts.links import BRANDS, imitates

_OFFICIAL: Final = ("bank", "card", "secret", "blocked", "parcel", "authority", "code", "honorific", "refund", "points")
_LONGEST: Final = 64
"""Characters of a sender id that are looked at; GSM 03.40 has room for 11."""
_PLACES: Final = tuple(CONCEPTS.index(name) for name in _OFFICIAL)
_NUMBER_LOGIT: Final = 0.7
_IMITATION_LOGIT: Final = 1.5
"""What a sender that does not fit adds to the log-odds of fraud. No labelled message names its sender, so that these
are set, not learned: factors of 2 and 4.5 in the odds, less than what a bad link says."""


def official(counts: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which texts speak as an institution does, by how often each concept is met: two such concepts or more."""
    return (counts[:, _PLACES] > 0).sum(axis=1) >= 2


def misfit(senders: Sequence[str], official_texts: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What each sender adds to its text's log-odds of fraud, `[n]`; an unknown sender (`""`) adds nothing."""
    telephone = np.fromiter(map(str.startswith, senders, repeat("+")), np.bool_, len(senders))
    alike = np.zeros(len(senders), np.bool_)
    for place in np.flatnonzero(~telephone).tolist():
        alike[place] = _imitates(senders[place][:_LONGEST])
    return (np.where(telephone & official_texts, _NUMBER_LOGIT, 0.0) + np.where(alike, _IMITATION_LOGIT, 0.0)).astype(np.float32)


@lru_cache(maxsize=1 << 14)
def _imitates(sender: str) -> bool:
    """Whether an alphanumeric sender id is nearly a brand's name, and not the name itself: PayPa1, Netfl1x."""
    if sender.isdigit():
        return False
    name = re.sub(r"[^a-z0-9]", "", sender.lower())
    return not any(brand in name for brand in BRANDS if len(brand) >= 5) and len(name) >= 5 and imitates(f"{name}.x")
