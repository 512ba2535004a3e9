"""The subscriber model: what it sees does not grow with the length of a history, and its parts add to what it says."""

import numpy as np
import pytest

from linewatch.models.pretrained.forest import forest_chances, forest_of, forest_parts
from linewatch.models.pretrained.manifest import SHIPPED, load_artifact
from linewatch.models.pretrained.subscriber import COLUMNS, FEATURES, MISSING, UNTOLD, SubscriberModel, features_of


def rows_like(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = np.ceil(random.gamma(1.0, 60.0, (count, len(COLUMNS))))
    rows[random.random(rows.shape) < 0.1] = np.nan
    return rows


def test_what_grows_with_time_is_seen_as_a_share() -> None:
    rows = np.abs(rows_like(50, 1))
    grown = rows.copy()
    counts = (
        "opposite_count",
        "opposite_unique",
        "voccalltype1",
        "phone2opposite_max",
        "phone2oppo_sum_max",
        "voc_hour_mode_count",
    )
    counts += ("voc_day_mode_count", "sms_count", "sms_nunique", "calltype_2", "hour_mode_count", "day_mode_count")
    grown[:, [COLUMNS.index(name) for name in counts]] *= 8
    assert np.allclose(features_of(rows), features_of(grown), rtol=1e-6)


def test_features_are_finite_whatever_is_missing() -> None:
    for rows in (rows_like(200, 2), np.full((1, len(COLUMNS)), np.nan), np.zeros((1, len(COLUMNS)))):
        features = features_of(rows)
        assert features.shape == (len(rows), len(FEATURES))
        assert np.isfinite(features).all()
        assert (features >= MISSING).all()


def test_silence_and_no_outgoing_call_are_not_the_same() -> None:
    rows = np.full((2, len(COLUMNS)), np.nan)
    rows[1, COLUMNS.index("opposite_count")] = 9.0
    outgoing = features_of(rows)[:, FEATURES.index("outgoing_share")]
    assert outgoing.tolist() == [MISSING, 0.0]


@pytest.fixture(scope="module")
def model() -> SubscriberModel:
    return SubscriberModel.load()


def test_the_shipped_model_scores_as_scikit_learn_does(model: SubscriberModel) -> None:
    rows = rows_like(300, 3)
    estimators, manifest = load_artifact(SHIPPED, "subscriber", FEATURES)
    theirs = np.mean([estimators[name].predict_proba(features_of(rows))[:, 1] for name in sorted(estimators)], axis=0)
    assert np.array_equal(model.chances(rows), theirs)
    assert model.version == manifest.version


def test_a_row_scores_alike_alone_and_together(model: SubscriberModel) -> None:
    rows = rows_like(60, 4)
    together = model.chances(rows)
    assert all(model.chances(rows[place : place + 1])[0] == together[place] for place in range(0, 60, 7))
    assert model.chances(rows[:0]).shape == (0,)


def test_parts_add_to_the_probability(model: SubscriberModel) -> None:
    estimators, _ = load_artifact(SHIPPED, "subscriber", FEATURES)
    features = features_of(rows_like(80, 5))
    for estimator in estimators.values():
        forest = forest_of(estimator)
        roots = forest.chances[forest.roots, 1].mean()
        assert np.allclose(
            roots + forest_parts(features, forest, 1).sum(axis=1), forest_chances(features, forest)[:, 1], atol=1e-12
        )


def test_the_strongest_come_first_and_what_moved_nothing_does_not(model: SubscriberModel) -> None:
    rows = rows_like(40, 6)
    for place, moved in enumerate(model.moved(rows, 4)):
        strength = [abs(one.moved) for one in moved]
        assert len(moved) <= 4
        assert strength == sorted(strength, reverse=True)
        assert min(strength) > 0
        assert all(one.value == features_of(rows)[place, FEATURES.index(one.feature)] for one in moved)


def test_who_calls_out_to_strangers_is_likelier_a_fraud(model: SubscriberModel) -> None:
    """Two subscribers as the published medians have them, apart where they differ; handsets and places untold."""
    common = {
        "opposite_count": 400,
        "phone2opposite_median": 1,
        "call_dur_mean": 80,
        "call_dur_median": 38,
        "calltype_id_unique": 2,
    }
    common |= {
        "voc_hour_mode": 11,
        "voc_hour_mode_count": 50,
        "voc_hour_nunique": 17,
        "voc_day_mode_count": 30,
        "voc_day_nunique": 28,
    }
    common |= {"hour_mode": 11, "hour_mode_count": 60, "hour_nunique": 18, "day_mode_count": 40, "day_nunique": 28}
    ordinary = {"opposite_unique": 61, "voccalltype1": 208, "phone2opposite_max": 90, "phone2oppo_sum_median": 90}
    ordinary |= {"phone2oppo_sum_max": 8000, "sms_count": 941, "sms_nunique": 80, "calltype_2": 930}
    fraud = {"opposite_unique": 350, "voccalltype1": 390, "phone2opposite_max": 4, "phone2oppo_sum_median": 60}
    fraud |= {"phone2oppo_sum_max": 900, "sms_count": 159, "sms_nunique": 60, "calltype_2": 150}
    rows = np.full((2, len(COLUMNS)), np.nan)
    for place, more in enumerate((ordinary, fraud)):
        for name, value in (common | more).items():
            rows[place, COLUMNS.index(name)] = value
    assert set(UNTOLD) <= {name for name in COLUMNS if np.isnan(rows[0, COLUMNS.index(name)])}
    chances = model.chances(rows)
    assert chances[0] < model.threshold < chances[1]
