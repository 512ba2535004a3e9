"""Precision from verdicts on some of the flags, corrected for which of them were reviewed.

Analysts look at the strongest flags first, so the share of frauds among those reviewed is not that of all. Episodes are put
into strata by fraud type and score at their height. Within a stratum the reviewed ones stand for all of it: each counts
`all / reviewed` times, the inverse of the share that was reviewed (Horvitz & Thompson 1952, post-stratified). What has to be
true: within a stratum, whether somebody looked does not depend on whether it was fraud. A stratum in which nobody looked
says nothing, and how much of all stands in such strata is told beside the estimate.

The interval is Wilson's at the effective number of reviews, `(sum of weights)^2 / sum of weights^2` (Kish 1965).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import numpy as np

from linewatch.stream.backtest.compare import wilson_interval
from linewatch.stream.report.episodes import Judged

BANDS: Final = (0.5, 0.75, 0.9, 0.97)
"""Edges of the strata of scores: where the shipped thresholds stand, and what is between them."""
BY: Final[dict[str, Callable[[Judged], str]]] = {
    "detector": lambda one: one.fraud_type,
    "action": lambda one: one.action,
    "reason": lambda one: f"{one.fraud_type}: {one.reason}",
    "segment": lambda one: one.segment,
    "policy": lambda one: one.policy,
    "model": lambda one: one.model,
    "day": lambda one: one.day,
}
"""What precision is told by. A detector decides on one fraud type; the reason is the first, the segment the longest prefix."""


class Precision(msgspec.Struct, frozen=True):
    """Of one group of episodes: how many, how many of them reviewed and found to be fraud, and the share of frauds.

    `reviewed_share` is as counted, `estimate` corrected, with its interval of 95 %; `covered` is the share of episodes in strata
    that somebody reviewed. None where nothing was reviewed.
    """

    by: str
    group: str
    episodes: int
    reviewed: int
    fraud: int
    reviewed_share: float | None
    estimate: float | None
    low: float | None
    high: float | None
    covered: float


def precision_by(episodes: Iterable[Judged]) -> list[Precision]:
    """For all together, and for each group of each of `BY`; an empty segment is left out."""
    every = list(episodes)
    found = [precision_of("all", "all", every)]
    for name, group_of in BY.items():
        groups: dict[str, list[Judged]] = defaultdict(list)
        for one in every:
            groups[group_of(one)].append(one)
        if set(groups) != {""}:
            found += [precision_of(name, group or "others", groups[group]) for group in sorted(groups)]
    return found


def precision_of(by: str, group: str, episodes: list[Judged]) -> Precision:
    """The estimate for one group, over its own strata."""
    strata: dict[tuple[str, int], list[Judged]] = defaultdict(list)
    for one in episodes:
        strata[one.fraud_type, int(np.searchsorted(BANDS, one.score, side="right"))].append(one)
    whole = frauds = squares = 0.0
    reviewed = found = 0
    for members in strata.values():
        verdicts = [one.fraud for one in members if one.fraud is not None]
        if not verdicts:
            continue
        weight = len(members) / len(verdicts)
        whole += len(members)
        frauds += weight * sum(verdicts)
        squares += weight**2 * len(verdicts)
        reviewed += len(verdicts)
        found += sum(verdicts)
    covered = whole / len(episodes) if episodes else 0.0
    if not reviewed:
        return Precision(by, group, len(episodes), 0, 0, None, None, None, None, covered)
    estimate = frauds / whole
    low, high = wilson_interval(estimate, whole**2 / squares)
    return Precision(by, group, len(episodes), reviewed, found, found / reviewed, estimate, low, high, covered)
