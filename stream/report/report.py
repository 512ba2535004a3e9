"""The report of some days: precision from verdicts, and drift of features and scores."""

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import Policy
from linewatch.stream.decision.flag import Flag
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.kinds import Verdict
from linewatch.stream.report.drift import Shift, cut_by_time, shifts
from linewatch.stream.report.episodes import Judged, judged_episodes
from linewatch.stream.report.precision import Precision, precision_by

Rows = tuple[NDArray[np.int64], NDArray[np.float32]]


class Report(msgspec.Struct, frozen=True):
    """All of it, as `--json` has it. `until_ms` is the event time of the youngest flag; `recent_ms` when "of late" begins.

    `rows` is how many feature rows drift was sought in.
    """

    policy: str
    days: float
    until_ms: int
    recent_ms: int
    episodes: int
    reviewed: int
    precision: list[Precision]
    rows: int
    features: list[Shift]
    scores: list[Shift]


def report_of(
    flags: Iterable[Flag], verdicts: Iterable[Verdict], rows: Rows, policy: Policy, plans: NumberPlans, days: float
) -> Report:
    """Of the `days` of event time up to the youngest flag. The last day of them, or the last third, is held against the rest."""
    every = list(flags)
    until_ms = max((flag.flagged_ms for flag in every if flag.action != "clear"), default=0)
    from_ms = until_ms - round(days * DAY_MS)
    recent_ms = until_ms - round(min(1.0, days / 3) * DAY_MS)
    prefixes = {segment.prefix for segment in policy.segments}
    known = judged_episodes(every, verdicts, policy.verdict_sources, plans, prefixes)
    episodes = [one for one in known if one.first_ms >= from_ms]
    event_ms, matrix = rows
    kept = (event_ms >= from_ms) & (event_ms <= until_ms)
    before, recent = cut_by_time(event_ms[kept], matrix[kept].astype(np.float64), recent_ms)
    features = {name: (before[:, place], recent[:, place]) for place, name in enumerate(FEATURES)}
    reviewed = sum(one.fraud is not None for one in episodes)
    found = precision_by(episodes)
    moved = shifts(features), shifts(_scores(episodes, recent_ms))
    return Report(policy.identity, days, until_ms, recent_ms, len(episodes), reviewed, found, int(kept.sum()), *moved)


def _scores(episodes: list[Judged], recent_ms: int) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """By fraud type the scores of episodes at their height, before and of late."""
    found = {}
    for fraud_type in sorted({one.fraud_type for one in episodes}):
        of_it = [one for one in episodes if one.fraud_type == fraud_type]
        times, scores = np.array([one.first_ms for one in of_it]), np.array([one.score for one in of_it])
        found[fraud_type] = cut_by_time(times, scores, recent_ms)
    return found
