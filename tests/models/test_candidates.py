"""Candidate number models: a policy names one by its version, and one that nobody has is refused with what there is."""

from pathlib import Path

import numpy as np
import pytest

from candidate_models import write_candidate
from linewatch.config.errors import ArtifactRefused
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.profiles.features import FEATURES


def test_one_is_found_by_its_version_and_scores_as_it_does_alone(tmp_path: Path) -> None:
    written = [write_candidate(tmp_path / name, seed) for seed, name in enumerate(("one", "another"), 1)]
    shipped = NumberModel.load(FEATURES, candidates=tmp_path)
    rows = np.random.default_rng(3).gamma(1.0, 2.0, (50, len(FEATURES))).astype(np.float32)
    for version, name in zip(written, ("one", "another"), strict=True):
        found = shipped.of(version)
        assert found is shipped.of(version)
        assert (found.logits(rows) == NumberModel.load(FEATURES, tmp_path / name).logits(rows)).all()
        assert (found.logits(rows) != shipped.logits(rows)).any()
    assert shipped.of("") is shipped
    assert shipped.of(shipped.version) is shipped


def test_one_that_nobody_has_is_refused(tmp_path: Path) -> None:
    version = write_candidate(tmp_path / "one", 1)
    with pytest.raises(ArtifactRefused, match=f"no number model number-00000000: it has {version}"):
        NumberModel.load(FEATURES, candidates=tmp_path).of("number-00000000")
    with pytest.raises(ArtifactRefused, match="no folder of candidates"):
        NumberModel.load(FEATURES).of(version)
