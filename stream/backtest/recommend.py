"""Thresholds that keep a budget of alerts or a precision, and how sure the records make of them."""

from typing import Any, Final

import msgspec
import numpy as np
import tomlkit
from numpy.typing import NDArray
from scipy.stats import chi2

from linewatch.config.policy import Policy, Thresholds
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.backtest.compare import LEVELS, segment_of, wilson
from linewatch.stream.backtest.run import Outcome
from linewatch.stream.backtest.truth import said_of
from linewatch.stream.decision.decide import SUSPICION
from linewatch.stream.records.columns import HASHED

STEP: Final = 0.001
"""Thresholds are recommended in these steps, and kept so far apart."""
HIGHEST: Final = 1.0 - 2 * STEP
"""Up to here there is room for stronger actions over a threshold."""
LEAST_DAYS: Final = 1.0


class Group(msgspec.Struct):
    """The numbers that one row of thresholds is for: a fraud type, and a segment's prefix or empty for the rest.

    `peaks` are their highest scores, falling; `judged` says of each 1 fraud, 0 legitimate, -1 not known. `watch_from` is the
    lowest score that `watch` may begin at.
    """

    fraud_type: str
    segment: str
    thresholds: Thresholds
    peaks: NDArray[np.float64]
    judged: NDArray[np.int8]
    watch_from: float

    def lowest(self, level: str) -> float:
        """The lowest score that an action may begin at: over the weaker one, which stays where it is."""
        index = LEVELS.index(level)
        return min(1.0, round(getattr(self.thresholds, LEVELS[index - 1]) + STEP, 6)) if index else self.watch_from


class Advice(msgspec.Struct, frozen=True):
    """One group's threshold before and after, and why; the same where the records cannot say better."""

    fraud_type: str
    segment: str
    level: str
    before: float
    after: float
    reason: str


def groups_of(outcome: Outcome, judged: dict[str, dict[int, bool]]) -> list[Group]:
    """By fraud type and segment; `judged` says by fraud type which entities are fraud and which are legitimate.

    Scores under suspicion are not known, and a flag of one within the margin of hysteresis could not be withdrawn.
    """
    policy = outcome.policy
    watch_from = round(max(SUSPICION, policy.hysteresis_margin + STEP), 6)
    entities = list(outcome.peaks)
    scores = np.array([outcome.peaks[entity] for entity in entities], np.float64).reshape(-1, len(FRAUD_TYPES)).round(4)
    numbers = [f"+{entity}" if entity < HASHED else "" for entity in entities]
    groups = []
    for index, fraud_type in enumerate(FRAUD_TYPES):
        prefixes = sorted((one.prefix for one in policy.segments if fraud_type in one.thresholds), key=len, reverse=True)
        homes = np.array([segment_of(number, prefixes) for number in numbers], np.str_)
        known = said_of(judged, fraud_type)
        verdicts = np.array([int(known.get(entity, -1)) for entity in entities], np.int8)
        for segment in ("", *prefixes):
            of_it = np.flatnonzero(homes == segment)
            order = of_it[np.argsort(-scores[of_it, index], kind="stable")]
            thresholds = policy.thresholds_for(segment, fraud_type)
            groups.append(Group(fraud_type, segment, thresholds, scores[order, index], verdicts[order], watch_from))
    return groups


def for_budget(groups: list[Group], level: str, per_day: float, days: float) -> list[Advice]:
    """One score for all groups, as scores are calibrated: from it on so many numbers come to the action a day, and no more.

    Counted are highest scores, of a number's every type: what leads to no flag of its own beside a stronger one is counted
    too. Thresholds of stronger actions that stand in the way are raised with it.
    """
    peaks = np.sort(np.concatenate([group.peaks for group in groups]))[::-1]
    most = int(per_day * days)
    if days < LEAST_DAYS or most < 1:
        reason = f"kept: {days:.2f} days of records cannot show what {per_day:g} a day are"
        return [_kept(group, level, reason) for group in groups]
    cut = min(_up(float(peaks[most])), HIGHEST) if most < len(peaks) else 0.0
    found = []
    for group in groups:
        after = max(cut, group.lowest(level))
        count = int((group.peaks >= after).sum())
        low, high = poisson(count, days)
        reason = f"{count / days:.1f} numbers a day come so far, 95 % {low:.1f} to {high:.1f}, in {days:.1f} days"
        found += _advised(group, level, after, reason)
    return found


def for_precision(groups: list[Group], level: str, wanted: float) -> list[Advice]:
    """For each group the lowest score from which on Wilson's interval of the precision is above what is wanted.

    Thresholds of stronger actions that stand in the way are raised with it; the weaker ones stay, and it is sought over them.
    """
    found = []
    highest = HIGHEST if level != LEVELS[-1] else 1.0
    for group in groups:
        lowest = group.lowest(level)
        known = (group.judged >= 0) & (group.peaks >= lowest)
        peaks, right = group.peaks[known], group.judged[known] == 1
        cut, said = None, ""
        for count in range(1, len(peaks) + 1):
            if count < len(peaks) and peaks[count] == peaks[count - 1]:
                continue  # one threshold cannot part them
            share = wilson(int(right[:count].sum()), count)
            if share.low is not None and share.low >= wanted:
                cut = max(lowest, _down(float(peaks[count - 1]), float(peaks[count]) if count < len(peaks) else 0.0))
                said = f"{share.part} of {share.whole} judged are fraud, 95 % {share.low:.2f} to {share.high:.2f}"
        if cut is None:
            top = wilson(int(right.sum()), len(right))
            seen = f"{top.part} of {top.whole} judged are fraud, at best {top.high:.2f}" if len(right) else "none was judged"
            why = f"kept: the verdicts cannot show a precision of {wanted:g} from {lowest:g} on: {seen}"
            found.append(_kept(group, level, why))
        elif cut > highest:
            found.append(_kept(group, level, f"kept: {wanted:g} is shown from {cut:g} on alone, which leaves no room over {level}"))
        else:
            found += _advised(group, level, cut, said)
    return found


def _advised(group: Group, level: str, after: float, reason: str) -> list[Advice]:
    """The advice, and thresholds of stronger actions that stand in its way raised over it."""
    found = [_advice(group, level, after, reason)]
    for stronger in LEVELS[LEVELS.index(level) + 1 :]:
        if getattr(group.thresholds, stronger) <= after:
            after = round((after + 1.0) / 2, 6)
            found.append(_advice(group, stronger, after, f"over that of {level}"))
    return found


def poisson(count: int, days: float) -> tuple[float, float]:
    """Garwood's exact interval of 95 % of a rate a day (1936)."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low / days), float(chi2.ppf(0.975, 2 * count + 2) / 2 / days)


def _up(score: float) -> float:
    """The next step over a score, so that the number that has it does not come so far."""
    return round(float(np.floor(score / STEP + 1e-6) + 1) * STEP, 6)


def _down(score: float, under: float) -> float:
    """The step at or under a score, or the score itself where the step would let the one under it in."""
    step = round(float(np.floor(score / STEP + 1e-6)) * STEP, 6)
    return step if step > under else score


def _kept(group: Group, level: str, reason: str) -> Advice:
    before = getattr(group.thresholds, level)
    return Advice(group.fraud_type, group.segment, level, before, before, reason)


def _advice(group: Group, level: str, after: float, reason: str) -> Advice:
    return Advice(group.fraud_type, group.segment, level, getattr(group.thresholds, level), after, reason)


def rewritten(policy: Policy, advice: list[Advice]) -> str:
    """The policy's text with what changes changed, a reason beside each; all else, comments too, as it was."""
    document: Any = tomlkit.parse(policy.source)
    for one in advice:
        if one.after == one.before:
            continue
        tables = [document] if not one.segment else [each for each in document["segments"] if each["prefix"] == one.segment]
        for table in tables:
            thresholds = table.setdefault("thresholds", tomlkit.table()).setdefault(one.fraud_type, tomlkit.table())
            item = tomlkit.item(one.after)
            if not isinstance(thresholds, tomlkit.items.InlineTable):
                item.comment(f"was {one.before:g}: {one.reason}")
            thresholds[one.level] = item
    return tomlkit.dumps(document)
