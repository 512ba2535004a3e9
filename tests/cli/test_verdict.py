"""Verdicts of files and of calls, before a broker sees them: what is refused, and what becomes of the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linewatch.config.errors import UnusableInput
from linewatch.config.policy import VerdictSource, policy_from_toml, shipped_policy
from linewatch.stream.cli.answers import Answer, check, read_answers
from linewatch.stream.cli.open_flags import counted, sorted_by, table_of, unanswered
from linewatch.stream.cli.worth import by_learning, by_loss, expected_loss, heard
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.records.kinds import Verdict
from stream_helpers import BEGIN_MS, flag

Call = Callable[..., Any]
NUMBER = "+66921000001"
NOW_MS = BEGIN_MS
PLANS = NumberPlans("TH")


def file(folder: Path, text: str, name: str = "answers.jsonl") -> Path:
    (folder / name).write_text(text)
    return folder / name


def answer(**changes: Any) -> Answer:
    return Answer(**{"number": NUMBER, "verdict": "fraud", "at_ms": NOW_MS, "source": "analyst"} | changes)


def test_an_answer_is_a_record_that_intake_reads() -> None:
    one = answer(fraud_type="robocall", flag_id="f1", note="rang it")
    read = msgspec.json.decode(one.record(NOW_MS + 5), type=Verdict)
    assert (read.kind, read.number, read.verdict, read.fraud_type) == ("verdict", NUMBER, "fraud", "robocall")
    assert (read.source, read.at_ms, read.flag_id, read.record_id) == ("analyst", NOW_MS, "f1", one.record_id)
    assert msgspec.json.decode(one.record(NOW_MS))["note"] == "rang it"


def test_the_id_follows_from_what_is_said() -> None:
    assert answer().record_id == answer(note="again").record_id
    others = [answer(number="+66921000002"), answer(verdict="legitimate"), answer(at_ms=NOW_MS + 1), answer(fraud_type="irsf")]
    assert len({one.record_id for one in [answer(), *others]}) == 5


def test_a_file_in_either_form_says_the_same(tmp_path: Path) -> None:
    lines = [{"number": NUMBER, "verdict": "fraud", "fraud_type": "irsf", "at_ms": 5}, {"number": "1669", "verdict": "legitimate"}]
    by_json = file(tmp_path, "\n".join(msgspec.json.encode(line).decode() for line in lines) + "\n\n")
    by_csv = file(tmp_path, f"number,verdict,fraud_type,at_ms\n{NUMBER},fraud,irsf,5\n1669,legitimate,,\n", "answers.csv")
    expected = [answer(fraud_type="irsf", at_ms=5), answer(number="1669", verdict="legitimate", at_ms=None)]
    assert read_answers(by_json, "analyst") == read_answers(by_csv, "analyst") == expected


def test_a_file_sent_again_counts_once_though_it_says_no_time(tmp_path: Path) -> None:
    (one,) = read_answers(file(tmp_path, f'{{"number": "{NUMBER}", "verdict": "fraud"}}'), "analyst")
    first, second = (msgspec.json.decode(one.record(NOW_MS + wait_ms), type=Verdict) for wait_ms in (0, 60_000))
    assert first.record_id == second.record_id
    assert (first.at_ms, second.at_ms) == (NOW_MS, NOW_MS + 60_000)


def test_a_line_may_name_its_own_source(tmp_path: Path) -> None:
    line = f'{{"number": "{NUMBER}", "verdict": "fraud", "source": "partner"}}'
    assert read_answers(file(tmp_path, line), "analyst") == [answer(source="partner", at_ms=None)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"number": "+66921000001"}', "line 1: Object missing required field `verdict`"),
        ("a.jsonl", '{"number": "+66921000001", "verdict": "fraud"}\n[1]', "line 2 is no JSON object"),
        ("a.jsonl", '{"number": "fraud", "verdict": "+66921000001"}', "line 1: Invalid enum value"),
        ("a.jsonl", '{"number": "+66921000001", "verdict": "fraud", "mood": "bad"}', "unknown field `mood`"),
        ("a.csv", "number,verdict\n+66921000001,fraud,irsf\n", "unknown field"),
        ("a.csv", "number,verdict,at_ms\n+66921000001,fraud,yesterday\n", "line 2"),
        ("a.jsonl", "\n", "has no verdict in it"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_without_its_number(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UnusableInput) as raised:
        read_answers(file(tmp_path, text, name), "analyst")
    assert said in str(raised.value)
    assert "+6692" not in str(raised.value)


def test_sources_and_types_stand_in_the_policy() -> None:
    known = shipped_policy().verdict_sources
    check([answer(), answer(source="partner")], known, PLANS)
    with pytest.raises(UnusableInput, match=r"'press' does not stand in the policy.*known: analyst, partner"):
        check([answer(), answer(source="press")], known, PLANS)
    with pytest.raises(UnusableInput, match="fraud type 'mischief' is none of"):
        check([answer(fraud_type="mischief")], known, PLANS)
    with pytest.raises(UnusableInput, match="1 of 2 numbers are empty"):
        check([answer(), answer(number="")], known, PLANS)


def said(**changes: Any) -> Verdict:
    return Verdict(**{"record_id": "v", "number": NUMBER, "verdict": "fraud", "at_ms": NOW_MS + 1, "source": "analyst"} | changes)


@pytest.mark.parametrize(
    ("verdict", "is_answer"),
    [
        (said(), True),
        (said(fraud_type="robocall"), True),
        (said(fraud_type="irsf"), False),
        (said(number="0921000001"), True),
        (said(number="+66921000002"), False),
        (said(number="+66921000002", flag_id="f1"), True),
        (said(at_ms=NOW_MS - 1), False),
    ],
)
def test_what_counts_as_an_answer(verdict: Verdict, is_answer: bool) -> None:
    assert unanswered([flag()], [verdict], PLANS) == ([] if is_answer else [flag()])


def test_who_weighs_nothing_answers_nothing() -> None:
    known = {"analyst": VerdictSource(1.0), "intern": VerdictSource(0.0)}
    every = [said(), said(source="intern"), said(source="stranger")]
    assert list(counted(every, known)) == [said()]
    assert unanswered([flag()], counted(every[1:], known), PLANS) == [flag()]


def test_orders() -> None:
    flags = [flag(flag_id="a", score=0.95), flag(flag_id="b", score=0.45, flagged_ms=NOW_MS - 1), flag(flag_id="c", score=0.6)]
    order = {by: [one.flag_id for one in sorted_by(by, flags)] for by in ("score", "uncertainty", "age")}  # type: ignore[arg-type]  # the three literals, from a tuple
    assert order == {"score": ["a", "c", "b"], "uncertainty": ["b", "c", "a"], "age": ["b", "a", "c"]}


def test_a_line_of_the_table() -> None:
    table = table_of([flag()], NOW_MS + 90_000)
    cells = [next(iter(column.cells)) for column in table.columns]
    assert cells == [NUMBER, "robocall", "review", "0.800", "0:01:30", "9", "attempts_per_h 61.2 (from 20): calls an hour"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give a NUMBER and what it is, or --file"),
        ((NUMBER,), "what the number is was not said"),
        ((NUMBER, "fraud", "--file", "x.csv"), "give a NUMBER and what it is, or --file"),
        (("--file", "x.csv", "--type", "irsf"), "stand in the file"),
        (("--file", "nowhere.csv"), "nowhere.csv cannot be read"),
    ],
)
def test_calls_that_cannot_be_used(linewatch: Call, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = linewatch("verdict", *arguments, "--config", file(tmp_path, "", "worker.toml"))
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err


COSTS = policy_from_toml(
    'version = "c"\n[losses.irsf]\nper_record = 3.0\nrecords_a_day = 500\n[losses.robocall]\nper_record = 0.02\nwrong_block = 40\n'
)


def test_what_may_cost_most_comes_first() -> None:
    """By hand: 0.5 * 3 * 48 records a day; 0.9 * 0.02 * 1000, the most; 0.1 * 40 of a wrong block; 0.5 * 3 * 500, the most."""
    day = {"first_ms": NOW_MS - 24 * HOUR_MS, "last_ms": NOW_MS}
    steady = flag(flag_id="a", fraud_type="irsf", score=0.5, record_count=48, **day)
    busy = flag(flag_id="b", score=0.9, record_count=90_000, **day)
    blocked = flag(flag_id="c", action="block", score=0.9, record_count=90_000, **day)
    burst = flag(flag_id="d", fraud_type="irsf", score=0.5, record_count=48)
    losses = [expected_loss(one, COSTS) for one in (steady, busy, blocked, burst)]
    assert losses == pytest.approx([72.0, 18.0, 4.0, 750.0])
    assert [one.flag_id for one in by_loss([blocked, busy, steady, burst], COSTS)] == ["d", "a", "b", "c"]


def test_what_models_would_learn_most_from_comes_first() -> None:
    def reason(code: str) -> list[dict[str, Any]]:
        return [{"code": code, "value": 1.0, "threshold": 1.0, "text": ""}]

    doubles = [flag(flag_id=f"d{index}", score=0.5, flagged_ms=NOW_MS + index) for index in range(3)]
    other = flag(flag_id="o", score=0.6, reasons=reason("night_share"))
    sure = flag(flag_id="s", score=0.99, fraud_type="irsf")
    order = [one.flag_id for one in by_learning([*doubles, other, sure], {}, 4)]
    assert order == ["d0", "o", "d1", "d2"], "a double is worth less than another reason"
    heard_much = {"robocall": 10_000}
    assert by_learning([*doubles, other, sure], heard_much, 1) == [sure], "of robocalls the models have heard"


def test_only_sources_that_count_are_heard() -> None:
    def said(**changes: Any) -> Verdict:
        return Verdict(**{"record_id": "r", "number": NUMBER, "verdict": "fraud", "at_ms": 1, "source": "analyst"} | changes)

    counts = heard([said(), said(fraud_type="irsf"), said(source="nobody")], shipped_policy(), ("irsf", "robocall"))
    assert counts == {"irsf": 2, "robocall": 1}
