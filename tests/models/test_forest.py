"""The forest as arrays gives scikit-learn's own chances, bit by bit, whatever stands beside a row in its batch."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.forest import forest_chances, forest_of
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.profiles.features import FEATURES


@pytest.mark.parametrize("seed", range(3))
def test_chances_are_those_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = random.random((400, 6)).astype(np.float32)
    wanted = random.integers(0, 4, 400)
    estimator = RandomForestClassifier(15, max_depth=7, random_state=seed).fit(rows, wanted)
    unseen = random.random((500, 6)).astype(np.float32)
    assert np.array_equal(forest_chances(unseen, forest_of(estimator)), estimator.predict_proba(unseen))


def test_the_shipped_model_scores_as_scikit_learn_does_row_by_row() -> None:
    model = NumberModel.load(FEATURES)
    rows = (np.random.default_rng(1).random((2000, len(FEATURES))) ** 4 * 50).astype(np.float32)
    known = list(model.estimator.classes_)
    chances = np.clip(model.estimator.predict_proba(rows[:, : model.estimator.n_features_in_]), 1e-4, 1 - 1e-4)
    together = model.logits(rows)
    for place, name in enumerate(FRAUD_TYPES):
        theirs = chances[:, known.index(name)] if name in known else np.full(len(rows), 0.5)  # not trained on: no say
        assert np.array_equal(together[:, place], np.log(theirs / (1 - theirs)))
    assert np.array_equal(together[7:8], model.logits(rows[7:8]))


def test_what_moved_a_chance_adds_to_it() -> None:
    model = NumberModel.load(FEATURES)
    rows = (np.random.default_rng(2).random((50, len(FEATURES))) ** 4 * 50).astype(np.float32)
    for name in ("robocall", "sim_swap"):
        place = list(model.estimator.classes_).index(name)
        begun = np.mean([tree.tree_.value[0, 0, place] for tree in model.estimator.estimators_])
        moved = np.array([model.moved(row, name) for row in rows])
        chances = model.estimator.predict_proba(rows[:, : model.estimator.n_features_in_])[:, place]
        assert moved.sum(axis=1) + begun == pytest.approx(chances)
        assert (moved != 0).any(axis=1).all()
