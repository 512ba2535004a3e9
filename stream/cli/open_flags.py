"""Flags that stand, and which of them were answered, as the topics have it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import msgspec
from rich.table import Table

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, VerdictSource, policy_from_toml
from linewatch.config.worker import WorkerConfig
from linewatch.stream.decision.flag import Flag
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.records.kinds import Verdict
from linewatch.stream.shell import push
from linewatch.stream.shell.topics import Names


def open_flags(config: WorkerConfig, answered: bool) -> list[Flag]:
    """The states that stand; those that a verdict of a source that counts is about only where `answered`."""
    names = Names(config.topics.prefix)
    states: dict[bytes, bytes | None] = {}
    for key, value in _all(config, names.standing):
        states[key] = value
    flags = [msgspec.json.decode(value, type=Flag) for value in states.values() if value]
    standing = [flag for flag in flags if flag.action != "clear"]
    if answered or not standing:
        return standing
    held = {kind: snapshot.payload.decode() for kind, snapshot in push.standing(config).items() if kind in {"operator", "policy"}}
    country = operator_from_toml(held["operator"]).country if "operator" in held else None
    known = policy_from_toml(held["policy"]).verdict_sources if "policy" in held else {}
    return unanswered(standing, counted(verdicts_of(config), known), NumberPlans(country))


def counted(verdicts: Iterable[Verdict], known: Mapping[str, VerdictSource]) -> Iterator[Verdict]:
    """Those of sources that weigh anything: the others change no flag, and answer none."""
    weigh = {name for name, source in known.items() if source.weight > 0}
    return (verdict for verdict in verdicts if verdict.source in weigh)


def unanswered(flags: list[Flag], verdicts: Iterable[Verdict], plans: NumberPlans) -> list[Flag]:
    """Without those that a verdict names by `flag_id`, or by number, perhaps type, and a time within the episode."""
    said = list(verdicts)
    named = {verdict.flag_id for verdict in said if verdict.flag_id}
    last_ms: dict[tuple[int, str | None], int] = {}
    for entity, verdict in zip(plans.ids([one.number for one in said]).tolist(), said, strict=True):
        key = (entity, verdict.fraud_type)
        last_ms[key] = max(verdict.at_ms, last_ms.get(key, 0))
    entities = plans.ids([flag.number for flag in flags]).tolist()
    return [
        flag
        for entity, flag in zip(entities, flags, strict=True)
        if flag.flag_id not in named
        and max(last_ms.get((entity, flag.fraud_type), 0), last_ms.get((entity, None), 0)) < flag.episode_ms
    ]


def policy_in_force(config: WorkerConfig) -> Policy | None:
    """The policy in force, None before the first worker has started."""
    held = push.standing(config).get("policy")
    return policy_from_toml(held.payload.decode()) if held else None


def verdicts_of(config: WorkerConfig) -> Iterable[Verdict]:
    """The verdicts that can be read; the others are dead letters."""
    for _, value in _all(config, Names(config.topics.prefix).sources["verdict"]):
        try:
            yield msgspec.json.decode(value or b"", type=Verdict)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue


def _all(config: WorkerConfig, topic: str) -> Iterable[tuple[bytes, bytes | None]]:
    reader = push.consumer(config)
    try:
        for number in push.numbers_of(reader, topic):
            for message in push.messages(reader, topic, number):
                yield message.key() or b"", message.value()
    finally:
        reader.close()


def sorted_by(what: str, flags: list[Flag]) -> list[Flag]:
    """The strongest first, or the least certain, or the oldest; the same flags in the same order every time."""
    if what == "score":
        return sorted(flags, key=lambda flag: (-flag.score, flag.flagged_ms, flag.number, flag.fraud_type))
    if what == "uncertainty":
        return sorted(flags, key=lambda flag: (abs(flag.score - 0.5), flag.flagged_ms, flag.number, flag.fraud_type))
    return sorted(flags, key=lambda flag: (flag.flagged_ms, flag.number, flag.fraud_type))


def table_of(flags: list[Flag], now_ms: int) -> Table:
    """A line for each flag; its age is the time since the change of state, and its reason the strongest."""
    table = Table("number", "fraud type", "action", "score", "age", "records", "first reason")
    for flag in flags:
        reason = flag.reasons[0]
        text = f"{reason['code']} {reason['value']:.3g} (from {reason['threshold']:g}): {reason['text']}"
        age = timedelta(seconds=max(0, now_ms - flag.flagged_ms) // 1000)
        table.add_row(flag.number, flag.fraud_type, flag.action, f"{flag.score:.3f}", str(age), str(flag.record_count), text)
    return table
