"""Decisions as the contract has them: fields, lists that win, silence, clears, caps; by looks made by hand."""

from typing import Any

import msgspec
import numpy as np
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Caps, Thresholds, shipped_policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.decision.decide import Decider, Look
from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.score import Scorer
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.stream.profiles.features import FEATURES

WANGIRI, ROBOCALL, SMISHING = (FRAUD_TYPES.index(name) for name in ("wangiri", "robocall", "smishing"))
NUMBER, ENTITY = "+66921234567", 66921234567
BEGIN_MS = 1_767_250_000_000
FIELDS = "flag_id number fraud_type role action score episode_ms step flagged_ms first_ms last_ms record_count reasons evidence"


def decider(operator: str = "", **changes: Any) -> Decider:
    """By the shipped policy, but for what these tests count on."""
    fixed: dict[str, Any] = {
        "thresholds": {name: Thresholds(watch=0.5, review=0.75, block=0.92) for name in FRAUD_TYPES},
        "hysteresis_margin": 0.1,
        "lower_after_s": 3600.0,
        "retract_after_s": 86400.0,
        "fade_days": 30.0,
        "silence_days": 30.0,
        "second_type_margin": 0.1,
        "trusted_weight": 0.5,
    }
    made = Decider()
    policy = msgspec.structs.replace(shipped_policy(), **(fixed | changes))
    made.replace(Scorer(policy, None, None), operator_from_toml(operator))
    return made


class Looks:
    """Looks at one number, a minute apart."""

    def __init__(self, by: Decider, entity: int = ENTITY, number: str = NUMBER) -> None:
        self.by, self.entity, self.number = by, entity, number
        self.now_ms, self.seen = BEGIN_MS, 0

    def look(self, score: float, kind: int = WANGIRI, times: int = 1, minutes: float = 1) -> list[Flag]:
        for _ in range(times):
            self.now_ms += round(minutes * 60_000)
            self.seen += 1
            scores = [score if index == kind else 0.0 for index in range(len(FRAUD_TYPES))]
            row = np.zeros(len(FEATURES), np.float32)
            self.by.tick(self.now_ms)
            self.by.look(Look(self.entity, self.number, self.now_ms, f"r{self.seen}", self.seen, row, scores))
        return self.by.take_flags()


def actions(flags: list[Flag]) -> list[str]:
    return [flag.action for flag in flags]


def test_a_flag_has_the_fields_of_the_contract_and_its_steps_rise() -> None:
    looks = Looks(decider())
    flags = looks.look(0.6) + looks.look(0.8) + looks.look(0.95)
    assert actions(flags) == ["watch", "review", "block"]
    assert [flag.step for flag in flags] == [0, 1, 2]
    assert len({flag.episode_ms for flag in flags}) == 1
    assert len({flag.flag_id for flag in flags}) == 3
    plain = msgspec.to_builtins(flags[-1])
    assert list(plain) == [*FIELDS.split(), "policy_version", "model_version"]
    assert plain["evidence"] == ["r1", "r2", "r3"]
    assert set(plain["reasons"][0]) == {"code", "value", "threshold", "text"}
    assert (plain["first_ms"], plain["last_ms"]) == (BEGIN_MS + 60_000, BEGIN_MS + 180_000)


@pytest.mark.parametrize("form", ["+66921234567", "0921234567", "+66 92 123 4567", "0066921234567"])
def test_never_block_wins_whatever_form_the_list_has(form: str) -> None:
    looks = Looks(decider(operator=f'country = "TH"\nnever_block = ["{form}"]\n'))
    assert actions(looks.look(0.99, times=5)) == ["review"]


def test_a_list_that_comes_into_force_brings_a_block_down_at_once() -> None:
    by = decider()
    assert actions(Looks(by).look(0.99)) == ["block"]
    by.replace(by.scorer, operator_from_toml(f'never_block = ["{NUMBER}"]\n'))
    by.enforce(BEGIN_MS + HOUR_MS)
    (flag,) = by.take_flags()
    assert (flag.action, flag.step, flag.flagged_ms) == ("review", 1, BEGIN_MS + HOUR_MS)


def test_report_only_never_asks_for_more_than_watch() -> None:
    assert actions(Looks(decider(report_only=True)).look(0.99, times=5)) == ["watch"]


@pytest.mark.parametrize("form", ["+66921234567", "0921234567"])
def test_a_registered_service_is_excused_of_what_it_looks_like_alone(form: str) -> None:
    by = decider(operator=f'country = "TH"\n[registered]\n"{form}" = "call_centre"\n')
    assert Looks(by).look(0.99, ROBOCALL) == []
    assert actions(Looks(by).look(0.99, SMISHING)) == ["block"]


def test_blocks_over_the_cap_of_a_minute_become_reviews() -> None:
    by = decider(caps=Caps(blocks_per_minute=3))
    found = [actions(Looks(by, ENTITY + index, f"+{ENTITY + index}").look(0.99)) for index in range(5)]
    assert found == [["block"]] * 3 + [["review"]] * 2
    assert by.capped == 2
    late = Looks(by, ENTITY + 4, f"+{ENTITY + 4}")
    assert actions(late.look(0.99, minutes=2)) == ["block"]


def test_the_cap_holds_where_records_of_several_minutes_come_in_turns() -> None:
    by = decider(caps=Caps(blocks_per_minute=2))
    found = [actions(Looks(by, ENTITY + index, f"+{ENTITY + index}").look(0.99, minutes=1 + index % 2)) for index in range(8)]
    assert found.count(["block"]) == 3, "one in the first minute, two in the second"
    assert by.capped == 5


def test_one_act_is_one_type_and_a_second_needs_evidence_of_its_own() -> None:
    by = decider()
    row = np.zeros(len(FEATURES), np.float32)
    scores = [{WANGIRI: 0.95, ROBOCALL: 0.94, SMISHING: 0.8}.get(index, 0.0) for index in range(len(FRAUD_TYPES))]
    by.look(Look(ENTITY, NUMBER, BEGIN_MS, "r", 1, row, scores))
    assert {flag.fraud_type for flag in by.take_flags()} == {"wangiri", "smishing"}, "calls name one type, texts another"


def test_it_does_not_flap() -> None:
    looks = Looks(decider())
    looks.look(0.76)
    assert looks.look(0.7, times=200) == []
    assert actions(looks.look(0.55, times=59)) == []
    assert actions(looks.look(0.55, times=3)) == ["watch"]


def test_what_speaks_against_it_for_a_day_retracts_it() -> None:
    looks = Looks(decider())
    looks.look(0.95)
    flags = looks.look(0.0, times=30, minutes=60)
    assert actions(flags)[-1] == "clear"
    assert flags[-1].reasons[0]["code"] == "retracted"
    assert not looks.by.holds(ENTITY)


def test_a_flag_fades_thirty_days_after_its_last_record_and_not_before() -> None:
    looks = Looks(decider())
    looks.look(0.95, times=10)
    last_ms = looks.now_ms
    looks.by.tick(last_ms + 30 * DAY_MS - 1)
    assert looks.by.take_flags() == []
    assert looks.by.standing().tolist() == [ENTITY]
    looks.by.tick(last_ms + 31 * DAY_MS)
    (flag,) = looks.by.take_flags()
    assert (flag.action, flag.reasons[0]["code"], flag.flagged_ms) == ("clear", "faded", last_ms + 30 * DAY_MS)
    assert looks.by.standing().tolist() == []


@pytest.mark.parametrize(("weight", "cleared"), [(1.0, True), (0.3, False)])
def test_a_trusted_verdict_clears_and_silences_until_the_evidence_has_doubled(weight: float, cleared: bool) -> None:
    looks = Looks(decider())
    looks.look(0.95, times=20)
    joined = looks.by.judge(ENTITY, WANGIRI, True, weight, looks.now_ms)
    assert [(one.fraud_type, one.action) for one in joined] == [(WANGIRI, "block")]
    flags = looks.by.take_flags()
    if not cleared:
        assert flags == []
        return
    assert (flags[0].action, flags[0].reasons[0]["code"]) == ("clear", "verdict")
    count = flags[0].record_count
    assert looks.look(0.95, times=count - 1) == []
    (again,) = looks.look(0.95)
    assert again.action == "block"
    assert (again.episode_ms, again.step) == (flags[0].episode_ms, flags[0].step + 1)


def test_who_reads_the_texts_may_name_what_was_flagged_without_them() -> None:
    spam = FRAUD_TYPES.index("sms_spam")
    looks = Looks(decider())
    looks.look(0.4, kind=spam)
    assert looks.by.judge(ENTITY, SMISHING, False, 1.0, looks.now_ms) == [], "nothing was flagged yet"
    looks.look(0.95, kind=spam)
    (joined,) = looks.by.judge(ENTITY, SMISHING, False, 1.0, looks.now_ms)
    assert (joined.fraud_type, joined.row, joined.action) == (SMISHING, b"", "")
    (joined,) = looks.by.judge(ENTITY, spam, False, 1.0, looks.now_ms)
    assert (joined.fraud_type, joined.action, bool(joined.row)) == (spam, "block", True)
    assert looks.by.judge(ENTITY, SMISHING, True, 1.0, looks.now_ms) == [], "that it does not deceive says little"
    assert looks.by.judge(ENTITY, WANGIRI, False, 1.0, looks.now_ms) == []


def test_silence_ends_by_itself_and_survives_a_restart() -> None:
    looks = Looks(decider())
    looks.look(0.95, times=20)
    looks.by.judge(ENTITY, 255, True, 1.0, looks.now_ms)
    looks.by.take_flags()
    restored = decider()
    restored.load(msgspec.msgpack.decode(msgspec.msgpack.encode(looks.by.state())))
    looks.by = restored
    assert looks.look(0.95, times=5) == []
    assert actions(looks.look(0.95, minutes=31 * 24 * 60)) == ["block"]


def test_a_recycled_number_is_cleared_for_its_new_owner() -> None:
    looks = Looks(decider())
    looks.look(0.95)
    looks.by.recycle(ENTITY, looks.now_ms)
    (flag,) = looks.by.take_flags()
    assert (flag.action, flag.reasons[0]["code"]) == ("clear", "retracted")
    assert not looks.by.holds(ENTITY)


def test_evidence_keeps_ten_records_first_and_last_among_them() -> None:
    looks = Looks(decider())
    (flag,) = looks.look(0.6, times=40) + looks.look(0.6)
    assert flag.action == "watch"
    (flag,) = looks.look(0.95)
    assert len(flag.evidence) == 10
    assert {"r1", "r42"} <= set(flag.evidence)


def test_a_number_that_is_forgotten_leaves_the_keys_of_its_flags() -> None:
    by = decider()
    Looks(by).look(0.8)
    Looks(by, ENTITY + 1, f"+{ENTITY + 1}").look(0.4)
    assert by.forget(ENTITY) == [f"{NUMBER}|wangiri".encode()]
    assert by.forget(ENTITY + 1) == [], "nothing was flagged"
    assert not by.holds(ENTITY)
