"""Harmless people's rows as records: what is made of them, and what is said when something is flagged or unreadable."""

import gzip
from pathlib import Path

import msgspec
import numpy as np
import pytest

from linewatch.config.errors import UnusableInput
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.subscriber import SubscriberModel
from linewatch.stream.intake.numbers import MOBILE, VALID, NumberPlans
from linewatch.stream.records.dead_letters import DeadLetter
from linewatch.stream.replay import Summary
from linewatch.training.evaluate import benign

DAY_S = 86_400


def folder_of(path: Path, calls: list[tuple[int, ...]], messages: list[tuple[int, ...]]) -> Path:
    for name, head, rows in (
        (benign.FILES[0], "timestamp,caller,callee,duration", calls),
        (benign.FILES[1], "timestamp,sender,recipient", messages),
    ):
        text = "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"
        (path / name).write_bytes(gzip.compress(text.encode()))
    return path


def test_rows_become_records_of_the_contract(tmp_path: Path) -> None:
    raws = benign.records_of(folder_of(tmp_path, [(100, 3, 4, 60), (50, 4, 3, -1)], [(120, 0, 3)]))
    records = [msgspec.json.decode(raw) for raw in raws]
    assert [record["record_id"] for record in records] == ["c1mo", "c1mt", "m0", "c0mo", "c0mt"], "by event time"
    missed, answered = records[0], records[3]
    assert (missed["duration_s"], missed["cause"]) == (0, 19)
    assert (answered["duration_s"], answered["cause"], answered["call_ref"]) == (60, 16, "c0")
    assert answered["start_ms"] - missed["start_ms"] == 50_000
    assert records[2]["sender"] == f"+{benign.FIRST_NUMBER}"


def test_every_person_gets_a_valid_number_of_the_operator() -> None:
    plans = NumberPlans("DK")
    numbers = [benign._number(person) for person in range(0, 1000)]
    facts = plans.facts(plans.ids(numbers))
    assert ((facts & (VALID | MOBILE)) == VALID | MOBILE).all()
    assert all(number.startswith("+4520") for number in numbers)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="copenhagen_calls"):
        benign.records_of(tmp_path)


def test_friends_are_not_flagged_and_a_dialler_is_shown_with_its_reasons(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    calls, messages = [], []
    for second in np.sort(random.integers(0, 5 * DAY_S, 600)).tolist():
        one, two = random.choice(20, 2, replace=False).tolist()
        calls.append((second, one, two, int(random.integers(0, 300))))
        messages.append((second + 30, two, one))
    calm = benign.replayed(benign.records_of(folder_of(tmp_path, calls, messages)), shipped_policy())
    said = benign.shown(calm)
    assert not any(flag.action in benign.STRONG for flag in calm.flags)
    assert "0 numbers ever at review or above" in said
    assert any("1800 records" in line and "0 dead letters (0.00 %)" in line for line in said)
    people = benign.subscribers_shown(benign.records_of(tmp_path), SubscriberModel.load(), 20)
    assert people[0].startswith("subscriber model: 20 people")
    dialler = [(4 * DAY_S + 20 * place, 900, 100 + place % 700, 4) for place in range(1500)]
    loud = benign.replayed(benign.records_of(folder_of(tmp_path, calls + dialler, messages)), shipped_policy())
    assert {flag.number for flag in loud.flags if flag.action in benign.STRONG} == {benign._number(900)}
    assert any(line.startswith("- robocall review") and "threshold" in line for line in benign.shown(loud))


def test_dead_letters_are_counted() -> None:
    letter = DeadLetter("unreadable", "", 0, 1, b"{")
    said = benign.shown(benign.Outcome(Summary(records=999, dead_letters=1, flags={}), [], [letter]))
    assert any("1000 records" in line and "1 dead letters (0.10 %)" in line for line in said)
