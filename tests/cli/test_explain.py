"""What `explain` says of a number, from a state that was folded without a broker."""

import io
import math
from pathlib import Path

import pytest
from rich.console import Console

from linewatch.config.operator import load_operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.cli.explanation import print_known
from linewatch.stream.cli.known import Known, known_of
from linewatch.stream.decision.flag import Flag
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import lines
from linewatch.stream.replay import Replay
from linewatch.stream.shell.inspect import entity_of


class Folded:
    """A replay of the simulated operator, with its flags."""

    def __init__(self, folder: Path, text_model: TextModel) -> None:
        self.operator = load_operator(folder / "operator.toml")
        self.flags: list[Flag] = []
        model = NumberModel.load(FEATURES)
        self.replay = Replay(
            shipped_policy(), self.operator, text_model, model, lambda output, dead: self.flags.extend(output.flags), feedback=False
        )
        self.replay.run(lines([folder / "records.jsonl.gz"]))

    def known(self, number: str) -> Known | None:
        return known_of(self.replay.partition, entity_of(number, self.operator), number)


@pytest.fixture(scope="module")
def folded(simulated: Path, text_model: TextModel) -> Folded:
    return Folded(simulated, text_model)


def printed(known: Known) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_known(console, known)
    return console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


def standing(folded: Folded) -> list[Flag]:
    last = {(entity_of(flag.number, folded.operator), flag.fraud_type): flag for flag in folded.flags}
    return [flag for flag in last.values() if flag.action != "clear"]


def test_every_standing_flag_is_explained_as_it_was_flagged(folded: Folded) -> None:
    """Evidence goes on growing after the last flag, the rest is the flag's own."""
    flags = standing(folded)
    assert len(flags) > 20
    raised = added = moved = 0
    for flag in flags:
        known = folded.known(flag.number)
        assert known is not None
        (one,) = (one for one in known.suspicions if one.fraud_type == flag.fraud_type)
        assert one.episode.episode_ms == flag.episode_ms
        assert one.episode.step == flag.step
        raised += one.reasons == flag.reasons
        added += abs(1 / (1 + math.exp(-sum(one.log_odds.values()))) - flag.score) < 1e-4
        assert set(one.log_odds) == {"rules", "number model"}, "feedback is off"
        moved += len(one.moved["number model"]) == 5
        text = printed(known)
        assert flag.number in text
        assert flag.action in text
        assert all(reason["code"] in text for reason in one.reasons)
        assert known.policy.identity in text
        assert all(change.feature in text for change in one.moved["number model"])
    assert raised > 0.8 * len(flags), "reasons differ only where a flag was lowered since it was raised"
    assert added > 0.8 * len(flags), "what each source adds is the score"
    assert moved > 0.8 * len(flags)


def test_a_number_that_nothing_speaks_against(folded: Folded) -> None:
    rows = folded.replay.partition.store.numbers.rows[: folded.replay.partition.store.numbers.count]
    suspected = {entity for entity, _ in folded.replay.partition.decider.episodes}
    quiet = next(int(row["entity"]) for row in rows if int(row["entity"]) not in suspected and row["seen"] > 5)
    known = folded.known(f"+{quiet}")
    assert known is not None
    assert known.features["seen"] > 5
    assert max(known.scores.values()) < 0.5
    assert "nothing speaks against it" in printed(known)


def test_a_number_never_seen(folded: Folded) -> None:
    assert folded.known("+442079460000") is None


def test_the_national_form_of_the_operators_country(folded: Folded) -> None:
    flag = next(flag for flag in standing(folded) if flag.number.startswith("+66"))
    assert entity_of("0" + flag.number[3:], folded.operator) == entity_of(flag.number, folded.operator)
    assert entity_of("ACME Bank", folded.operator) != entity_of("ACME", folded.operator)
