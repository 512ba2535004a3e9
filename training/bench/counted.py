"""How often each number called or sent, counted from the records by the words of the contract, without the fold."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from linewatch.stream.intake.numbers import NumberPlans

SAME_CALL_MS = 3000


def acts_in(records: Iterable[bytes], country: str | None) -> dict[int, int]:
    """By entity; a record that comes twice counts once, and so does a call of which several legs are there."""
    by_number: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    referred: set[tuple[str, str]] = set()
    legs: dict[tuple[str, float, str], list[tuple[str, int]]] = defaultdict(list)
    for raw in records:
        record: dict[str, Any] = msgspec.json.decode(raw)
        if record["record_id"] in seen or record.get("kind") not in {"call", "sms"}:
            continue
        seen.add(record["record_id"])
        if record["kind"] == "sms":
            by_number[record["sender"]] += 1
        elif _counts(record, referred, legs):
            by_number[record["calling"]] += 1
    entities = NumberPlans(country).ids(list(by_number)).tolist()
    acts: dict[int, int] = defaultdict(int)
    for entity, count in zip(entities, by_number.values(), strict=True):
        if entity:
            acts[entity] += count
    return dict(acts)


def _counts(record: dict[str, Any], referred: set[tuple[str, str]], legs: dict[Any, list[tuple[str, int]]]) -> bool:
    """Whether this is the first record of its call."""
    calling, leg, start_ms = record["calling"], record.get("leg"), record["start_ms"]
    if reference := record.get("call_ref"):
        known = (calling, reference) in referred
        referred.add((calling, reference))
        return not known
    if leg is None:
        return True
    others = [(calling, record["duration_s"], other) for other in (record["called"], record.get("redirecting")) if other]
    known = any(other != leg and abs(at - start_ms) <= SAME_CALL_MS for key in others for other, at in legs[key])
    for key in others:
        legs[key].append((leg, start_ms))
    return not known
