"""What verdicts have taught about texts: a model each for fraud and for spam, and which n-grams they have been met in.

A verdict is on a sender, and teaches the texts that it sent: `Teaching` learns them, `Taught` is what it knew at one moment, as
arrays that score many texts at once.

A text that the shipped model finds unfamiliar is judged once verdicts have made its like familiar: the n-grams that several of
them met count as known, beside those that training met.
"""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.models.fraud_types import OF_TEXTS
from linewatch.models.online.text_verdicts import TextVerdicts, logit
from linewatch.models.pretrained.text import CLASSES, UNFAMILIAR, Floats, Mixture, trust_of
from linewatch.models.texts.features import BUCKETS, CARRIED, Rows

LEARNED: Final = len(OF_TEXTS)
"""The first classes of `CLASSES`: what a verdict on each of `OF_TEXTS` is about."""
HARMLESS: Final = 0.8
"""A text that is read, and is harmless with so great a chance, is not fraud because its sender is: who deceives also chats."""
VERDICTS: Final = 3
"""So many verdicts must have met an n-gram for it to be known, as so many rows must in training: one alone may be mistaken."""
STRANGE: Final = 4.0
"""How many times as far a text may be moved that the shipped model knows nothing of."""
_OTP, _ORDINARY = CLASSES.index("otp"), CLASSES.index("ordinary")


class Taught:
    """Reads texts as the shipped model and the verdicts so far do together; never changes."""

    def __init__(
        self, shipped: Mixture, weights: NDArray[np.float32], trust: Floats, met: NDArray[np.bool_], most_logit: float
    ) -> None:
        """`met` are n-grams that several verdicts have met, `[BUCKETS]`."""
        self._shipped = shipped
        self._weights = weights  # [features, LEARNED]
        self._trust = trust  # [LEARNED]
        self._known = shipped.known_with(met)
        self._most_logit = most_logit

    def chances(self, rows: Rows) -> tuple[Floats, Floats]:
        """As `Mixture.chances`; unmoved where neither training nor verdicts make a text familiar."""
        chances, familiar = self._shipped.chances(rows)
        most = most_of(familiar, self._most_logit)[:, None]
        before = chances[:, :LEARNED]
        moved = np.clip(rows.matrix @ self._weights, -most, most)
        learned = 1.0 / (1.0 + np.exp(-(logit(before) + moved)))
        mixed = self._trust * learned + (1.0 - self._trust) * before
        familiar = self._shipped.familiarity(rows, self._known)
        return np.where(familiar[:, None] < UNFAMILIAR, chances, _whole(chances, mixed)), familiar


class Teaching:
    """Learns from one verdict after the other."""

    def __init__(self, shipped: Mixture) -> None:
        self._shipped = shipped
        self._models = [TextVerdicts() for _ in range(LEARNED)]
        self._met = np.zeros(BUCKETS, np.uint8)  # by n-gram the verdicts that met it, up to `VERDICTS`

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain data."""
        return {"models": [model.state() for model in self._models], "met": self._met.tobytes()}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`, for the same shipped model; raises ValueError for one of another size."""
        for model, held in zip(self._models, state["models"], strict=True):
            model.load(held)
        self._met[:] = np.frombuffer(state["met"], np.uint8)

    def learn(self, rows: Rows, fraud_types: Collection[str], fraud: bool, weight: float, most_logit: float) -> int:
        """One verdict on the sender of these texts, each judged before it is learned; returns how many were.

        Whoever sends no spam does not deceive either; whoever deceives may or may not sell.
        """
        chances, familiar = self._shipped.chances(rows)
        harmless = (chances[:, _OTP] + chances[:, _ORDINARY] >= HARMLESS) & (familiar >= UNFAMILIAR)
        given = self._shipped.familiarity(rows, self._shipped.known_with(self._met >= VERDICTS)) >= UNFAMILIAR
        most = most_of(familiar, most_logit).tolist()
        told = [OF_TEXTS.index(fraud_type) for fraud_type in fraud_types]
        concerned = sorted(told) if fraud else range(max(told) + 1)
        taught = [row for row, is_harmless in enumerate(harmless.tolist()) if not (fraud and is_harmless)]
        met = np.zeros(BUCKETS, np.bool_)
        matrix = rows.matrix
        for row in taught:
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            columns, values = matrix.indices[part], matrix.data[part]
            for place in concerned:
                self._models[place].learn(columns, values, chances[row, place], fraud, weight, most[row], bool(given[row]))
            met[columns[columns < BUCKETS]] = True
        self._met += met & (self._met < VERDICTS)
        return len(taught)

    def taught(self, most_logit: float) -> Taught:
        """What is known by now."""
        weights = np.column_stack([model.weights(BUCKETS + CARRIED) for model in self._models])
        trust = np.array([model.trust for model in self._models])
        return Taught(self._shipped, weights, trust, self._met >= VERDICTS, most_logit)


def most_of(familiar: Floats, most_logit: float) -> Floats:
    """By how much verdicts may move the log-odds of texts that are so familiar to the shipped model."""
    return most_logit * (STRANGE - (STRANGE - 1.0) * trust_of(familiar))


def _whole(chances: Floats, mixed: Floats) -> Floats:
    """All classes, with the learned ones as they are mixed: fraud first, the others share what is left as they did."""
    made = chances.copy()
    left = np.ones(len(made))
    for place in range(LEARNED):
        made[:, place] = np.minimum(mixed[:, place], left)
        left = left - made[:, place]
    made[:, LEARNED:] *= (left / np.maximum(chances[:, LEARNED:].sum(axis=1), 1e-9))[:, None]
    return made
