"""From verdict to flag, through the whole replay: 200 verdicts change what gets flagged, a poisoned stream cannot.

A behaviour that the rules find just suspect (telephone sellers on a mobile, between a salesperson and a SIM box) is
shown on one morning; the numbers flagged are judged around noon; others of the same behaviour, a little slower, follow on the
next one, and with them real SIM boxes.
"""

from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.stream.decision.flag import Flag
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay

BEGIN_MS = 1_767_225_600_000
NOON_MS = BEGIN_MS + 8 * HOUR_MS
NEXT_DAY_MS = BEGIN_MS + 24 * HOUR_MS
VERDICTS = 200
Timed = list[tuple[int, bytes]]
Run = tuple[list[Flag], Replay]


def calls(random: np.random.Generator, number: str, begin_ms: int, per_h: float) -> Timed:
    """Six hours of calls to strangers from one place, evenly spread, every other one answered for some 100 s."""
    found: Timed = []
    for index in range(int(per_h * 6)):
        start_ms = begin_ms + round((index + random.random()) * HOUR_MS / per_h)
        lasted = round(float(random.uniform(60, 140)), 1) if index % 2 else 0.0
        stranger = f"+6692{random.integers(1_000_000, 9_999_999)}"
        record: dict[str, Any] = {"kind": "call", "record_id": f"{number}/{index}", "calling": number, "called": stranger}
        record |= {"start_ms": start_ms, "duration_s": lasted, "ring_s": 12.0, "leg": "mo", "cell": "52088-1"}
        found.append((start_ms + round(1000 * (12 + lasted)), msgspec.json.encode(record)))
    return found


def numbers(begin: int, count: int) -> list[str]:
    return [f"+6692{begin + index * 7919:07d}" for index in range(count)]


MORNING, OTHERS, BOXES = numbers(10_003, 600), numbers(10_007, 120), numbers(10_009, 25)


@pytest.fixture(scope="module")
def traffic() -> Timed:
    random = np.random.default_rng(5)
    found: Timed = []
    for number in MORNING:
        found += calls(random, number, BEGIN_MS + int(random.integers(0, HOUR_MS)), 9.6 * random.uniform(0.92, 1.08))
    for number in OTHERS:
        found += calls(random, number, NEXT_DAY_MS + int(random.integers(0, HOUR_MS)), 9.3 * random.uniform(0.92, 1.08))
    for number in BOXES:
        found += calls(random, number, NEXT_DAY_MS + int(random.integers(0, HOUR_MS)), 28.0)
    return found


def run(traffic: Timed, verdicts: Timed) -> Run:
    flags: list[Flag] = []
    operator = operator_from_toml('country = "TH"\ntimezone = "Asia/Bangkok"\n')
    replay = Replay(shipped_policy(), operator, None, None, lambda output, dead: flags.extend(output.flags))
    lines = [raw for _, raw in sorted(traffic + verdicts, key=lambda line: line[0])]
    replay.run(Line("test", number, raw) for number, raw in enumerate(lines, 1))
    return flags, replay


def judged(flagged: list[str], verdict: str, source: str, count: int = VERDICTS) -> Timed:
    """So many verdicts within an hour, on the numbers in turn."""
    found: Timed = []
    for index in range(count):
        at_ms = NOON_MS + index * HOUR_MS // count
        record = {"kind": "verdict", "record_id": f"v{index}", "number": flagged[index % len(flagged)], "verdict": verdict}
        found.append((at_ms, msgspec.json.encode(record | {"at_ms": at_ms, "source": source, "fraud_type": "sim_box"})))
    return found


@pytest.fixture(scope="module")
def without(traffic: Timed) -> Run:
    return run(traffic, [])


@pytest.fixture(scope="module")
def flagged(without: Run) -> list[str]:
    """Who was flagged by noon, as analysts see it."""
    early = dict.fromkeys(flag.number for flag in without[0] if flag.flagged_ms < NOON_MS and flag.action != "clear")
    assert len(early) >= VERDICTS, "enough to judge"
    return list(early)


def caught(flags: list[Flag], among: list[str]) -> set[str]:
    return {flag.number for flag in flags if flag.action != "clear"} & set(among)


def plain(flags: list[Flag]) -> list[bytes]:
    return [msgspec.json.encode(flag) for flag in flags]


def test_the_behaviour_is_just_suspect(without: Run) -> None:
    assert 0.3 * len(OTHERS) < len(caught(without[0], OTHERS)) < 0.85 * len(OTHERS)
    assert caught(without[0], BOXES) == set(BOXES)


def test_200_verdicts_of_legitimate_change_what_gets_flagged(traffic: Timed, without: Run, flagged: list[str]) -> None:
    flags, replay = run(traffic, judged(flagged, "legitimate", "analyst"))
    assert replay.learner is not None
    assert replay.learner.verdicts_learned == VERDICTS
    assert len(caught(flags, OTHERS)) < 0.25 * len(caught(without[0], OTHERS))
    assert caught(flags, BOXES) == set(BOXES), "what is plainly fraud is flagged all the same"


def test_200_verdicts_of_fraud_change_what_gets_flagged(traffic: Timed, without: Run, flagged: list[str]) -> None:
    flags, _ = run(traffic, judged(flagged, "fraud", "analyst"))
    before, after = caught(without[0], OTHERS), caught(flags, OTHERS)
    assert len(after - before) >= 0.3 * (len(OTHERS) - len(before))
    assert before <= after


@pytest.mark.parametrize("verdict", ["legitimate", "fraud"])
def test_an_unknown_source_changes_nothing(traffic: Timed, without: Run, flagged: list[str], verdict: str) -> None:
    flags, replay = run(traffic, judged(flagged, verdict, "somebody", 4000))
    assert replay.learner is not None
    assert replay.learner.verdicts_learned == 0
    assert without[0]
    assert plain(flags) == plain(without[0])


def test_a_capped_source_of_low_weight_is_bounded(traffic: Timed, without: Run, flagged: list[str]) -> None:
    flags, replay = run(traffic, judged(flagged, "legitimate", "partner", 4000))
    policy = shipped_policy()
    assert replay.learner is not None
    assert replay.learner.verdicts_learned == policy.verdict_sources["partner"].cap_per_day
    assert not [flag for flag in flags if flag.action == "clear" and flag.reasons[0]["code"] == "verdict"], "it cannot withdraw"
    assert caught(flags, flagged) == caught(without[0], flagged)
    assert caught(flags, OTHERS) == caught(without[0], OTHERS), "a day of it alone is not heard"
    assert caught(flags, BOXES) == set(BOXES)
    blocked = {flag.number for flag in flags if flag.action == "block"}
    assert len(blocked & set(BOXES)) >= 0.9 * len(BOXES)


def test_a_trusted_source_gone_bad_is_bounded(traffic: Timed, flagged: list[str]) -> None:
    """Even an analyst's stream of thousands moves no score further than the policy says, and none after its cap."""
    flags, replay = run(traffic, judged(flagged, "legitimate", "analyst", 4000))
    policy = shipped_policy()
    assert replay.learner is not None
    assert replay.learner.verdicts_learned <= policy.verdict_sources["analyst"].cap_per_day
    assert caught(flags, BOXES) == set(BOXES)
