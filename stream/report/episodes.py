"""Flags and verdicts become episodes: what was flagged, how strongly at its height, and what it turned out to be."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from linewatch.config.policy import VerdictSource
from linewatch.stream.backtest.compare import segment_of
from linewatch.stream.decision.episode import ACTIONS
from linewatch.stream.decision.flag import Flag
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.records.kinds import Verdict


class Judged(msgspec.Struct, frozen=True):
    """One episode: the fields of its strongest flag, the day (UTC) of its first, and whether it was fraud, None if not said."""

    fraud_type: str
    action: str
    score: float
    reason: str
    segment: str
    policy: str
    model: str
    day: str
    first_ms: int
    fraud: bool | None


class _Episode(msgspec.Struct):
    flags: list[Flag]
    entity: int

    @property
    def peak(self) -> Flag:
        """The strongest flag, the first of equals."""
        return max(self.flags, key=lambda flag: (ACTIONS.index(flag.action), flag.score))


def judged_episodes(
    flags: Iterable[Flag],
    verdicts: Iterable[Verdict],
    sources: Mapping[str, VerdictSource],
    plans: NumberPlans,
    prefixes: Iterable[str] = (),
) -> list[Judged]:
    """Each episode once, in the order of its first flag; a flag that came twice counts once.

    Of several verdicts the one of the heaviest source counts, of equals the last; a source of weight 0, or one that the
    policy does not know, says nothing. A verdict is about an episode whose flag it names, or else about the last episode of
    its number, and of its type where it names one, that began before it.
    """
    episodes = _episodes(flags, plans)
    said = _said(episodes, list(verdicts), sources, plans)
    prefixes = tuple(prefixes)
    found = []
    for key, episode in episodes.items():
        peak, first = episode.peak, episode.flags[0]
        day = f"{datetime.fromtimestamp(first.flagged_ms / 1000, UTC):%Y-%m-%d}"
        segment = segment_of(peak.number, prefixes)
        reason = peak.reasons[0]["code"] if peak.reasons else ""
        fields = (peak.fraud_type, peak.action, peak.score, reason, segment, peak.policy_version, peak.model_version)
        found.append(Judged(*fields, day, first.flagged_ms, said.get(key)))
    return sorted(found, key=lambda one: one.first_ms)


Key = tuple[int, str, int]
"""Entity, fraud type, `episode_ms`."""


def _episodes(flags: Iterable[Flag], plans: NumberPlans) -> dict[Key, _Episode]:
    once = {flag.flag_id: flag for flag in flags if flag.action != "clear"}
    ordered = sorted(once.values(), key=lambda flag: (flag.episode_ms, flag.step))
    found: dict[Key, _Episode] = {}
    for entity, flag in zip(plans.ids([flag.number for flag in ordered]).tolist(), ordered, strict=True):
        found.setdefault((entity, flag.fraud_type, flag.episode_ms), _Episode([], entity)).flags.append(flag)
    return found


def _said(
    episodes: dict[Key, _Episode], verdicts: list[Verdict], sources: Mapping[str, VerdictSource], plans: NumberPlans
) -> dict[Key, bool]:
    by_flag = {flag.flag_id: key for key, episode in episodes.items() for flag in episode.flags}
    of_number: dict[int, list[Key]] = {}
    for key in episodes:
        of_number.setdefault(key[0], []).append(key)
    best: dict[Key, tuple[float, int, bool]] = {}
    for entity, verdict in zip(plans.ids([one.number for one in verdicts]).tolist(), verdicts, strict=True):
        source = sources.get(verdict.source)
        if source is None or source.weight <= 0:
            continue
        word = (source.weight, verdict.at_ms, verdict.verdict == "fraud")
        for key in _about(verdict, by_flag, of_number.get(entity, [])):
            best[key] = max(best.get(key, word), word)
    return {key: fraud for key, (_, _, fraud) in best.items()}


def _about(verdict: Verdict, by_flag: dict[str, Key], keys: list[Key]) -> list[Key]:
    named = by_flag.get(verdict.flag_id or "")
    if named is not None:
        return [named]
    last: dict[str, Key] = {}
    for key in keys:
        if key[2] <= verdict.at_ms and verdict.fraud_type in {None, key[1]} and key[2] >= last.get(key[1], key)[2]:
            last[key[1]] = key
    return list(last.values())
