"""Snapshots of the online models: read back they score as they were, and one that does not fit is refused by name."""

import msgspec
import numpy as np
import pytest

from linewatch.config.errors import ArtifactRefused
from linewatch.config.policy import shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.half_space_trees import WINDOW, AnomalyLearner
from linewatch.models.online.snapshot import OnlineModels, Snapshot
from linewatch.models.online.squash import scales, squash
from linewatch.models.online.verdict_model import VerdictLearner
from linewatch.stream.learner.learner import Learner
from linewatch.stream.profiles.features import FEATURES


def rows(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(1.0, 2.0, (count, len(FEATURES))).astype(np.float32)


@pytest.fixture(scope="module")
def payload() -> bytes:
    anomaly, verdicts = AnomalyLearner(len(FEATURES)), VerdictLearner(len(FEATURES), len(FRAUD_TYPES))
    squashed = squash(rows(600), scales(FEATURES))
    anomaly.learn(squashed)
    for row in squashed[:40]:
        verdicts.learn(row, 2, False, 1.0)
    weights = np.ascontiguousarray(verdicts.weights())
    return msgspec.msgpack.encode(Snapshot(7, list(FEATURES), anomaly.forest(), weights.tobytes()))


def test_scores_do_not_depend_on_the_batch(payload: bytes) -> None:
    models = OnlineModels.from_snapshot(payload, FEATURES)
    probes = rows(50, 2)
    anomaly, logit = models.anomaly(probes), models.fraud_logit(probes)
    assert models.version == 7
    assert (logit[:, 2] < -0.2).all()
    assert not logit[:, [0, 1, 3, 4]].any()
    for index in range(len(probes)):
        one = probes[index : index + 1]
        assert models.anomaly(one)[0] == anomaly[index]
        assert models.fraud_logit(one)[0].tolist() == logit[index].tolist()


def test_what_is_due_to_each_feature_adds_to_what_verdicts_say(payload: bytes) -> None:
    models, probes = OnlineModels.from_snapshot(payload, FEATURES), rows(20, 3)
    (nothing,) = models.fraud_logit(np.zeros((1, len(FEATURES)), np.float32))
    for row, logit in zip(probes, models.fraud_logit(probes), strict=True):
        assert models.moved(row, FRAUD_TYPES[2]).sum() + nothing[2] == pytest.approx(logit[2])
        assert not models.moved(row, FRAUD_TYPES[0]).any()


def test_the_rows_that_the_trees_were_made_of_are_as_strange_as_usual(payload: bytes) -> None:
    """River fills its trees window by window: the first 500 of the rows are what they know."""
    models = OnlineModels.from_snapshot(payload, FEATURES)
    found = models.strangeness(rows(600)[:WINDOW])
    assert found.std() > 0.005
    assert abs(found.mean()) < 1e-6
    strange = rows(5) * np.float32(50.0)
    assert (models.strangeness(strange) > found.mean() + found.std()).all()


def test_of_other_features_is_refused(payload: bytes) -> None:
    with pytest.raises(ArtifactRefused, match="other features"):
        OnlineModels.from_snapshot(payload, (*FEATURES[:-1], "another"))


@pytest.mark.parametrize("damaged", [b"", b"\xc1", b"\x95\x01"])
def test_damaged_is_refused(damaged: bytes) -> None:
    with pytest.raises(ArtifactRefused, match="cannot be read"):
        OnlineModels.from_snapshot(damaged, FEATURES)


def test_of_a_wrong_size_is_refused(payload: bytes) -> None:
    snapshot = msgspec.msgpack.decode(payload, type=Snapshot)
    snapshot.weights = snapshot.weights[:-8]
    with pytest.raises(ArtifactRefused, match="cannot be read"):
        OnlineModels.from_snapshot(msgspec.msgpack.encode(snapshot), FEATURES)


def test_cold_models_say_nothing() -> None:
    models = OnlineModels.from_snapshot(Learner(FEATURES, shipped_policy()).payload(), FEATURES)
    assert not models.anomaly(rows(5)).any()
    assert not models.strangeness(rows(5)).any()
    assert not models.fraud_logit(rows(5)).any()
