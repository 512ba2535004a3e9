"""What Linewatch makes of real, harmless people: calls and messages of some six hundred students over four weeks.

`python -m linewatch.training.evaluate.benign DATA` turns the rows of `copenhagen_calls.csv.gz` and `copenhagen_sms.csv.gz`
(Sapiezynski et al., Scientific Data 2019) into records of one operator's subscribers, replays them in this process and
prints the flags by type and action, the share of dead letters, and what the subscriber model says of the same people.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.subscriber import SubscriberModel, ranked
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.history.columns import histories, read_places
from linewatch.stream.history.events import Events
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.output import Output
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.records.files import Line, blocks_of_lines
from linewatch.stream.replay import BATCH, Replay, Summary
from linewatch.training.data_file import read_csv

OPERATOR: Final = 'country = "DK"\ntimezone = "Europe/Copenhagen"\nown_prefixes = ["+4520"]\n'
FIRST_NUMBER: Final = 4_520_310_000
"""Of a Danish mobile range; the person `n` of the set has the number `n` further on. They stand for nobody."""
BEGINNING: Final = datetime(2014, 2, 2, tzinfo=ZoneInfo("Europe/Copenhagen"))
"""The set counts seconds from a midnight that it does not name; by its quiet days and nights a Sunday, local time."""
STRONG: Final = ("review", "block")
MISSED: Final = -1
FILES: Final = ("copenhagen_calls.csv.gz", "copenhagen_sms.csv.gz")
COLUMNS: Final = (("timestamp", "caller", "callee", "duration"), ("timestamp", "sender", "recipient"))


class Outcome(NamedTuple):
    """What came of the replay."""

    summary: Summary
    flags: list[Flag]
    dead: list[DeadLetter]


def records_of(data: Path) -> list[bytes]:
    """Contract records in the order of their event times; raises UnusableInput.

    Caller and called party are both the operator's, so that each call has a record of both legs, with one reference. A missed
    call has no conversation and release cause 19; how long it rang is not known, nor any handset or cell, nor any text.
    """
    made = [*_calls(data / FILES[0]), *_messages(data / FILES[1])]
    return [raw for _, raw in sorted(made)]


def _whole(*values: str) -> tuple[int, ...]:
    return tuple(map(int, values))


def _number(person: int) -> str:
    return f"+{FIRST_NUMBER + person}"


def _ms(second: int) -> int:
    return int(BEGINNING.timestamp() + second) * 1000


def _calls(path: Path) -> Iterator[tuple[int, bytes]]:
    for place, (second, caller, called, lasted) in enumerate(read_csv(path, COLUMNS[0], _whole)):
        duration_s = max(lasted, 0)
        call = {"kind": "call", "calling": _number(caller), "called": _number(called), "start_ms": _ms(second)}
        call |= {"duration_s": duration_s, "cause": 19 if lasted == MISSED else 16, "call_ref": f"c{place}"}
        for leg in ("mo", "mt"):
            yield _ms(second + duration_s), msgspec.json.encode(call | {"record_id": f"c{place}{leg}", "leg": leg})


def _messages(path: Path) -> Iterator[tuple[int, bytes]]:
    for place, (second, sender, recipient) in enumerate(read_csv(path, COLUMNS[1], _whole)):
        message = {"kind": "sms", "record_id": f"m{place}", "sender": _number(sender), "recipient": _number(recipient)}
        yield _ms(second), msgspec.json.encode(message | {"submit_ms": _ms(second)})


def replayed(records: list[bytes], policy: Policy) -> Outcome:
    """Replay with feedback, as `linewatch replay` does."""
    flags: list[Flag] = []
    dead: list[DeadLetter] = []

    def sink(output: Output, letters: list[DeadLetter]) -> None:
        flags.extend(output.flags)
        dead.extend(letters)

    replay = Replay(policy, operator_from_toml(OPERATOR), TextModel.load(), NumberModel.load(FEATURES), sink)
    summary = replay.run(Line("", number, raw) for number, raw in enumerate(records, 1))
    return Outcome(summary, flags, dead)


def shown(outcome: Outcome) -> list[str]:
    """Markdown: flags by type and action, numbers ever at review or above with their reasons, dead letters."""
    lines = ["| fraud type | action | flags | numbers |", "| --- | --- | --- | --- |"]
    counts = Counter((flag.fraud_type, flag.action) for flag in outcome.flags)
    for (fraud_type, action), count in sorted(counts.items()):
        numbers = {flag.number for flag in outcome.flags if (flag.fraud_type, flag.action) == (fraud_type, action)}
        lines.append(f"| {fraud_type} | {action} | {count} | {len(numbers)} |")
    strong = [flag for flag in outcome.flags if flag.action in STRONG]
    written = outcome.summary.records + outcome.summary.dead_letters
    share = 100 * outcome.summary.dead_letters / max(written, 1)
    dead = f"{outcome.summary.dead_letters} dead letters ({share:.2f} %)"
    lines += ["", f"{written} records, {outcome.summary.numbers} numbers; {dead}"]
    lines.append(f"{len({flag.number for flag in strong})} numbers ever at review or above")
    for flag in strong:
        why = (f"{reason['code']} {reason['value']:.3g} (threshold {reason['threshold']:.3g})" for reason in flag.reasons)
        lines.append(f"- {flag.fraud_type} {flag.action} {flag.score:.2f}, {flag.record_count} records: {'; '.join(why)}")
    return lines


def subscribers_shown(records: list[bytes], model: SubscriberModel, least: int) -> list[str]:
    """What the subscriber model says of the people with at least `least` answered calls and messages."""
    operator = operator_from_toml(OPERATOR)
    events = Events(operator)
    for block in blocks_of_lines((Line("", number, raw) for number, raw in enumerate(records, 1)), BATCH):
        events.take(block)
    found = histories(events, operator, read_places(None))
    rows = found.rows[found.calls + found.messages >= least]
    chances = model.chances(ranked(rows, rows))
    shares = {share: float((model.ordinary_as_high(chances) <= share).mean()) for share in (0.01, 0.05, 0.1)}
    said = (f"{100 * reached:.1f} % reach what {100 * share:g} % of those do" for share, reached in shares.items())
    above = float((chances >= model.threshold).mean())
    usual = float(model.ordinary_as_high(np.array([model.threshold]))[0])
    called = f"{100 * above:.1f} % reach the threshold {model.threshold:.2f}, of training's ordinary {100 * usual:.1f} %"
    return [f"subscriber model: {len(chances)} people, {called}; {', '.join(said)}"]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help=f"the folder of {' and '.join(FILES)}")
    arguments = parser.parse_args()
    records = records_of(arguments.data)
    print("\n".join(shown(replayed(records, shipped_policy()))))
    print("\n".join(subscribers_shown(records, SubscriberModel.load(), 20)))


if __name__ == "__main__":
    main()
