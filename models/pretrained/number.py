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
        self._columns = [list(estimator.classes_).index(name) for name in FRAUD_TYPES]  # type: ignore[attr-defined]

    @classmethod
    def load(cls, features: Sequence[str], directory: Path = SHIPPED) -> "NumberModel":
        """The shipped model, or that of a folder; raises ArtifactRefused."""
        estimator, manifest = load_artifact(directory, "number", features)
        return cls(estimator, manifest.version)

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds `[n, fraud types]` of each type against all else."""
        chances = forest_chances(np.ascontiguousarray(rows), self._forest)[:, self._columns]
        chances = np.clip(chances, 1e-4, 1 - 1e-4)
        return np.asarray(np.log(chances / (1 - chances)), np.float64)
