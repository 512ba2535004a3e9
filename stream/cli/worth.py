"""Which open flag an answer is worth most for: for what it may cost to leave it, or for what the online models would learn."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import sqrt

from linewatch.config.policy import Loss, Policy
from linewatch.stream.decision.flag import Flag
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.stream.records.kinds import Verdict


def expected_loss(flag: Flag, policy: Policy) -> float:
    """What a day without an answer is expected to cost, in the unit of the policy's `losses`.

    A number that is not blocked goes on at its pace so far, and costs that if it is fraud; one that is blocked costs what a
    wrong block does if it is not. A pace is taken over an hour at least.
    """
    loss = policy.losses.get(flag.fraud_type, Loss())
    if flag.action == "block":
        return (1.0 - flag.score) * loss.wrong_block
    records_a_day = flag.record_count * DAY_MS / max(HOUR_MS, flag.last_ms - flag.first_ms)
    return flag.score * loss.per_record * min(records_a_day, loss.records_a_day)


def by_loss(flags: Iterable[Flag], policy: Policy) -> list[Flag]:
    """The greatest expected loss first."""
    return sorted(flags, key=lambda flag: (-expected_loss(flag, policy), flag.flagged_ms, flag.number, flag.fraud_type))


def by_learning(flags: Iterable[Flag], answered: Mapping[str, int], most: int) -> list[Flag]:
    """Up to `most` flags, the one first that the online models would learn most from.

    That is the expected length of the step that the answer makes, `2 p (1 - p)` (Settles & Craven 2008), over the root of how
    often its like was answered: `answered` verdicts of its type so far, and of those chosen before it, each of the same type
    and first reason. So a type whose model has heard little comes early, and near-doubles do not follow each other.
    """
    left = sorted(flags, key=lambda flag: (flag.flagged_ms, flag.number, flag.fraud_type))
    chosen: list[Flag] = []
    alike: Counter[tuple[str, str]] = Counter()

    def worth(flag: Flag) -> float:
        heard = answered.get(flag.fraud_type, 0) + alike[flag.fraud_type, flag.reasons[0]["code"]]
        return 2 * flag.score * (1 - flag.score) / sqrt(1 + heard)

    while left and len(chosen) < most:
        best = max(left, key=worth)
        left.remove(best)
        chosen.append(best)
        alike[best.fraud_type, best.reasons[0]["code"]] += 1
    return chosen


def heard(verdicts: Iterable[Verdict], policy: Policy, types: Iterable[str]) -> Counter[str]:
    """By fraud type how many verdicts of sources that count name it, or none and so all."""
    counts: Counter[str] = Counter()
    every = tuple(types)
    for verdict in verdicts:
        source = policy.verdict_sources.get(verdict.source)
        if source is not None and source.weight > 0:
            counts.update([verdict.fraud_type] if verdict.fraud_type else every)
    return counts
