"""Each fraud by calls or codes from records made by hand: flagged as what it is, in its role; the nearest honest thing is not."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.models.fraud_types import ROLES
from linewatch.stream.decision.flag import Flag

BEGIN_MS = 1_767_236_400_000  # ten in the morning in Bangkok
OPERATOR = """
country = "TH"
timezone = "Asia/Bangkok"
plmn = ["52088"]
own_prefixes = ["+6692"]
international_trunks = ["INT-*"]
domestic_trunks = ["IC-*"]
"""
ME, FIXED = "+66921000001", "+66291000001"
Records = list[dict[str, Any]]


def person(index: int) -> str:
    """Subscribers far from each other's blocks."""
    return f"+6692{index * 7919 % 10_000_000:07d}"


def abroad(index: int) -> str:
    return f"+442079460{index % 1000:03d}"


def calls(count: int, every_s: float, called: Callable[[int], str], **changes: Any) -> Records:
    """Calls of one number at a steady pace; a value that is a function is asked by index."""
    made = []
    for index in range(count):
        record = {"kind": "call", "calling": ME, "called": called(index), "duration_s": 0.0, "ring_s": 12.0, "leg": "mo"}
        record |= {"start_ms": BEGIN_MS + round(index * every_s * 1000)}
        made.append(record | {name: value(index) if callable(value) else value for name, value in changes.items()})
    return made


def dialled(number: str, index: int) -> str:
    """One number again and again."""
    return number


def event(name: str, hour: float, **more: Any) -> Records:
    return [{"kind": "subscriber", "number": ME, "event": name, "at_ms": BEGIN_MS + round(hour * 3_600_000)} | more]


def codes(count: int, every_s: float, begin_h: float = 0.0) -> Records:
    texts = "Your code is {0}. Do not share it with anyone."
    return [
        {
            "kind": "sms",
            "sender": f"MyBank{index % 3}",
            "recipient": ME,
            "submit_ms": BEGIN_MS + round((begin_h * 3600 + index * every_s) * 1000),
            "text": texts.format(123_456 + index * 7),
        }
        for index in range(count)
    ]


AT_HOME = {"imsi": "520880000000001", "imei": "356700000000001", "cell": "52088-1", "plmn": "52088"}
ELSEWHERE = {"imsi": "520880000000001", "imei": "356799999999999", "cell": "52088-900", "plmn": "52088"}
AWAY = AT_HOME | {"cell": "23488-1", "plmn": "23488"}


def in_turn(index: int, field: str) -> str:
    return (AT_HOME if index % 2 else ELSEWHERE)[field]


def pbx_hacking() -> Records:
    return calls(30, 150, lambda i: f"+53990000{i % 5:02d}", calling=FIXED, leg="transit", duration_s=400.0, trunk_out="INT-1")


def honest_exchange() -> Records:
    return calls(30, 150, person, calling=FIXED, leg="transit", duration_s=400.0)


def vishing() -> Records:
    lasted = [7.0, 0.0, 1500.0, 5.0]
    return calls(60, 240, person, duration_s=lambda i: lasted[i % 4], attestation="C")


def counsellor() -> Records:
    """Long talks too, but signed for, and asked for by a call before."""
    asked = calls(60, 240, lambda i: ME, calling=person, leg="mt", start_ms=lambda i: BEGIN_MS + i * 240_000 - 900_000)
    return sorted(vishing() + asked, key=lambda record: record["start_ms"])


def cli_spoofing() -> Records:
    return calls(12, 60, person, leg="mt", trunk_in="INT-1", attestation="C", duration_s=30.0)


def roamer_who_calls_home() -> Records:
    legs = [calls(12, 60, person, duration_s=30.0, call_ref=lambda i: f"c{i}", leg="mo", **AWAY)]
    legs += [calls(12, 60, person, duration_s=30.0, call_ref=lambda i: f"c{i}", leg="mt", trunk_in="INT-1")]
    return sorted(legs[0] + legs[1], key=lambda record: record["start_ms"])


def tdos() -> Records:
    return calls(300, 15, lambda i: "+66291234567", ring_s=8.0)


def slow_tdos() -> Records:
    """Ten times an hour for half a day; one in five is answered, and let go of."""
    return calls(120, 360, lambda i: "+66291234567", ring_s=12.0, duration_s=lambda i: 4.0 if i % 5 == 0 else 0.0)


def alarm() -> Records:
    """A device that rings its centre as often, and mostly gets through."""
    return calls(120, 360, lambda i: "+66291234567", ring_s=3.0, duration_s=lambda i: 4.0 if i % 5 < 3 else 0.0)


def redialler() -> Records:
    """One with friends."""
    before = calls(8, 1800, lambda i: ME, calling=person, leg="mt", start_ms=lambda i: BEGIN_MS - 20_000_000 + i * 1_800_000)
    return before + calls(25, 40, lambda i: "+66291234567", ring_s=8.0)


def flash_call() -> Records:
    return calls(60, 30, person, ring_s=1.2)


def longer_flash_call() -> Records:
    """Rings as long as those of wangiri, of which nobody returns one."""
    return calls(200, 60, person, ring_s=lambda i: 2.0 + i % 6 / 2 - 0.5 * (i % 9 == 0))


def returned_rings() -> Records:
    """The same, and one in fifteen returns it: wangiri."""
    rung = longer_flash_call()
    back = calls(13, 900, lambda i: ME, calling=lambda i: person(15 * i), leg="mt", duration_s=60.0)
    for index, call in enumerate(back):
        call["start_ms"] = rung[15 * index]["start_ms"] + 400_000
    return sorted(rung + back, key=lambda record: record["start_ms"])


def missed_calls() -> Records:
    """Of one who lets it ring."""
    return calls(60, 30, person, ring_s=20.0)


def forwarded(index: int, target: str, callers: int, every_s: float) -> Iterator[dict[str, Any]]:
    record = {"kind": "call", "calling": abroad(index % callers), "called": target, "redirecting": ME, "leg": "mt"}
    yield record | {"start_ms": BEGIN_MS + round(index * every_s * 1000), "duration_s": 500.0, "ring_s": 5.0, "trunk_out": "INT-1"}


def call_forward_abuse() -> Records:
    target = "+5399000001"
    return event("forwarding_set", -0.5, target=target) + [r for i in range(25) for r in forwarded(i, target, 3, 240)]


def expat() -> Records:
    """Forwarded abroad too, five calls in a day."""
    target = abroad(7)
    return event("forwarding_set", -0.5, target=target) + [r for i in range(5) for r in forwarded(i, target, 5, 9000)]


def roaming_fraud() -> Records:
    return calls(40, 180, abroad, duration_s=400.0, trunk_out="INT-1", **AWAY)


def traveller() -> Records:
    return calls(10, 3600, lambda i: abroad(i % 3) if i % 2 else person(i % 3), duration_s=90.0, **AWAY)


def device_cloning() -> Records:
    fields = {name: (lambda i, name=name: in_turn(i, name)) for name in AT_HOME}
    return calls(12, 200, lambda i: person(i % 4), duration_s=300.0, **fields)


def new_handset() -> Records:
    """One change, for good."""
    fields = {name: (lambda i, name=name: (AT_HOME if i < 6 else ELSEWHERE)[name]) for name in AT_HOME}
    return calls(12, 200, lambda i: person(i % 4), duration_s=300.0, **fields)


def subscription_fraud() -> Records:
    return event("activated", -1) + calls(40, 240, abroad, duration_s=400.0, trunk_out="INT-1")


def migrant() -> Records:
    return event("activated", -1) + calls(8, 3600, lambda i: abroad(i % 2), duration_s=500.0, trunk_out="INT-1")


def sim_swap() -> Records:
    return event("sim_changed", -0.2) + codes(10, 300)


def upgrade() -> Records:
    """Three codes too, and then the friends of before."""
    friends = calls(20, 600, lambda i: person(i % 5), duration_s=60.0, start_ms=lambda i: BEGIN_MS - 86_400_000 + i * 600_000)
    again = calls(5, 300, lambda i: person(i % 5), duration_s=60.0)
    return friends + event("sim_changed", -0.2) + again + codes(3, 1500, 0.6)


def neighbour(index: int) -> str:
    """Number after number of the block of 1,000 in which `ME` lies, 40 of them."""
    return f"+66921000{index % 40:03d}"


def coded(recipient: Callable[[int], str], count: int, every_s: float) -> Records:
    return [record | {"recipient": recipient(index)} for index, record in enumerate(codes(count, every_s))]


def sms_pumping() -> Records:
    return coded(neighbour, 100, 60)


def new_customers() -> Records:
    """As many codes, and everybody calls and is called."""
    out = calls(120, 50, person, calling=neighbour, duration_s=40.0)
    back = calls(60, 100, neighbour, calling=person, duration_s=40.0, leg="mt")
    return sorted(sms_pumping() + out + back, key=lambda record: record.get("submit_ms") or record["start_ms"])


CASES = [
    ("pbx_hacking", pbx_hacking, FIXED, honest_exchange),
    ("vishing", vishing, ME, counsellor),
    ("cli_spoofing", cli_spoofing, ME, roamer_who_calls_home),
    ("tdos", tdos, ME, redialler),
    ("flash_call", flash_call, ME, missed_calls),
    ("call_forward_abuse", call_forward_abuse, ME, expat),
    ("roaming_fraud", roaming_fraud, ME, traveller),
    ("device_cloning", device_cloning, ME, new_handset),
    ("subscription_fraud", subscription_fraud, ME, migrant),
    ("sim_swap", sim_swap, ME, upgrade),
    ("sms_pumping", sms_pumping, ME, new_customers),
]


def flags_of(score: Callable[..., Any], records: Records, operator: str = OPERATOR) -> list[Flag]:
    named = [record | {"record_id": f"r{index}"} for index, record in enumerate(records)]
    flags, _ = score(named, operator=operator_from_toml(operator))
    return list(flags)


@pytest.mark.parametrize(("fraud_type", "make", "number", "honest"), CASES, ids=[case[0] for case in CASES])
def test_is_flagged_as_what_it_is(
    score: Callable[..., Any], fraud_type: str, make: Callable[[], Records], number: str, honest: Callable[[], Records]
) -> None:
    flags = [flag for flag in flags_of(score, make()) if flag.number == number]
    assert fraud_type in {flag.fraud_type for flag in flags}
    best = max(flags, key=lambda flag: flag.score)
    assert best.fraud_type == fraud_type
    assert best.action in {"review", "block"}
    assert best.role == ROLES[fraud_type]
    assert best.evidence
    assert all(best.evidence), "records by their ids"
    assert best.record_count > 0


@pytest.mark.parametrize(("fraud_type", "make", "number", "honest"), CASES, ids=[case[3].__name__ for case in CASES])
def test_what_is_near_it_is_not(
    score: Callable[..., Any], fraud_type: str, make: Callable[[], Records], number: str, honest: Callable[[], Records]
) -> None:
    assert fraud_type not in {flag.fraud_type for flag in flags_of(score, honest()) if flag.action in {"review", "block"}}


def test_a_registered_flash_call_service_is_left_alone(score: Callable[..., Any]) -> None:
    registered = OPERATOR + f'[registered]\n"{ME}" = "flash_call"\n'
    assert flags_of(score, flash_call())
    assert not flags_of(score, flash_call(), registered)


@pytest.mark.parametrize(("listed", "found"), [('short_codes = ["1669"]', {("1669", "cli_spoofing")}), ("", set())])
def test_an_own_short_code_that_calls_from_abroad_is_presented_by_somebody_else(
    score: Callable[..., Any], listed: str, found: set[tuple[str, str]]
) -> None:
    """No plan says whose a short code is, so that only the operator can."""
    entering = [record | {"calling": "1669"} for record in cli_spoofing()]
    assert {(flag.number, flag.fraud_type) for flag in flags_of(score, entering, f"{listed}\n{OPERATOR}")} == found
    own = [record | {"trunk_in": "MSC-1"} for record in entering]
    assert not flags_of(score, own, f"{listed}\n{OPERATOR}"), "what its own switches bring"


@pytest.mark.parametrize(
    ("fraud_type", "make", "honest"), [("tdos", slow_tdos, alarm), ("flash_call", longer_flash_call, returned_rings)]
)
def test_what_hides_is_told_from_what_it_hides_behind(
    score: Callable[..., Any], fraud_type: str, make: Callable[[], Records], honest: Callable[[], Records]
) -> None:
    assert fraud_type in {flag.fraud_type for flag in flags_of(score, make()) if flag.number == ME}
    assert fraud_type not in {flag.fraud_type for flag in flags_of(score, honest())}


def test_rings_that_nobody_returns_look_like_wangiri_at_first_and_less_so_as_they_grow(score: Callable[..., Any]) -> None:
    flags = flags_of(score, longer_flash_call())
    assert flags[0].fraud_type == "wangiri"
    assert {flag.fraud_type: flag.action for flag in flags} == {"wangiri": "watch", "flash_call": "block"}


def test_a_block_whose_numbers_ring_one_line_is_an_attack_that_none_of_them_is(score: Callable[..., Any]) -> None:
    """Thirty numbers of one block with eight calls each: no number by itself does what an attacker does."""
    numbers = [f"+6692555{index * 31:04d}"[:9] + f"{index * 31 % 1000:03d}" for index in range(30)]
    records = calls(240, 12, lambda i: "+66291234567", calling=lambda i: numbers[i % 30], ring_s=8.0)
    alone = [record for record in records if record["calling"] == numbers[0]]
    together = {flag.number for flag in flags_of(score, records) if flag.fraud_type == "tdos"}
    assert len(together) >= 24
    assert not flags_of(score, alone)


def test_a_probe_of_seconds_arms_for_three_days(score: Callable[..., Any]) -> None:
    probe = calls(1, 1, lambda i: "+5399000001", calling=FIXED, leg="transit", duration_s=6.0, trunk_out="INT-1")
    later = calls(12, 200, lambda i: f"+53990000{i % 5:02d}", calling=FIXED, leg="transit", duration_s=400.0, trunk_out="INT-1")
    for record in later:
        record["start_ms"] += 12 * 3_600_000
    codes_of = {reason["code"] for flag in flags_of(score, probe + later) for reason in flag.reasons}
    assert "probed" in codes_of
    without = {reason["code"] for flag in flags_of(score, later) for reason in flag.reasons}
    assert "probed" not in without


def test_calls_in_answer_to_calls_from_abroad_speak_less_for_revenue_share(score: Callable[..., Any]) -> None:
    """Three talks with revenue-share ranges within minutes; or the same, each with a number that had just rung."""
    talks = calls(3, 240, lambda i: f"+53990000{i:02d}", duration_s=180.0)
    rings = calls(3, 240, lambda i: ME, calling=lambda i: f"+53990000{i:02d}", ring_s=3.0, leg="mt")
    for record in rings:
        record["start_ms"] -= 60_000
    back = sorted(talks + rings, key=lambda record: record["start_ms"])
    actions = [{flag.action for flag in flags_of(score, records) if flag.number == ME} for records in (talks, back)]
    assert actions == [{"watch", "review"}, {"watch"}]


def test_codes_to_one_number_are_no_pumped_range(score: Callable[..., Any]) -> None:
    assert "sms_pumping" not in {flag.fraud_type for flag in flags_of(score, codes(100, 60))}


def test_numbers_of_a_pumped_range_are_flagged_and_those_that_do_something_watched_and_no_more(score: Callable[..., Any]) -> None:
    """One of them makes a call now and then: it may be somebody's, or a decoy."""
    somebody = neighbour(7)
    own = calls(6, 900, person, calling=somebody, duration_s=40.0)
    records = sorted(sms_pumping() + own, key=lambda record: record.get("submit_ms") or record["start_ms"])
    flags = [flag for flag in flags_of(score, records) if flag.fraud_type == "sms_pumping"]
    assert len({flag.number for flag in flags if flag.action == "review"}) >= 30
    assert {flag.action for flag in flags if flag.number == somebody} == {"watch"}


def test_a_carrier_that_hands_no_texts_over_sees_no_pumping(score: Callable[..., Any]) -> None:
    bare = [{name: value for name, value in record.items() if name != "text"} for record in sms_pumping()]
    assert not flags_of(score, bare)


def test_votes_count_for_nothing_and_an_attacker_that_votes_is_one_all_the_same(score: Callable[..., Any]) -> None:
    """A fan dials the line again and again, and makes ordinary calls besides; an attacker dials its victim so, and votes too."""
    line, victim = "+6629100001", "+6629100002"
    registered = operator_from_toml(OPERATOR + f'[registered]\n"{line}" = "televote"\n')
    ordinary = calls(3, 1500, person, duration_s=60.0, ring_s=5.0)
    dials = {name: calls(100, 12, partial(dialled, to), cause=17, ring_s=2.0) for name, to in (("line", line), ("victim", victim))}

    def types(*records: Records) -> set[str]:
        merged = sorted((one for some in records for one in some), key=lambda record: record["start_ms"])
        flags, _ = score([one | {"record_id": f"r{index}"} for index, one in enumerate(merged)], operator=registered)
        return {flag.fraud_type for flag in flags if flag.number == ME}

    assert types(dials["line"], ordinary) == set()
    assert types(dials["victim"], ordinary) == {"tdos"}
    assert types(dials["victim"], dials["line"], ordinary) == {"tdos"}
