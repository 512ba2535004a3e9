"""The subscriber model: what it sees does not grow with the length of a history, and its parts add to what it says."""

import numpy as np
import pytest

from linewatch.models.pretrained.forest import forest_chances, forest_of, forest_parts
from linewatch.models.pretrained.manifest import SHIPPED, load_artifact
from linewatch.models.pretrained.subscriber import COLUMNS, FEATURES, MISSING, UNTOLD, SubscriberModel, features_of, ranked


def rows_like(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    rows = np.ceil(random.gamma(1.0, 60.0, (count, len(COLUMNS))))
    rows[random.random(rows.shape) < 0.1] = np.nan
    return rows


def test_another_length_of_history_and_other_customs_make_no_difference() -> None:
    rows = rows_like(80, 1)
    grown = np.exp(rows / 40)  # whatever keeps the order
    plain, other = (dict(zip(FEATURES, ranked(some, some).T, strict=True)) for some in (rows, grown))
    for name in set(FEATURES) & set(COLUMNS):
        assert np.array_equal(plain[name], other[name])


def test_a_rank_is_the_share_of_the_others_below_those_as_high_count_half() -> None:
    others = np.full((5, len(COLUMNS)), np.nan)
    others[:, COLUMNS.index("imeis")] = [1, 1, 2, 3, np.nan]
    rows = np.full((5, len(COLUMNS)), np.nan)
    rows[:, COLUMNS.index("imeis")] = [0, 1, 2.5, 9, np.nan]
    rows[:, COLUMNS.index("sms_count")] = 7.0
    ranks = ranked(rows, others)
    assert ranks[:, FEATURES.index("imeis")].tolist() == [0.0, 0.25, 0.75, 1.0, MISSING]
    assert (ranks[:, FEATURES.index("sms_count")] == MISSING).all(), "of none of the others is it told"


def test_ranks_are_ranks_whatever_is_missing() -> None:
    for rows in (rows_like(200, 2), np.full((1, len(COLUMNS)), np.nan), np.zeros((1, len(COLUMNS)))):
        ranks = ranked(rows, rows)
        assert ranks.shape == (len(rows), len(FEATURES))
        assert ((ranks == MISSING) | ((ranks >= 0) & (ranks <= 1))).all()
    assert ranked(rows_like(3, 3)[:0], rows_like(3, 3)).shape == (0, len(FEATURES))


def test_no_feature_is_a_date() -> None:
    assert {"voc_day_mode", "day_mode"} == set(COLUMNS) - set(FEATURES)


@pytest.fixture(scope="module")
def model() -> SubscriberModel:
    return SubscriberModel.load()


def test_the_shipped_model_scores_as_scikit_learn_does(model: SubscriberModel) -> None:
    ranks = ranked(rows_like(300, 3), rows_like(300, 4))
    estimators, manifest = load_artifact(SHIPPED, "subscriber", FEATURES)
    theirs = np.mean([estimators[name].predict_proba(ranks)[:, 1] for name in sorted(estimators)], axis=0)
    assert np.array_equal(model.chances(ranks), theirs)
    assert model.version == manifest.version


def test_a_row_scores_alike_alone_and_together(model: SubscriberModel) -> None:
    ranks = ranked(rows_like(60, 4), rows_like(60, 4))
    together = model.chances(ranks)
    assert all(model.chances(ranks[place : place + 1])[0] == together[place] for place in range(0, 60, 7))
    assert model.chances(ranks[:0]).shape == (0,)


def test_parts_add_to_the_probability() -> None:
    estimators, _ = load_artifact(SHIPPED, "subscriber", FEATURES)
    ranks = ranked(rows_like(80, 5), rows_like(80, 6))
    for estimator in estimators.values():
        forest = forest_of(estimator)
        added = forest.chances[forest.roots, 1].mean() + forest_parts(ranks, forest, 1).sum(axis=1)
        assert np.allclose(added, forest_chances(ranks, forest)[:, 1], atol=1e-12)


def test_the_strongest_come_first_with_value_and_rank(model: SubscriberModel) -> None:
    rows = rows_like(40, 6)
    ranks = ranked(rows, rows)
    for place, moved in enumerate(model.moved(rows, ranks, 4)):
        strength = [abs(one.moved) for one in moved]
        assert len(moved) == 4
        assert strength == sorted(strength, reverse=True)
        assert min(strength) > 0
        for one in moved:
            at = FEATURES.index(one.feature)
            assert one.rank == ranks[place, at]
            assert one.value == pytest.approx(features_of(rows)[place, at], nan_ok=True)


def test_who_calls_out_to_strangers_is_likelier_a_fraud(model: SubscriberModel) -> None:
    """One among three hundred ordinary people only calls out, to ever new numbers, and gets few messages; all else is as theirs."""
    random = np.random.default_rng(8)
    of = {name: place for place, name in enumerate(COLUMNS)}
    rows = random.gamma(2.0, 20.0, (301, len(COLUMNS)))
    calls = np.ceil(random.gamma(3.0, 100.0, 301))
    rows[:, of["opposite_count"]], rows[:, of["voc_calltype1"]] = calls, random.beta(6, 6, 301)
    rows[:, [of[name] for name in UNTOLD]] = np.nan
    dialler = rows[0]
    dialler[of["opposite_unique"]], dialler[of["voc_calltype1"]] = 900.0, 1.0
    dialler[of["opposite_count"]] = dialler[of["voccalltype1"]] = 1000.0
    for name in ("phone2opposite_mean", "phone2opposite_median", "phone2opposite_max", "phone2oppo_sum_mean", "phone2oppo_sum_max"):
        dialler[of[name]] = 1.0
    for name in ("sms_count", "sms_nunique", "calltype_2", "calltype_id_unique", "voc_hour_nunique"):
        dialler[of[name]] = 1.0
    chances = model.chances(ranked(rows, rows))
    assert chances[0] > model.threshold
    assert (chances[1:] < chances[0]).mean() > 0.95
