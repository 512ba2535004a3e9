"""A kind that begins in the middle: who is measured, who is judged, and that verdicts come when somebody could have given them."""

import msgspec
import pytest

from linewatch.models.pretrained.text import TextModel
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.training.evaluate import new_kind
from linewatch.training.evaluate.new_kind import DAYS, KINDS, flagged, measured, simulated, table, verdicts_on
from linewatch.training.simulate.build import Simulation


@pytest.fixture(scope="module")
def operator() -> Simulation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(new_kind, "SUBSCRIBERS", 300)
        patch.setattr(new_kind, "NUMBERS", (60.0, 60.0))
        return simulated("wangiri", 73002)


def test_only_the_new_kind_begins_in_the_middle(operator: Simulation) -> None:
    middle_ms = operator.world.start_ms + DAYS * DAY_MS // 2
    begun = {
        new: [line["first_ms"] for line in operator.labels if (line["fraud_type"] == "wangiri") is new] for new in (True, False)
    }
    assert len(begun[True]) > 20
    assert min(begun[True]) >= middle_ms
    assert min(begun[False]) < middle_ms
    assert not any(b'"verdict"' in raw for raw in operator.records)


def test_verdicts_are_given_an_hour_later_and_no_more_than_asked_for() -> None:
    first = {f"+{at}": at * HOUR_MS for at in range(48)}
    said = [msgspec.json.decode(one) for one in verdicts_on(first, {"+25": 0, "+27": 0}, "wangiri", DAY_MS, 5)]
    assert [one["number"] for one in said] == ["+24", "+25", "+26", "+27", "+28"]
    assert [one["at_ms"] for one in said] == [(25 + at) * HOUR_MS for at in range(5)]
    assert [one["verdict"] for one in said] == ["legitimate", "fraud", "legitimate", "fraud", "legitimate"]
    every = verdicts_on(first, {}, "wangiri", DAY_MS, 200)
    assert max(msgspec.json.decode(one)["at_ms"] for one in every) < 2 * DAY_MS, "none on the day that is measured"


def test_what_is_measured_are_the_numbers_of_the_last_day(operator: Simulation) -> None:
    last_ms = operator.world.start_ms + (DAYS - 1) * DAY_MS
    late = [line for line in operator.labels if line["fraud_type"] == "wangiri" and line["first_ms"] >= last_ms]
    first = {line["number"]: line["first_ms"] + HOUR_MS for line in late[:-1]} | {"+1999": last_ms}
    run = measured(operator, "wangiri", first, 7)
    assert run.hours == [1.0] * (len(late) - 1) + [None]
    assert (run.verdicts, run.false, run.records) == (7, 1, len(operator.records))
    shown = table({"wangiri": [[run] * (2 + len(new_kind.VERDICTS))]})
    assert shown.count("\n") == 2 + 1 + len(new_kind.VERDICTS)
    assert f"| slow wangiri | without | 7 | {len(late)} | {(len(late) - 1) / len(late):.3f} | 1.00 | 1.00 |" in shown


def test_verdicts_reach_the_flags(operator: Simulation, text_model: TextModel) -> None:
    """Legitimate ones, on all: what the type's numbers look like is flagged less."""
    begun = flagged(operator, "wangiri", True, [], text_model)
    third_ms = operator.world.start_ms + (DAYS - 2) * DAY_MS
    judged = verdicts_on(begun, {}, "wangiri", third_ms, 200)
    weighed = flagged(operator, "wangiri", True, judged, text_model)
    assert len(judged) > 45
    earlier = {number: at_ms for number, at_ms in begun.items() if at_ms < third_ms}
    assert earlier.items() <= weighed.items()
    both = [(begun[number], weighed[number]) for number in begun.keys() & weighed.keys() if begun[number] >= third_ms + DAY_MS]
    assert all(later >= before for before, later in both)
    assert len(weighed) < len(begun) or any(later > before for before, later in both)


@pytest.mark.parametrize("kind", KINDS)
def test_the_new_kind_is_slower_than_any_that_is_reported(kind: str) -> None:
    pace, reported = (getattr(one, f"{kind}_per_h") for one in (new_kind.parameters_of(kind), new_kind.REPORTED))
    assert pace[0] < reported[0]
    assert pace[1] == pytest.approx(reported[1] * new_kind.SLOWER)
