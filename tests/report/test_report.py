"""Precision from verdicts on some of the flags is that of all; drift is found where there is some; the page names no number."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.policy import VerdictSource, shipped_policy
from linewatch.stream.decision.flag import Flag
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.kinds import Verdict
from linewatch.stream.report.drift import shifts
from linewatch.stream.report.episodes import Judged, judged_episodes
from linewatch.stream.report.page import page_of
from linewatch.stream.report.precision import Precision, precision_by, precision_of
from linewatch.stream.report.report import report_of
from stream_helpers import BEGIN_MS, flag

NUMBER, OTHER = "+66921000001", "+66921000002"
PLANS = NumberPlans("TH")
SOURCES = {"analyst": VerdictSource(1.0), "partner": VerdictSource(0.3), "nobody": VerdictSource(0.0)}


def verdict(what: str, at_ms: int = BEGIN_MS + 1, **changes: Any) -> Verdict:
    return Verdict(**{"record_id": "v", "number": NUMBER, "verdict": what, "at_ms": at_ms, "source": "analyst"} | changes)


def said(flags: Iterable[Flag], *verdicts: Verdict) -> list[bool | None]:
    return [one.fraud for one in judged_episodes(flags, verdicts, SOURCES, PLANS)]


def test_an_episode_is_one_whatever_it_came_to() -> None:
    flags = [flag("a", action="watch", score=0.4), flag("b", step=1, score=0.9), flag("c", step=2, action="clear", score=0.1)]
    (one,) = judged_episodes([*flags, flags[1]], [], SOURCES, PLANS, ["+66", "+6692"])
    assert (one.action, one.score, one.segment, one.reason, one.fraud) == ("review", 0.9, "+6692", "attempts_per_h", None)
    assert one.day == "2026-01-01"


def test_a_verdict_finds_its_episode() -> None:
    later = BEGIN_MS + 40 * DAY_MS
    flags = [flag("a"), flag("b", episode_ms=later, flagged_ms=later), flag("s", fraud_type="smishing", number=OTHER)]
    assert said(flags, verdict("fraud", flag_id="a")) == [True, None, None]
    assert said(flags, verdict("fraud", BEGIN_MS + DAY_MS)) == [True, None, None], "it was said before the second began"
    assert said(flags, verdict("fraud", later + 1)) == [None, None, True], "the last one that began before it"
    assert said(flags, verdict("fraud", number="092 100 0001")) == [True, None, None], "in national form"
    assert said(flags, verdict("legitimate", fraud_type="irsf")) == [None] * 3
    assert said(flags, verdict("legitimate", BEGIN_MS - 1)) == [None] * 3


def test_the_heavier_source_counts_and_of_equals_the_last() -> None:
    flags = [flag("a")]
    heavy, light = verdict("legitimate"), verdict("fraud", BEGIN_MS + 9, source="partner")
    assert said(flags, light, heavy) == said(flags, heavy, light) == [False]
    assert said(flags, heavy, verdict("fraud", BEGIN_MS + 5)) == [True]
    assert said(flags, verdict("fraud", source="nobody"), verdict("fraud", source="unknown")) == [None]


def drawn(random: np.random.Generator, count: int = 3000) -> tuple[list[Judged], float]:
    """Episodes that are fraud as often as they score, of which the strong ones are reviewed most; and their true precision."""
    scores = random.beta(2, 1.2, count).round(4)
    frauds = random.random(count) < scores**2
    reviewed = random.random(count) < np.where(scores > 0.9, 0.5, np.where(scores > 0.75, 0.1, 0.03))
    found = [
        Judged("irsf", "review", score, "r", "", "p", "m", "2026-01-01", 0, bool(fraud) if seen else None)
        for score, fraud, seen in zip(scores.tolist(), frauds, reviewed, strict=True)
    ]
    return found, float(frauds.mean())


def test_the_estimate_is_right_where_what_was_reviewed_is_not() -> None:
    runs = []
    for seed in range(60):
        episodes, truth = drawn(np.random.default_rng(seed))
        one = precision_of("all", "all", episodes)
        assert one.reviewed_share is not None
        assert one.estimate is not None
        runs.append((one.reviewed_share - truth, one.estimate - truth, (one.low or 0) <= truth <= (one.high or 1)))
    naive, corrected, covered = np.array(runs, float).T
    assert naive.mean() > 0.15
    assert abs(corrected.mean()) < 0.02
    assert covered.mean() >= 0.9, "of intervals of 95 %"


def test_all_reviewed_is_counted_and_none_reviewed_says_nothing() -> None:
    episodes = [Judged("irsf", "block", 0.98, "r", "", "p", "m", "d", 0, fraud) for fraud in (True, True, False, None)]
    whole = precision_of("all", "all", episodes[:3])
    assert (whole.estimate, whole.covered) == (pytest.approx(2 / 3), 1.0)
    mute = msgspec.structs.replace(episodes[3], fraud_type="wangiri")
    assert precision_of("all", "all", [mute]) == Precision("all", "all", 1, 0, 0, None, None, None, None, 0.0)
    half = precision_of("all", "all", [*episodes[:3], mute])
    assert (half.estimate, half.covered) == (pytest.approx(2 / 3), 0.75)


def test_groups_add_up_and_an_unused_segment_is_left_out() -> None:
    episodes, _ = drawn(np.random.default_rng(0), 200)
    found = precision_by([*episodes, msgspec.structs.replace(episodes[0], fraud_type="smishing")])
    for by in ("detector", "action", "reason", "policy", "model", "day"):
        assert sum(one.episodes for one in found if one.by == by) == 201
    assert not [one for one in found if one.by == "segment"]


def test_what_moved_is_found_and_what_did_not_is_not() -> None:
    random = np.random.default_rng(1)
    samples = {f"still_{index}": (random.normal(size=2000), random.normal(size=800)) for index in range(40)}
    samples["moved"] = (random.normal(size=2000), random.normal(0.5, size=800))
    samples["few"] = (random.normal(size=2000), random.normal(9, size=20))
    found = shifts(samples)
    assert [shift.name for shift in found if shift.drifts] == ["moved"]
    assert len(found) == 41
    assert shifts({}) == []


def test_report_and_page_of_some_days(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    flags = []
    for index in range(300):
        at_ms = BEGIN_MS + index * DAY_MS // 30
        number, score = f"+6692{2_000_000 + index:07d}", float(random.uniform(0.4, 1))
        flags.append(flag(f"f{index}", number=number, episode_ms=at_ms, flagged_ms=at_ms, score=score))
    verdicts = [
        verdict("fraud" if one.score > 0.6 else "legitimate", one.episode_ms + 1, number=one.number, flag_id=one.flag_id)
        for one in flags[::3]
    ]
    event_ms = np.arange(3000) * (10 * DAY_MS // 3000) + BEGIN_MS
    matrix = random.exponential(size=(3000, len(FEATURES))).astype(np.float32)
    matrix[event_ms > BEGIN_MS + 9 * DAY_MS, 3] *= 3
    report = report_of(flags, verdicts, (event_ms, matrix), shipped_policy(), PLANS, 7.0)
    assert 209 <= report.episodes <= 211, "seven of the ten days"
    assert 68 <= report.reviewed <= 72
    assert len([one for one in report.precision if one.by == "day"]) in {7, 8}
    assert [shift.name for shift in report.features if shift.drifts] == [FEATURES[3]]
    page = page_of(report)
    assert page.count("<svg") == 2
    assert FEATURES[3] in page
    assert "+6692" not in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )


def test_nothing_flagged_is_a_report_too() -> None:
    empty = (np.empty(0, np.int64), np.empty((0, len(FEATURES)), np.float32))
    report = report_of([], [], empty, shipped_policy(), PLANS, 7.0)
    assert (report.episodes, report.precision[0].estimate, report.features, report.scores) == (0, None, [], [])
    assert "Too few features" in page_of(report)
