"""Number models that are not good and quickly made: another than the shipped one is all that is asked of them."""

from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.manifest import write_artifact
from linewatch.stream.profiles.features import FEATURES


def write_candidate(folder: Path, seed: int) -> str:
    """Train on noise, write the artifact; returns its version."""
    random = np.random.default_rng(seed)
    rows = random.gamma(1.0, 2.0, (400, len(FEATURES))).astype(np.float32)
    labels = np.resize([*FRAUD_TYPES, "legitimate"], len(rows))
    forest = RandomForestClassifier(4, max_depth=5, random_state=seed).fit(rows, labels)
    return write_artifact(folder, "number", forest, FEATURES, {"seed": seed}, {}).version
