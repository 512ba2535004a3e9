"""The number model: which fraud type a feature row is of, by trees trained on simulated operators.

A policy may name another model than the shipped one. So a candidate goes the way of a policy: shadowed, promoted, rolled back.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linewatch.config.errors import ArtifactRefused
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.forest import forest_chances, forest_of, forest_parts
from linewatch.models.pretrained.manifest import SHIPPED, load_artifact, read_manifest


class NumberModel:
    """Loaded once; `logits` is one call per batch."""

    def __init__(self, estimator: object, version: str, candidates: Path | None = None, features: Sequence[str] = ()) -> None:
        self.estimator = estimator
        self.version = version
        self.candidates = candidates
        self._others = Candidates(candidates, features) if candidates else None
        self._forest = forest_of(estimator)
        known = list(estimator.classes_)  # type: ignore[attr-defined]  # scikit-learn's classifiers have them
        self._types = [place for place, name in enumerate(FRAUD_TYPES) if name in known]
        self._columns = [known.index(FRAUD_TYPES[place]) for place in self._types]

    @classmethod
    def load(cls, features: Sequence[str], directory: Path = SHIPPED, candidates: Path | None = None) -> "NumberModel":
        """The shipped model, or that of a folder; `candidates` has a folder for each other one. Raises ArtifactRefused.

        One that was trained on the first of the features fits: it asks nothing of those that were added behind them.
        """
        estimator, manifest = load_artifact(directory, "number", features, first_will_do=True)
        return cls(estimator, manifest.version, candidates, features)

    def of(self, version: str) -> "NumberModel":
        """The model that a policy names, this one where it names none; raises ArtifactRefused where nobody has it."""
        if version in {"", self.version}:
            return self
        if self._others is None:
            raise ArtifactRefused(
                f"the policy names the number model {version}, and no folder of candidates is given: "
                "`folder` under [models] in worker.toml, --models for record files"
            )
        return self._others.load(version)

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds `[n, fraud types]` of each type against all else; 0 for a type that it was not trained on."""
        chances = forest_chances(np.ascontiguousarray(rows), self._forest)[:, self._columns]
        chances = np.clip(chances, 1e-4, 1 - 1e-4)
        made = np.zeros((len(rows), len(FRAUD_TYPES)))
        made[:, self._types] = np.log(chances / (1 - chances))
        return made

    def moved(self, row: NDArray[np.float32], fraud_type: str) -> NDArray[np.float64]:
        """By feature of one row how far it moved the chance of a type, `[features]`; all 0 for one that it was not trained on.

        Along the row's paths, exactly (`forest_parts`): with the type's share in training they add to its chance.
        """
        place = FRAUD_TYPES.index(fraud_type)
        if place not in self._types:
            return np.zeros(len(row))
        return forest_parts(np.ascontiguousarray(row[None, :]), self._forest, self._columns[self._types.index(place)])[0]


class Candidates:
    """Number models beside the shipped one: a folder with a folder for each, as `linewatch train number --out` writes it."""

    def __init__(self, folder: Path, features: Sequence[str]) -> None:
        self._folder = folder
        self._features = features
        self._loaded: dict[str, NumberModel] = {}

    def load(self, version: str) -> NumberModel:
        """The one of that version, loaded once; raises ArtifactRefused."""
        if version not in self._loaded:
            paths = {read_manifest(path).version: path.parent for path in sorted(self._folder.glob("*/number.json"))}
            if version not in paths:
                known = ", ".join(sorted(paths)) or "none"
                raise ArtifactRefused(f"{self._folder} has no number model {version}: it has {known}; copy its folder there")
            self._loaded[version] = NumberModel.load(self._features, paths[version])
        return self._loaded[version]
