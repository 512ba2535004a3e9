"""The rules, all alike: bounded log-odds, a threshold that the policy moves, reasons that name value and threshold."""

import numpy as np
import pytest

from linewatch.models.rules.every import RULES, columns, logits, tuned_rules
from linewatch.models.rules.rule import Rule, Sign, fullness
from linewatch.stream.profiles.features import FEATURES, F


@pytest.fixture(params=RULES, ids=lambda rule: rule.fraud_type)
def rule(request: pytest.FixtureRequest) -> Rule:
    return request.param


def full_row(rule: Rule) -> np.ndarray:
    """A row in which every sign is as full as can be."""
    row = np.zeros(len(FEATURES), np.float32)
    for sign in rule.signs:
        row[F[sign.feature]] = 0.0 if sign.below else max(row[F[sign.feature]], sign.threshold * 3)
    for sign in rule.signs:  # two signs may read one feature
        if sign.below and row[F[sign.feature]] > sign.threshold:
            row[F[sign.feature]] = sign.threshold * 0.5
    return row


def test_reads_features_that_exist(rule: Rule) -> None:
    assert {sign.feature for sign in rule.signs} | {rule.support} <= set(FEATURES)
    codes = [sign.code for sign in rule.signs]
    assert len(set(codes)) == len(codes)
    assert all(sign.text and sign.weight > 0 for sign in rule.signs)


def test_nothing_is_no_fraud_and_everything_is(rule: Rule) -> None:
    nothing = np.zeros((1, len(FEATURES)), np.float32)
    assert rule.logit(columns(FEATURES, nothing))[0] < -3
    assert rule.logit(columns(FEATURES, full_row(rule)[None, :]))[0] > 1


def test_stays_within_bounds(rule: Rule) -> None:
    rows = np.random.default_rng(1).gamma(0.3, 1e4, (500, len(FEATURES))).astype(np.float32)
    logit = rule.logit(columns(FEATURES, rows))
    assert np.isfinite(logit).all()
    assert (np.abs(logit) <= 8).all()


def test_a_missing_needed_sign_takes_it_away(rule: Rule) -> None:
    full = full_row(rule)
    for sign in rule.signs:
        if sign.needed:
            row = full.copy()
            row[F[sign.feature]] = sign.threshold * 10 + 1 if sign.below else 0.0
            assert rule.logit(columns(FEATURES, row[None, :]))[0] < rule.logit(columns(FEATURES, full[None, :]))[0] - 2


def test_reasons_name_value_and_threshold(rule: Rule) -> None:
    row = full_row(rule)
    values = columns(FEATURES, row[None, :])
    named = {name: float(row[place]) for place, name in enumerate(FEATURES)}
    reasons = rule.reasons(rule.strengths(values)[0], named)
    assert reasons
    assert all(set(reason) == {"code", "value", "threshold", "text"} for reason in reasons)
    assert rule.reasons(np.zeros(len(rule.signs)), named), "at least one, whatever the row"


def test_the_policy_moves_a_threshold(rule: Rule) -> None:
    sign = next(sign for sign in rule.signs if sign.needed and not sign.below)
    row = full_row(rule)[None, :]
    (place,) = [index for index, other in enumerate(RULES) if other.fraud_type == rule.fraud_type]
    before = logits(RULES, columns(FEATURES, row))[0]
    after = logits(tuned_rules({rule.fraud_type: {sign.code: sign.threshold * 1000}}), columns(FEATURES, row))[0]
    assert after[place] < before[place] - 2
    others = np.arange(len(RULES)) != place
    assert after[others].tolist() == before[others].tolist()


def test_an_edge_is_half_full() -> None:
    for below in (False, True):
        sign = Sign("code", "seen", 4.0, "text", below=below)
        values = fullness(sign, np.array([0.0, 4.0, 40.0]))
        assert values[1] == pytest.approx(0.5)
        assert (values[0] > 0.9) == below
        assert (values[2] > 0.9) != below
