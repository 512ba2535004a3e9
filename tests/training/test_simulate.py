"""The simulator: the same bytes from the same arguments, and everything in it that the contract and the marks ask for."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import phonenumbers
import pytest

from linewatch.config.operator import operator_from_toml
from linewatch.stream.records.decode import decode_batch
from linewatch.training.evaluate.measure import read_lines
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.frauds.every import FRAUDS
from linewatch.training.simulate.lookalikes.every import EVERY
from linewatch.training.simulate.numbering import FOREIGN, HOT
from linewatch.training.simulate.parameters import REPORTED, TRAINING, TUNING, Parameters

FRAUDS_MADE = {module.__name__.rsplit(".", 1)[-1] for module in FRAUDS}
ACTS = ("calling", "sender", "called", "redirecting", "recipient")
Records = dict[str, list[dict[str, Any]]]
EVERY_SET = pytest.mark.parametrize("parameters", [REPORTED, TUNING, TRAINING], ids=lambda p: p.country)


def event_ms(record: dict[str, Any]) -> int:
    if record["kind"] == "call":
        return record["start_ms"] + round(1000 * (record["ring_s"] + record["duration_s"]))
    return record["submit_ms"] if record["kind"] == "sms" else record["at_ms"]


def test_the_same_arguments_give_the_same_bytes() -> None:
    one, other = (simulate(REPORTED, 150, 0.4, 3) for _ in range(2))
    assert one.records == other.records
    assert (one.labels, one.related, one.lookalikes) == (other.labels, other.related, other.lookalikes)
    assert one.operator_toml() == other.operator_toml()
    assert simulate(REPORTED, 150, 0.4, 4).records != one.records


def test_minutes_are_simulated_too() -> None:
    """Behaviours that last for hours begin with them: `make bench` has forty minutes of a large carrier."""
    simulation = simulate(REPORTED, 2000, 0.01, 6)
    assert len({line["fraud_type"] for line in simulation.labels}) > 10


@EVERY_SET
def test_every_set_of_ranges_gives_all_types_and_readable_records(parameters: Parameters) -> None:
    simulation = simulate(parameters, 300, 0.6, 5)
    assert {line["fraud_type"] for line in simulation.labels} == FRAUDS_MADE
    by_kind: dict[str, list[bytes]] = defaultdict(list)
    for raw in simulation.records:
        by_kind[msgspec.json.decode(raw)["kind"]].append(raw)
    assert set(by_kind) == {"call", "sms", "subscriber", "verdict"}
    for kind, raws in by_kind.items():
        _, bad = decode_batch(kind, raws)
        assert not bad
    assert operator_from_toml(simulation.operator_toml()).country == parameters.country


def test_sets_do_not_share_a_number() -> None:
    plans = [(p.country, p.own_prefix, p.plmn) for p in (REPORTED, TUNING, TRAINING)]
    assert all(len(set(column)) == 3 for column in zip(*plans, strict=True))


def test_legs_of_a_call_agree(records: Records) -> None:
    by_ref: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for record in records["call"]:
        if record.get("call_ref"):
            by_ref[record["call_ref"]][record["leg"]] = record
    pairs = [legs for legs in by_ref.values() if {"mo", "mt"} <= legs.keys()]
    assert len(pairs) > 10_000
    seen = Counter[str]()
    for legs in pairs:
        mo, mt = legs["mo"], legs["mt"]
        assert mo["record_id"] != mt["record_id"]
        assert (mo["duration_s"], mo["ring_s"], mo["cause"]) == (mt["duration_s"], mt["ring_s"], mt["cause"])
        assert abs(mo["start_ms"] - mt["start_ms"]) <= 3000
        assert mo["called"] in (mt["called"], mt.get("redirecting"))
        assert mt["calling"] in ("", mo["calling"])
        seen["forwarded"] += "redirecting" in mt
        seen["withheld"] += mt["calling"] == ""
    assert min(seen["forwarded"], seen["withheld"]) > 50


def test_legs_without_a_reference_can_be_paired(records: Records) -> None:
    mos = {(r["calling"], r["duration_s"], r["called"]): r for r in records["call"] if r["leg"] == "mo" and "call_ref" not in r}
    mts = [r for r in records["call"] if r["leg"] == "mt" and "call_ref" not in r]
    paired = [r for r in mts if (r["calling"], r["duration_s"], r.get("redirecting") or r["called"]) in mos]
    assert len(paired) > 1000
    assert sum("redirecting" in r for r in paired) > 5


def test_what_stands_in_the_records(records: Records) -> None:
    calls = records["call"]
    own = [r for r in calls if r.get("plmn") == REPORTED.plmn]
    abroad = [r for r in calls if r["calling"].startswith(REPORTED.own_prefix) and r.get("plmn", REPORTED.plmn) != REPORTED.plmn]
    visitors = [r for r in own if r["leg"] == "mo" and not r["calling"].startswith(REPORTED.own_prefix)]
    assert min(len(abroad), len(visitors)) > 50
    assert {"mo", "mt", "transit"} == {r["leg"] for r in calls}
    assert {"INT-1", "IC-1"} <= {r.get("trunk_in") for r in calls}
    assert 0.4 < sum(r["duration_s"] > 0 for r in calls) / len(calls) < 0.9
    assert len({r.get("text") for r in records["sms"]}) > 3000
    assert {r["event"] for r in records["subscriber"]} >= {"activated", "sim_changed", "forwarding_set"}
    assert Counter(r["calling"] for r in calls if r["calling"].startswith(REPORTED.fixed_prefix)).most_common(1)[0][1] > 500
    assert {r["source"] for r in records["verdict"]} == {"analyst", "partner"}
    assert {r["verdict"] for r in records["verdict"]} == {"fraud", "legitimate"}


def test_disorder_and_duplicates_are_those_of_the_contract(records: Records, simulation: Simulation) -> None:
    times = [event_ms(msgspec.json.decode(raw)) for raw in simulation.records]
    latest, behind = times[0], []
    for time in times:
        latest = max(latest, time)
        behind.append(latest - time)
    assert 60_000 < max(behind) < 300_000, "nearly in the order of event times"
    ids = Counter(msgspec.json.decode(raw)["record_id"] for raw in simulation.records)
    twice = sum(count > 1 for count in ids.values())
    assert 0 < twice < 0.01 * len(ids)
    assert max(ids.values()) == 2


def test_labels_name_numbers_that_act_from_then_on(records: Records, simulation: Simulation) -> None:
    """Or are acted upon: what forwards, and what gets a thief's codes."""
    first: dict[str, int] = {}
    for record in (*records["call"], *records["sms"], *records["subscriber"]):
        time = event_ms(record) if record["kind"] != "call" else record["start_ms"]
        for number in filter(None, map(record.get, ACTS if record["kind"] != "subscriber" else ("number",))):
            first[number] = min(first.get(number, time), time)
    assert {line["fraud_type"] for line in simulation.labels} == FRAUDS_MADE
    assert {line["stealthy"] for line in simulation.labels} == {False, True}
    for line in simulation.labels:
        assert first[line["number"]] <= line["first_ms"] + 3_600_000, "the first calls of a slow one may have been withheld"
    labelled = {line["number"] for line in simulation.labels}
    assert not labelled & {line["number"] for line in simulation.related}
    assert not labelled & {line["number"] for line in simulation.lookalikes}


def test_related_numbers_are_no_subscribers(simulation: Simulation) -> None:
    """A number that was merely called is no victim: flagging it counts as false."""
    subscribers = set(simulation.world.subscribers)
    assert simulation.related
    assert not subscribers & {line["number"] for line in simulation.related}


def test_files_hold_the_same(simulation: Simulation, simulated: Path) -> None:
    assert {path.name for path in simulated.iterdir()} == {
        "records.jsonl.gz",
        "labels.jsonl",
        "related.jsonl",
        "lookalikes.jsonl",
        "operator.toml",
    }
    assert read_lines(simulated / "labels.jsonl") == simulation.labels
    assert len(read_lines(simulated / "records.jsonl.gz")) == len(simulation.records)


@pytest.mark.parametrize("module", EVERY, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_look_alike_acts(module: Any) -> None:
    from linewatch.training.simulate.world import World

    world = World(REPORTED, 400, 1.0, 8)
    numbers = list(module.make(world))
    assert numbers
    assert module.PER_2000 > 0
    actors = {number for calls in world.calls for number in calls.calling} | {n for m in world.messages for n in m.sender}
    actors |= {number for calls in world.calls for number in calls.called}  # a company's line is called, and forwards
    actors |= {number for m in world.messages for number in m.recipient}  # a router gets codes and does nothing
    assert set(numbers) <= actors


@pytest.mark.parametrize("module", FRAUDS, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_fraud_has_a_plain_form_and_others(module: Any) -> None:
    """Over some operators: the label says which, and whether it hides."""
    from linewatch.training.simulate.world import PLAIN, World

    seen = set()
    for seed in range(10):
        world = World(TRAINING, 300, 1.0, seed)
        module.add(world)
        seen |= {(line["variant"], line["stealthy"]) for line in world.labels}
    assert (PLAIN, False) in seen
    assert len(seen) >= 2
    assert all(stealthy == (variant != PLAIN) for variant, stealthy in seen)


def test_a_spoofed_call_has_no_leg_of_its_line(records: Records, simulation: Simulation) -> None:
    """It comes in over a trunk, and the number's own switch knows nothing of it."""
    numbers = {line["number"] for line in simulation.labels if line["fraud_type"] == "cli_spoofing"}
    shown = [r for r in records["call"] if r["calling"] in numbers and r.get("trunk_in") and r.get("attestation") == "C"]
    own = {r["call_ref"] for r in records["call"] if r["leg"] == "mo" and "call_ref" in r}
    assert len(shown) > 20
    assert not own & {r.get("call_ref") for r in shown}


def test_foreign_numbers_are_of_ranges_that_nobody_has() -> None:
    """Ranges kept free for fiction, and in the countries of revenue share such as no plan assigns, or premium codes."""
    for head, digits in FOREIGN:
        assert head.startswith(("+44", "+1", "+33", "+61", "+49"))
        assert phonenumbers.is_possible_number(phonenumbers.parse(head + "0" * digits))
    for head, digits in HOT:
        number = phonenumbers.parse(head + "1" * digits)
        premium = head.startswith(("+979", "+882", "+883"))
        assert premium or not phonenumbers.is_valid_number(number), head
