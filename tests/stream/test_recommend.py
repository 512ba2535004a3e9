"""Recommended thresholds: what they keep, what they admit not to know, and what they leave alone."""

from typing import Any

import numpy as np
import pytest

from linewatch.config.policy import Policy, policy_from_toml, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.backtest.recommend import Advice, for_budget, for_precision, groups_of, poisson, rewritten
from linewatch.stream.backtest.run import Outcome
from linewatch.stream.backtest.truth import judged_by, said_of

FIRST = 66_921_000_000


def _outcome(policy: Policy, **scores: list[float]) -> Outcome:
    """Numbers from `FIRST` on, one score each, of the type that it is named by."""
    peaks: dict[int, Any] = {}
    for fraud_type, values in scores.items():
        for value in values:
            row = np.zeros(len(FRAUD_TYPES), np.float32)
            row[FRAUD_TYPES.index(fraud_type)] = value
            peaks[FIRST + len(peaks)] = row
    return Outcome(policy, [], np.zeros((len(FRAUD_TYPES), 1), np.int64), peaks)


def _of(advice: list[Advice], fraud_type: str, segment: str = "") -> Advice:
    return next(one for one in advice if (one.fraud_type, one.segment) == (fraud_type, segment))


def test_a_budget_is_kept_by_one_score_for_all_types() -> None:
    scores = np.linspace(0.4, 0.9, 51).round(2).tolist()
    groups = groups_of(_outcome(shipped_policy(), wangiri=scores, irsf=scores), {})
    advice = for_budget(groups, "review", per_day=5, days=4.0)
    after = {_of(advice, name).after for name in ("wangiri", "irsf")}
    assert len(after) == 1
    cut = after.pop()
    assert 18 <= 2 * sum(score >= cut for score in scores) <= 20, "five a day in four days, and no more"
    assert "numbers a day come so far" in _of(advice, "wangiri").reason
    assert all(0.35 < one.after < 0.97 or one.fraud_type == "sim_box" for one in advice), "watch and block stay where they are"


def test_a_small_budget_raises_what_stands_in_its_way() -> None:
    advice = for_budget(groups_of(_outcome(shipped_policy(), irsf=[0.99] * 10 + [0.98] * 90), {}), "review", 20, 1.0)
    review, block = (one for one in advice if one.fraud_type == "irsf")
    assert (review.level, block.level) == ("review", "block")
    assert 0.98 < review.after <= 0.99 < block.after < 1
    new = policy_from_toml(rewritten(shipped_policy(), advice))
    assert new.thresholds_for("", "irsf").block == block.after


def test_a_part_of_a_day_supports_no_budget() -> None:
    advice = for_budget(groups_of(_outcome(shipped_policy(), irsf=[0.9] * 50), {}), "review", 5, 0.4)
    assert all(one.after == one.before for one in advice)
    assert "cannot show" in advice[0].reason


def test_a_precision_asks_for_answers_that_can_show_it() -> None:
    scores = [0.96, 0.95, 0.94] * 20 + [0.6] * 20
    outcome = _outcome(shipped_policy(), robocall=scores, smishing=[0.9, 0.8])
    judged = {"robocall": {FIRST + place: place < 60 for place in range(80)}, "smishing": {FIRST + 80: True, FIRST + 81: True}}
    advice = for_precision(groups_of(outcome, judged), "review", 0.9)
    robocall, smishing, irsf = (_of(advice, name) for name in ("robocall", "smishing", "irsf"))
    assert 0.6 < robocall.after <= 0.94
    assert robocall.reason.startswith("60 of 60 judged are fraud")
    assert smishing.after == smishing.before == 0.75
    assert "2 of 2 judged are fraud" in smishing.reason, "two right ones may be luck"
    assert "none was judged" in irsf.reason


def test_a_precision_raises_what_stands_in_its_way() -> None:
    scores = [0.99] * 60 + [0.98] * 60
    judged = {"irsf": {FIRST + place: place < 60 for place in range(120)}}
    advice = for_precision(groups_of(_outcome(shipped_policy(), irsf=scores), judged), "review", 0.9)
    review, block = (one for one in advice if one.fraud_type == "irsf")
    assert (review.level, block.level) == ("review", "block")
    assert 0.98 < review.after <= 0.99 < block.after < 1
    assert review.reason.startswith("60 of 60 judged are fraud"), "so many come from there on, and no others"
    assert policy_from_toml(rewritten(shipped_policy(), advice)).thresholds_for("", "irsf").review == review.after


def test_a_precision_that_leaves_no_room_for_a_stronger_action_is_not_claimed() -> None:
    judged = {"irsf": {FIRST + place: place < 60 for place in range(120)}}
    outcome = _outcome(shipped_policy(), irsf=[1.0] * 60 + [0.999] * 60)
    review = _of(for_precision(groups_of(outcome, judged), "review", 0.9), "irsf")
    assert review.after == review.before
    assert "no room over review" in review.reason
    assert _of(for_precision(groups_of(outcome, judged), "block", 0.9), "irsf").after == 1.0


def test_a_precision_is_counted_over_the_weaker_threshold_that_stays() -> None:
    """Of those under watch nobody comes to review: that they are right says nothing of it."""
    judged = {"irsf": {FIRST + place: place >= 30 for place in range(90)}}
    outcome = _outcome(shipped_policy(), irsf=[0.6] * 30 + [0.32] * 60)
    assert outcome.policy.thresholds_for("", "irsf").watch > 0.32
    review = _of(for_precision(groups_of(outcome, judged), "review", 0.5), "irsf")
    assert review.after == review.before
    assert "0 of 30 judged are fraud" in review.reason


@pytest.mark.parametrize(("margin", "lowest"), [(0.1, 0.3), (0.32, 0.321)])
def test_watch_begins_where_a_flag_can_be_withdrawn(margin: float, lowest: float) -> None:
    text = shipped_policy().source.replace("hysteresis_margin = 0.1", f"hysteresis_margin = {margin}")
    policy = policy_from_toml(text)
    assert policy.hysteresis_margin == margin
    advice = for_budget(groups_of(_outcome(policy, irsf=[0.9] * 5), {}), "watch", 50, 1.0)
    assert {one.after for one in advice if one.level == "watch"} == {lowest}


def test_a_segment_has_thresholds_of_its_own() -> None:
    segment = '[[segments]]\nprefix = "+66921"\nthresholds.irsf = { watch = 0.3, review = 0.5, block = 0.8 }\n'
    policy = policy_from_toml(shipped_policy().source + segment)
    advice = for_budget(groups_of(_outcome(policy, irsf=[0.7] * 30 + [0.6] * 30), {}), "review", 30, 1.0)
    found = _of(advice, "irsf", "+66921")
    assert found.before == 0.5
    assert 0.6 < found.after <= 0.7
    new = policy_from_toml(rewritten(policy, advice))
    assert new.thresholds_for("+66921000000", "irsf").review == found.after
    assert new.thresholds_for("+44", "irsf").review == _of(advice, "irsf").after


def test_the_rewritten_policy_keeps_its_comments_and_says_why() -> None:
    policy = shipped_policy()
    text = rewritten(policy, [Advice("sim_box", "", "review", 0.75, 0.8, "because")])
    assert policy_from_toml(text).thresholds_for("", "sim_box").review == 0.8
    changed = set(text.splitlines()) - set(policy.source.splitlines())
    assert changed == {"review = 0.8 # was 0.75: because"}
    assert rewritten(policy, []) == policy.source


def test_verdicts_name_a_type_or_are_about_all() -> None:
    lines = [
        {"number": "+66921000000", "verdict": "fraud", "fraud_type": "irsf"},
        {"number": "+66921000001", "verdict": "legitimate"},
        {"number": "+66921000000", "verdict": "legitimate", "fraud_type": "irsf"},
    ]
    judged = judged_by(lines, "TH")
    assert judged["irsf"] == {FIRST: False, FIRST + 1: False}
    assert judged["wangiri"] == {FIRST + 1: False}


def test_a_fraud_of_no_named_type_makes_flags_right_until_somebody_says_otherwise() -> None:
    def said(*lines: tuple[int, str, str | None]) -> dict[str, dict[int, bool]]:
        return judged_by([{"number": f"+{FIRST + n}", "verdict": what, "fraud_type": of} for n, what, of in lines], "TH")

    judged = said((0, "legitimate", None), (0, "fraud", None), (0, "legitimate", "irsf"))
    assert said_of(judged, "wangiri") == {FIRST: True}
    assert said_of(judged, "irsf") == {FIRST: False}
    assert judged["wangiri"] == {}, "nobody said wangiri"
    assert said_of(said((0, "fraud", None), (0, "legitimate", None)), "irsf") == {FIRST: False}


def test_the_interval_of_a_rate() -> None:
    low, high = poisson(10, 1.0)  # Garwood's table: 4.795 and 18.39
    assert low == pytest.approx(4.795, abs=1e-3)
    assert high == pytest.approx(18.391, abs=1e-3)
    assert poisson(0, 2.0)[0] == 0
