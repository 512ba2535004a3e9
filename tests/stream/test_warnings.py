"""Warnings: whom a flagged number reaches from then on, once a day, and no one else; like flags they follow from the log alone."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, policy_from_toml, shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.warning import ADVICE, Warning
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.simulate.build import Simulation
from stream_helpers import call


def plain(warnings: Iterable[Warning]) -> list[bytes]:
    return sorted({msgspec.json.encode(warning) for warning in warnings})


def replayed(
    records: list[bytes], operator: str, models: tuple[TextModel, NumberModel], policy: Policy
) -> tuple[list[Flag], list[Warning]]:
    flags: list[Flag] = []
    warnings: list[Warning] = []

    def sink(output: Any, dead: list[Any]) -> None:
        flags.extend(output.flags)
        warnings.extend(output.warnings)

    replay = Replay(policy, operator_from_toml(operator), *models, sink)
    replay.run(Line("", number, raw) for number, raw in enumerate(records, 1))
    return flags, warnings


@pytest.fixture(scope="module")
def given(simulation: Simulation, text_model: TextModel, number_model: NumberModel) -> tuple[list[Flag], list[Warning]]:
    return replayed(simulation.records, simulation.operator_toml(), (text_model, number_model), shipped_policy())


def test_who_is_reached_after_the_flag_is_warned_and_nobody_else(
    simulation: Simulation, given: tuple[list[Flag], list[Warning]]
) -> None:
    """Of numbers that ring once and were never taken back: every call since their first flag for review, and none before."""
    flags, warnings = given
    assert {warning.fraud_type for warning in warnings} == set(ADVICE)
    since: dict[str, int] = {}
    for flag in flags:
        if flag.fraud_type == "wangiri" and flag.action in ("review", "block"):
            since[flag.number] = min(since.get(flag.number, flag.flagged_ms), flag.flagged_ms)
    since = {
        n: ms for n, ms in since.items() if not any(f.number == n and f.action in ("watch", "clear") and f.step for f in flags)
    }
    assert len(since) > 5
    due, allowed = set(), set()
    for raw in simulation.records:
        record = msgspec.json.decode(raw)
        begun_ms = since.get(record.get("calling"))
        reached = record.get("redirecting") or record.get("called", "")  # of a forwarded call the one who was dialled
        if begun_ms is not None and reached[:1] == "+":
            ended_ms = record["start_ms"] + round(1000 * (record["duration_s"] + (record.get("ring_s") or 0)))
            pair = (record["calling"], reached, ended_ms // DAY_MS)
            due |= {pair} if ended_ms > begun_ms else set()
            allowed |= {pair} if ended_ms >= begun_ms else set()
    told = {(w.by, w.number, w.at_ms // DAY_MS) for w in warnings if w.fraud_type == "wangiri" and w.by in since}
    assert len(due) > 100
    assert due <= told <= allowed


def test_each_pair_is_warned_once_a_day(given: tuple[list[Flag], list[Warning]]) -> None:
    _, warnings = given
    pairs = [(w.by, w.number, w.fraud_type, w.at_ms // DAY_MS) for w in warnings]
    assert len(set(pairs)) == len(pairs) == len({w.warning_id for w in warnings})


def test_only_who_stood_for_review_is_warned_of(given: tuple[list[Flag], list[Warning]]) -> None:
    flags, warnings = given
    strong = {(flag.number, flag.fraud_type) for flag in flags if flag.action in ("review", "block")}
    assert {(w.by, w.fraud_type) for w in warnings} <= strong
    assert all(w.text == ADVICE[w.fraud_type][1] and w.record_id for w in warnings)


def test_a_policy_that_only_reports_warns_nobody(text_model: TextModel, number_model: NumberModel) -> None:
    """Nothing stands at `review` under it."""
    records = [msgspec.json.encode(call(index)) for index in range(300)]
    reports = policy_from_toml(shipped_policy().source.replace("report_only = false", "report_only = true"))
    models = (text_model, number_model)
    assert replayed(records, "", models, shipped_policy())[1]
    flags, warnings = replayed(records, "", models, reports)
    assert flags
    assert not warnings
