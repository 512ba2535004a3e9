"""One trial: a simulated operator through `replay`, and how its flags match the truth, by form of the fraud and by look-alike."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

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
from linewatch.training.simulate.world import PLAIN, Objects, Times, World

ORDINARY = "nobody's look-alike"


class Outcome(NamedTuple):
    """One labelled number: whether and after how many seconds it was flagged with a right type, or only with a wrong one.

    `level` is 0 for never, then 1 watch, 2 review, 3 block; `exact` is that of the label's own type alone; `top_right`
    says whether the type with the highest score is a right one; `acts` how many calls or messages of the fraud had begun
    by the flag, and how many of them were over; `score` is the highest of a right type, 0 where there is none.
    """

    fraud_type: str
    variant: str
    detect_s: float | None
    only_wrong: bool
    level: int
    exact: bool
    top_right: bool
    acts: tuple[int, int] | None
    score: float

    @property
    def stealthy(self) -> bool:
        """Whether it hides."""
        return self.variant != PLAIN


class FalseNumber(NamedTuple):
    """A legitimate number that was flagged: as what, the strongest action (index in ACTIONS), what it is, the highest score."""

    number: str
    fraud_type: str
    level: int
    kind: str
    score: float


class Trial(NamedTuple):
    """What one operator's records gave; `flags` counts every change of a state.

    `scored` holds, for each flag raised or lowered, its score and whether the number is fraudulent in that way; `active` counts
    the numbers that call, write, or are reached.
    """

    records: int
    flags: int
    outcomes: list[Outcome]
    false: list[FalseNumber]
    scored: list[tuple[float, bool]]
    active: int = 0


def run(simulation: Simulation, policy: Policy, text_model: TextModel, directory: Path | None = None) -> Trial:
    """Replay with feedback, as `linewatch replay` does; with a folder the flags are kept there."""
    flags = replayed(simulation, simulation.records, policy, text_model)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "flags.jsonl").write_bytes(b"".join(msgspec.json.encode(flag) + b"\n" for flag in flags))
    world, labels = simulation.world, simulation.labels
    trial = judge(flags, labels, simulation.related, simulation.lookalikes, len(simulation.records), acts_of(world))
    return trial._replace(active=active_in(world))


def replayed(
    simulation: Simulation, records: Iterable[bytes], policy: Policy, text_model: TextModel, feedback: bool = True
) -> list[Flag]:
    """The flags of records of a simulated operator."""
    flags: list[Flag] = []
    operator = operator_from_toml(simulation.operator_toml())
    model = NumberModel.load(FEATURES)
    replay = Replay(policy, operator, text_model, model, lambda output, dead: flags.extend(output.flags), feedback)
    replay.run(Line("", number, raw) for number, raw in enumerate(records, 1))
    return flags


def judge(
    flags: list[Flag],
    labels: list[dict[str, Any]],
    related: list[dict[str, Any]],
    lookalikes: list[dict[str, str]],
    records: int,
    acts: Mapping[str, NDArray[np.int64]] | None = None,
) -> Trial:
    """Compare flags with the truth; a number counts as flagged so strongly as it *ever* was.

    `acts` are those of `acts_of`.
    """
    first: dict[tuple[str, str], int] = {}
    level: dict[tuple[str, str], int] = {}
    score: dict[tuple[str, str], float] = {}
    top: dict[str, tuple[float, str]] = {}
    for flag in flags:
        if flag.action in ACTIONS:
            key = (flag.number, flag.fraud_type)
            first[key] = min(first.get(key, flag.flagged_ms), flag.flagged_ms)
            level[key] = max(level.get(key, 0), ACTIONS.index(flag.action))
            score[key] = max(score.get(key, 0.0), flag.score)
            top[flag.number] = max(top.get(flag.number, (0.0, "")), (flag.score, flag.fraud_type))
    flagged = {number for number, _ in first}
    outcomes = []
    for line in labels:
        right = (line["fraud_type"], *line.get("also", ()))
        hits = [first[line["number"], name] for name in right if (line["number"], name) in first]
        number = line["number"]
        outcomes.append(
            Outcome(
                fraud_type=line["fraud_type"],
                variant=line.get("variant", PLAIN),
                detect_s=max(0, min(hits) - line["first_ms"]) / 1000 if hits else None,
                only_wrong=not hits and number in flagged,
                level=max((level.get((number, name), -1) for name in right), default=-1) + 1,
                exact=(number, line["fraud_type"]) in first,
                top_right=number in top and top[number][1] in right,
                acts=_until(acts[number], min(hits)) if acts and hits and number in acts else None,
                score=max((score.get((number, name), 0.0) for name in right), default=0.0),
            )
        )
    known = {line["number"] for line in labels} | {line["number"] for line in related}
    kinds = {line["number"]: line["kind"] for line in lookalikes}
    false = [
        FalseNumber(number, name, strongest, kinds.get(number, ORDINARY), score[number, name])
        for (number, name), strongest in sorted(level.items())
        if number not in known
    ]
    truth = {(line["number"], name) for line in labels for name in (line["fraud_type"], *line.get("also", ()))}
    decided = [flag for flag in flags if flag.action in ACTIONS]
    scored = [
        (f.score, (f.number, f.fraud_type) in truth) for f in decided if (f.number, f.fraud_type) in truth or f.number not in known
    ]
    return Trial(records, len(flags), outcomes, false, scored)


def acts_of(world: World) -> dict[str, NDArray[np.int64]]:
    """By labelled number `[acts, 2]`: when each of its fraud's calls and messages began and was over, in ms.

    Where the number is a victim, what was done to it.
    """
    fraud = {(line["number"], line["fraud_type"]) for line in world.labels}
    times: dict[str, list[tuple[int, int]]] = {number: [] for number, _ in fraud}
    for calls in world.calls:
        over_ms = calls.start_ms + np.rint(1000 * (calls.ring_s + calls.duration_s)).astype(np.int64)
        _note(times, fraud, calls.fraud, calls.calling, calls.called, calls.start_ms, over_ms)
    for sent in world.messages:
        _note(times, fraud, sent.fraud, sent.sender, sent.recipient, sent.submit_ms, sent.submit_ms)
    return {number: np.array(found, np.int64).reshape(-1, 2) for number, found in times.items()}


def active_in(world: World) -> int:
    """How many numbers call, write, or are reached."""
    found: set[str] = set()
    for calls in world.calls:
        found.update(calls.calling.tolist(), calls.called.tolist())
    for sent in world.messages:
        found.update(sent.sender.tolist(), sent.recipient.tolist())
    return len(found)


def _note(times: Any, fraud: set[tuple[str, str]], of: str, actors: Objects, others: Objects, begun: Times, over: Times) -> None:
    if of:
        numbers = others if of in ("call_forward_abuse", "sim_swap", "sms_pumping") else actors
        for number, at in zip(numbers.tolist(), zip(begun.tolist(), over.tolist(), strict=True), strict=True):
            if (number, of) in fraud:
                times[number].append(at)


def _until(times: NDArray[np.int64], last_ms: int) -> tuple[int, int]:
    begun, over = (times <= last_ms).sum(axis=0).tolist()
    return begun, over


def per_million(false: list[FalseNumber], level: int, records: int, fraud_type: str | None = None) -> float:
    """Distinct legitimate numbers flagged at least so strongly, per million records."""
    numbers = {f.number for f in false if f.level >= level and fraud_type in (None, f.fraud_type)}
    return len(numbers) * 1e6 / max(records, 1)


def kinds_of(false: list[FalseNumber]) -> Counter[str]:
    """False alarms by what the numbers are, as what, and how strongly: `kind as type action`."""
    return Counter(f"{f.kind} as {f.fraud_type} {ACTIONS[f.level]}" for f in false)
