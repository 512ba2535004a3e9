"""The text model: whether a message means to deceive, sells, carries a one-time password, or is ordinary."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from linewatch.models.pretrained import ngrams
from linewatch.models.pretrained.manifest import SHIPPED, Manifest, load_artifact

CLASSES: Final = ("fraud", "spam", "otp", "ordinary")
_KNOWN_TEMPLATES: Final = 1 << 16


class TextModel:
    """Loaded once; a template that was scored of late is not scored again, for campaigns repeat themselves."""

    def __init__(self, estimator: Any, manifest: Manifest) -> None:
        self.version = manifest.version
        order = [list(estimator.classes_).index(name) for name in CLASSES]
        self._weights = np.ascontiguousarray(estimator.coef_[order].T)  # [features, classes]
        self._strength = strength(self._weights)
        self._bias = estimator.intercept_[order]
        self._temperature = float(manifest.extra["temperature"])
        self._familiar = np.array(manifest.extra["familiar_quantiles"])
        self._prior = np.array([manifest.extra["unfamiliar_prior"][name] for name in CLASSES])
        self._places: dict[bytes, int] = {}  # by template its row in `_scored`
        self._scored = np.empty((_KNOWN_TEMPLATES, 5), np.float32)

    @classmethod
    def load(cls, directory: Path = SHIPPED) -> "TextModel":
        """The shipped model, or that of a folder; raises ArtifactRefused."""
        return cls(*load_artifact(directory, "text", ngrams.FEATURES))

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`[n, 5]`: probabilities of `CLASSES`, which add to 1, and how familiar the text is, 0 to 1."""
        templates = [ngrams.template(text) for text in texts]
        places = self._places
        new = {name: text for name, text in zip(templates, texts, strict=True) if name not in places}
        if new:
            if len(places) + len(new) > len(self._scored):
                places.clear()
                new = dict(zip(templates, texts, strict=True))
                self._scored = np.empty((max(_KNOWN_TEMPLATES, len(new)), 5), np.float32)
            begin = len(places)
            self._scored[begin : begin + len(new)] = self._score(list(new.values()))
            places.update(zip(new, range(begin, begin + len(new)), strict=True))
        return self._scored[np.fromiter(map(places.__getitem__, templates), np.int64, len(templates))]

    def _score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = ngrams.matrix(texts)
        logits = (rows @ self._weights + self._bias) / self._temperature
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        familiar = self.familiarity(rows)
        trust = np.clip(familiar * 16.0, 0.0, 1.0)[:, None]  # full but for the least familiar sixteenth
        chances = trust * chances + (1 - trust) * np.minimum(1.0, self._prior)
        chances /= chances.sum(axis=1, keepdims=True)
        return np.column_stack([chances, familiar]).astype(np.float32)

    def familiarity(self, rows: Any) -> NDArray[np.float64]:
        """Where the share of a text's n-grams that carry weight stands among held-out texts of known languages."""
        share = _known_share(rows, self._strength)
        return np.interp(share, self._familiar, np.linspace(0.0, 1.0, len(self._familiar)))


def strength(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """By n-gram how much the model learned of it, at most 1."""
    return np.minimum(np.abs(weights[: ngrams.BUCKETS]).max(axis=1), 1.0)


def known_share(rows: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each text's n-grams the mean strength of what the model learned of them."""
    return _known_share(rows, strength(weights))


def _known_share(rows: Any, strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    grams = rows[:, : ngrams.BUCKETS]
    scale = np.maximum(np.asarray(grams.sum(axis=1)).ravel(), 1e-9)
    return np.asarray(grams @ strengths).ravel() / scale
