"""The table of messages that `make evaluate` prints: with texts and without, by number and by message, and who is wronged."""

from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec

from linewatch.config.policy import Policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.training.evaluate.measure import ACTIONS
from linewatch.training.evaluate.trial import Trial, judge, per_million, replayed
from linewatch.training.simulate.build import Simulation

MESSAGE_TYPES: Final = ("smishing", "sms_spam", "grey_route")
MESSAGE_SENDERS: Final = ("bank_notices", "delivery_notices", "marketing", "organiser", "otp_sender", "nobody's look-alike")


class Sent(NamedTuple):
    """Of one fraudulent number: its type and form, its messages, and those sent after it was first flagged rightly."""

    fraud_type: str
    stealthy: bool
    messages: int
    after: int


class Messages(NamedTuple):
    """One operator, its texts handed over or not: the trial, and what could have been stopped."""

    trial: Trial
    sent: list[Sent]


def without_texts(simulation: Simulation) -> list[bytes]:
    """The records of a carrier that may not hand texts over."""
    bare = []
    for raw in simulation.records:
        if b'"text":' in raw:
            record = msgspec.json.decode(raw)
            record.pop("text", None)
            bare.append(msgspec.json.encode(record))
        else:
            bare.append(raw)
    return bare


def measured(simulation: Simulation, policy: Policy, text_model: TextModel) -> dict[str, Messages]:
    """Replay the same operator with texts and without."""
    made = {}
    for name, records in (("with", simulation.records), ("without", without_texts(simulation))):
        flags = replayed(simulation, records, policy, text_model)
        trial = judge(flags, simulation.labels, simulation.related, simulation.lookalikes, len(records))
        made[name] = Messages(trial, _sent(flags, simulation.labels, records))
    return made


def _sent(flags: list[Flag], labels: list[dict[str, Any]], records: list[bytes]) -> list[Sent]:
    flagged: dict[tuple[str, str], int] = {}
    for flag in flags:
        if flag.action in ACTIONS:
            flagged.setdefault((flag.number, flag.fraud_type), flag.flagged_ms)
    since: dict[str, tuple[str, bool, float]] = {}
    for line in labels:
        if line["fraud_type"] in MESSAGE_TYPES:
            right = (line["fraud_type"], *line.get("also", ()))
            first = min(
                (flagged[line["number"], name] for name in right if (line["number"], name) in flagged), default=float("inf")
            )
            since[line["number"]] = (line["fraud_type"], bool(line.get("stealthy")), first)
    counts: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for raw in records:
        if b'"sender":' in raw:
            record = msgspec.json.decode(raw)
            if (who := since.get(record["sender"])) is not None:
                counts[record["sender"]] += 1
                after[record["sender"]] += record["submit_ms"] > who[2]
    return [Sent(name, stealthy, counts[number], after[number]) for number, (name, stealthy, _) in since.items()]


def messages_table(done: list[dict[str, Messages]]) -> list[str]:
    """Markdown: recall by number, and the share of messages sent after the flag, plain and stealthy; false alarms a type."""
    lines = [
        "| fraud type | texts | numbers, plain | found | messages after the flag | stealthy | found | messages after | "
        "false/M watch | review | block |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for fraud_type in MESSAGE_TYPES:
        for name in ("with", "without"):
            some = [one[name] for one in done]
            forms = " | ".join(_form(some, fraud_type, stealthy) for stealthy in (False, True))
            records = sum(one.trial.records for one in some)
            false = [
                sum(per_million(one.trial.false, level, one.trial.records, fraud_type) * one.trial.records for one in some)
                / records
                for level in range(len(ACTIONS))
            ]
            lines.append(f"| {fraud_type} | {name} | {forms} | {' | '.join(f'{rate:.1f}' for rate in false)} |")
    return lines


def _form(some: list[Messages], fraud_type: str, stealthy: bool) -> str:
    outcomes = [o for one in some for o in one.trial.outcomes if (o.fraud_type, o.stealthy) == (fraud_type, stealthy)]
    sent = [s for one in some for s in one.sent if (s.fraud_type, s.stealthy) == (fraud_type, stealthy)]
    found = sum(outcome.detect_s is not None for outcome in outcomes)
    share = sum(one.after for one in sent) / max(1, sum(one.messages for one in sent))
    return f"{len(outcomes)} | {found / max(1, len(outcomes)):.3f} | {share:.3f}"


def senders_table(done: list[dict[str, Messages]]) -> list[str]:
    """Markdown: legitimate senders that were ever flagged for what they text, by kind, with texts and without."""
    lines = ["| legitimate sender | ever flagged, with texts | without |", "| --- | --- | --- |"]
    counts = {
        name: Counter(f.kind for one in done for f in one[name].trial.false if f.fraud_type in MESSAGE_TYPES)
        for name in ("with", "without")
    }
    for kind in sorted({*MESSAGE_SENDERS, *counts["with"], *counts["without"]}):
        lines.append(f"| {kind.replace('_', ' ')} | {counts['with'][kind]} | {counts['without'][kind]} |")
    return lines
