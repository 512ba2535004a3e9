"""The number model: which fraud type a feature row is of, by trees trained on simulated operators."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.forest import forest_chances, forest_of
from linewatch.models.pretrained.manifest import SHIPPED, load_artifact


class NumberModel:
    """Loaded once; `logits` is one call per batch."""

    def __init__(self, estimator: object, version: str) -> None:
        self.estimator = estimator
        self.version = version
        self._forest = forest_of(estimator)
        known = list(estimator.classes_)  # type: ignore[attr-defined]  # scikit-learn's classifiers have them
        self._types = [place for place, name in enumerate(FRAUD_TYPES) if name in known]
        self._columns = [known.index(FRAUD_TYPES[place]) for place in self._types]

    @classmethod
    def load(cls, features: Sequence[str], directory: Path = SHIPPED) -> "NumberModel":
        """The shipped model, or that of a folder; raises ArtifactRefused."""
        estimator, manifest = load_artifact(directory, "number", features)
        return cls(estimator, manifest.version)

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds `[n, fraud types]` of each type against all else; 0 for a type that it was not trained on."""
        chances = forest_chances(np.ascontiguousarray(rows), self._forest)[:, self._columns]
        chances = np.clip(chances, 1e-4, 1 - 1e-4)
        made = np.zeros((len(rows), len(FRAUD_TYPES)))
        made[:, self._types] = np.log(chances / (1 - chances))
        return made
