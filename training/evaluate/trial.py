"""One trial: a simulated operator through `replay`, and how its flags match the truth, by stealth and by look-alike."""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.evaluate.measure import ACTIONS
from linewatch.training.simulate.build import Simulation

ORDINARY = "nobody's look-alike"


class Outcome(NamedTuple):
    """One labelled number: whether and after how many seconds it was flagged with a right type, or only with a wrong one."""

    fraud_type: str
    stealthy: bool
    detect_s: float | None
    only_wrong: bool


class FalseNumber(NamedTuple):
    """A legitimate number that was flagged: as what, the strongest action (index in ACTIONS), and what it is."""

    number: str
    fraud_type: str
    level: int
    kind: str


class Trial(NamedTuple):
    """What one operator's records gave; `flags` counts every change of a state.

    `scored` holds, for each flag raised or lowered, its score and whether the number is fraudulent in that way.
    """

    records: int
    flags: int
    outcomes: list[Outcome]
    false: list[FalseNumber]
    scored: list[tuple[float, bool]]


def run(simulation: Simulation, policy: Policy, text_model: TextModel, directory: Path | None = None) -> Trial:
    """Replay with feedback, as `linewatch replay` does; with a folder the flags are kept there."""
    flags = replayed(simulation, simulation.records, policy, text_model)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "flags.jsonl").write_bytes(b"".join(msgspec.json.encode(flag) + b"\n" for flag in flags))
    return judge(flags, simulation.labels, simulation.related, simulation.lookalikes, len(simulation.records))


def replayed(simulation: Simulation, records: list[bytes], policy: Policy, text_model: TextModel) -> list[Flag]:
    """The flags of records of a simulated operator."""
    flags: list[Flag] = []
    operator = operator_from_toml(simulation.operator_toml())
    model = NumberModel.load(FEATURES)
    replay = Replay(policy, operator, text_model, model, lambda output, dead: flags.extend(output.flags))
    replay.run(Line("", number, raw) for number, raw in enumerate(records, 1))
    return flags


def judge(
    flags: list[Flag],
    labels: list[dict[str, Any]],
    related: list[dict[str, Any]],
    lookalikes: list[dict[str, str]],
    records: int,
) -> Trial:
    """Compare flags with the truth; a number counts as flagged so strongly as it *ever* was."""
    first: dict[tuple[str, str], int] = {}
    level: dict[tuple[str, str], int] = {}
    for flag in flags:
        if flag.action in ACTIONS:
            key = (flag.number, flag.fraud_type)
            first[key] = min(first.get(key, flag.flagged_ms), flag.flagged_ms)
            level[key] = max(level.get(key, 0), ACTIONS.index(flag.action))
    flagged = {number for number, _ in first}
    outcomes = []
    for line in labels:
        right = (line["fraud_type"], *line.get("also", ()))
        hits = [first[line["number"], name] for name in right if (line["number"], name) in first]
        wait = max(0, min(hits) - line["first_ms"]) / 1000 if hits else None
        wrong = not hits and line["number"] in flagged
        outcomes.append(Outcome(line["fraud_type"], bool(line.get("stealthy")), wait, wrong))
    known = {line["number"] for line in labels} | {line["number"] for line in related}
    kinds = {line["number"]: line["kind"] for line in lookalikes}
    false = [
        FalseNumber(number, name, strongest, kinds.get(number, ORDINARY))
        for (number, name), strongest in sorted(level.items())
        if number not in known
    ]
    truth = {(line["number"], name) for line in labels for name in (line["fraud_type"], *line.get("also", ()))}
    decided = [flag for flag in flags if flag.action in ACTIONS]
    scored = [
        (f.score, (f.number, f.fraud_type) in truth) for f in decided if (f.number, f.fraud_type) in truth or f.number not in known
    ]
    return Trial(records, len(flags), outcomes, false, scored)


def per_million(false: list[FalseNumber], level: int, records: int, fraud_type: str | None = None) -> float:
    """Distinct legitimate numbers flagged at least so strongly, per million records."""
    numbers = {f.number for f in false if f.level >= level and fraud_type in (None, f.fraud_type)}
    return len(numbers) * 1e6 / max(records, 1)


def kinds_of(false: list[FalseNumber]) -> Counter[str]:
    """False alarms by what the numbers are, as what, and how strongly: `kind as type action`."""
    return Counter(f"{f.kind} as {f.fraud_type} {ACTIONS[f.level]}" for f in false)
