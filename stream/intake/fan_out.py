"""Records to sightings: who was seen in which role, as columns, one function per kind of record."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.local_time import night_and_weekend
from linewatch.stream.intake.numbers import MOBILE, PREMIUM, REGION_SHIFT, VALID, NumberPlans
from linewatch.stream.order import sighting as s
from linewatch.stream.records.columns import HASHED, hash_column

EVENTS = ("activated", "sim_changed", "device_changed", "forwarding_set", "ported", "recycled")
_WITHHELD = np.uint64(0)


class Party:
    """One side of a batch of records: the ids, the forms that no id gives back, the plan facts."""

    def __init__(self, texts: list[str], plans: NumberPlans) -> None:
        self.ids, self.odd = plans.ids(texts)
        self.facts = plans.facts(self.ids)
        self.regions = self.facts >> REGION_SHIFT

    def bits(self, home: int) -> NDArray[np.uint32]:
        """The flags that concern this party as the entity."""
        bits = np.where(self.facts & VALID, s.ENTITY_VALID, 0) | np.where(self.facts & MOBILE, s.ENTITY_MOBILE, 0)
        number = self.ids < np.uint64(HASHED)
        bits |= np.where(number, s.ENTITY_NUMBER, 0)
        if home:
            bits |= np.where(number & (self.regions != home), s.ENTITY_FOREIGN, 0)
        return bits.astype(np.uint32)


class FanOut:
    """Makes sightings of decoded records; holds only caches, so that any two instances make the same."""

    def __init__(self, operator: Operator, text_model: TextModel | None) -> None:
        self.operator = operator
        self.plans = NumberPlans(operator.country)
        self.text_model = text_model
        self.on_texts: Callable[[list[Any], list[Any]], None] | None = None
        self._home = 0
        self._networks = frozenset(operator.plmn)

    def sightings(self, kind: str, records: Sequence[Any], offsets: NDArray[np.int64]) -> tuple[NDArray[np.void], dict[int, str]]:
        """Rows of dtype `SIGHTING`, and by row the entity's raw form where it is not `+` and its digits."""
        make = {"call": self._calls, "sms": self._messages, "subscriber": self._subscribers, "verdict": self._verdicts}
        return make[kind](records, offsets)

    def _region_of_home(self) -> int:
        if self.operator.country and not self._home and self.operator.country in self.plans.regions:
            self._home = self.plans.regions.index(self.operator.country)
        return self._home

    def _start(self, records: Sequence[Any], offsets: NDArray[np.int64], kind: int) -> NDArray[np.void]:
        rows = np.zeros(len(records), s.SIGHTING)
        rows["record"] = hash_column([record.record_id for record in records])
        rows["offset"] = offsets
        rows["kind"] = kind
        rows["ring_s"] = -1.0
        return rows

    def _calls(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> tuple[NDArray[np.void], dict[int, str]]:
        rows = self._start(records, offsets, s.CALL)
        rows["event_ms"] = call_event_ms(records)
        rows["start_ms"] = [r.start_ms for r in records]
        rows["duration_s"] = [r.duration_s for r in records]
        rows["ring_s"] = [-1.0 if r.ring_s is None else r.ring_s for r in records]
        rows["call_ref"] = hash_column([r.call_ref for r in records])
        rows["leg"] = [s.LEGS[r.leg] for r in records]
        caller = Party([r.calling for r in records], self.plans)
        called = Party([r.called for r in records], self.plans)
        self._pairs(rows, caller, called, records)
        common = np.array([s.UNALLOCATED if r.cause == 1 else 0 for r in records], np.uint32)
        common |= np.where(called.facts & PREMIUM, s.PREMIUM, 0).astype(np.uint32)
        common |= self._together(rows, caller, called)
        served = (hash_column([r.imei for r in records]), hash_column([r.cell for r in records]))
        roaming = self._roaming([r.plmn for r in records])
        caller_side = (rows["leg"] == s.LEGS["mo"]) | (rows["leg"] == 0)
        called_side = rows["leg"] == s.LEGS["mt"]
        return self._two_sides(rows, caller, called, common, served, roaming, (caller_side, called_side))

    def _messages(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> tuple[NDArray[np.void], dict[int, str]]:
        rows = self._start(records, offsets, s.SMS)
        rows["event_ms"] = rows["start_ms"] = [r.submit_ms for r in records]
        sender = Party([r.sender for r in records], self.plans)
        recipient = Party([r.recipient for r in records], self.plans)
        common = self._together(rows, sender, recipient) | self._texts(rows, records)
        served = (hash_column([r.imei for r in records]), hash_column([r.cell for r in records]))
        roaming = self._roaming([r.plmn for r in records])
        everyone = np.ones(len(rows), np.bool_)
        return self._two_sides(rows, sender, recipient, common, served, roaming, (everyone, ~everyone))

    def _pairs(self, rows: NDArray[np.void], caller: Party, called: Party, records: Sequence[Any]) -> None:
        duration = np.ascontiguousarray(rows["duration_s"]).view(np.uint32).astype(np.uint64)
        base = _combine(caller.ids, duration)
        rows["pair"] = _combine(base, called.ids)
        redirecting = [r.redirecting for r in records]
        if any(redirecting):
            ids, _ = self.plans.ids([text or "" for text in redirecting])
            rows["pair_redirected"] = np.where(ids, _combine(base, ids), 0)

    def _together(self, rows: NDArray[np.void], one: Party, other: Party) -> NDArray[np.uint32]:
        known = (one.regions > 0) & (other.regions > 0)
        bits = np.where(known & (one.regions != other.regions), s.INTERNATIONAL, 0).astype(np.uint32)
        regions = np.where(one.regions > 0, one.regions, other.regions)
        night, weekend = night_and_weekend(rows["event_ms"], regions, self.plans.regions, self.operator.timezone)
        bits |= np.where(night, s.NIGHT, 0).astype(np.uint32)
        return bits | np.where(weekend, s.WEEKEND, 0).astype(np.uint32)

    def _texts(self, rows: NDArray[np.void], records: Sequence[Any]) -> NDArray[np.uint32]:
        bits = np.zeros(len(rows), np.uint32)
        having = [index for index, record in enumerate(records) if record.text]
        scores = self.text_model.score([records[index].text for index in having]) if self.text_model and having else None
        if self.on_texts is not None:
            by_place = dict(zip(having, scores, strict=True)) if scores is not None else {}
            self.on_texts(list(records), [by_place.get(index) for index in range(len(records))])
        if scores is None:
            return bits
        for column, name in enumerate(("fraud_text", "spam_text", "otp_text")):
            rows[name][having] = np.round(scores[:, column].astype(np.float64), 4)
        bits[having] = s.HAS_TEXT
        return bits

    def _roaming(self, plmn: list[str | None]) -> NDArray[np.uint32]:
        networks = self._networks
        if not networks:
            return np.zeros(len(plmn), np.uint32)
        return np.array([s.ROAMING if network and network not in networks else 0 for network in plmn], np.uint32)

    def _two_sides(
        self,
        rows: NDArray[np.void],
        one: Party,
        two: Party,
        common: NDArray[np.uint32],
        served: tuple[NDArray[np.uint64], NDArray[np.uint64]],
        roaming: NDArray[np.uint32],
        sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    ) -> tuple[NDArray[np.void], dict[int, str]]:
        """The sightings of the party that acts and of the one that is reached; a withheld one has none."""
        both: list[NDArray[np.void]] = []
        odd: dict[int, str] = {}
        home = self._region_of_home()
        for role, (party, other, side) in enumerate(((one, two, sides[0]), (two, one, sides[1]))):
            seen = rows.copy()
            seen["entity"], seen["other"], seen["role"] = party.ids, other.ids, role
            first = np.full(len(rows), s.FIRST_NAMED) if role == 0 else np.where(one.ids == _WITHHELD, s.FIRST_NAMED, 0)
            flags = common | party.bits(home) | first.astype(np.uint32)
            flags |= np.where(other.facts & VALID, s.OTHER_VALID, 0).astype(np.uint32)
            seen["flags"] = flags | np.where(side, s.SERVED | roaming, 0).astype(np.uint32)
            seen["handset"], seen["cell"] = np.where(side, served[0], 0), np.where(side, served[1], 0)
            odd |= _placed(party, named := party.ids != _WITHHELD, sum(len(side) for side in both))
            both.append(seen[named])
        return np.concatenate(both), odd

    def _single(self, rows: NDArray[np.void], party: Party, role: int) -> tuple[NDArray[np.void], dict[int, str]]:
        rows["entity"], rows["role"] = party.ids, role
        rows["flags"] = party.bits(self._region_of_home()) | np.uint32(s.FIRST_NAMED)
        named = party.ids != _WITHHELD
        return rows[named], _placed(party, named, 0)

    def _subscribers(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> tuple[NDArray[np.void], dict[int, str]]:
        rows = self._start(records, offsets, s.SUBSCRIBER)
        rows["event_ms"] = rows["start_ms"] = [r.at_ms for r in records]
        rows["detail"] = [EVENTS.index(r.event) for r in records]
        return self._single(rows, Party([r.number for r in records], self.plans), s.SUBJECT)

    def _verdicts(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> tuple[NDArray[np.void], dict[int, str]]:
        rows = self._start(records, offsets, s.VERDICT)
        rows["event_ms"] = rows["start_ms"] = [r.at_ms for r in records]
        rows["detail"] = [int(r.verdict == "fraud") for r in records]
        rows["fraud_type"] = [_type_code(r.fraud_type) for r in records]
        return self._single(rows, Party([r.number for r in records], self.plans), s.JUDGED)


def _placed(party: Party, named: NDArray[np.bool_], begin: int) -> dict[int, str]:
    """The party's odd forms by their row, once the withheld ones are left out and `begin` rows stand before."""
    if not party.odd:
        return {}
    rows = np.cumsum(named) - 1 + begin
    return {int(rows[index]): text for index, text in party.odd.items()}


def call_event_ms(records: Sequence[Any]) -> NDArray[np.int64]:
    """Event time of each call, its end, in ms; far out of range for durations that no call can have."""
    start = np.array([r.start_ms for r in records], np.int64)
    lasted_s = np.array([r.duration_s + (r.ring_s or 0.0) for r in records], np.float64)
    return start + np.rint(np.clip(lasted_s, -1e12, 1e12) * 1000).astype(np.int64)


def _combine(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = (one ^ (one >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + two
    return (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93) | np.uint64(1)


def _type_code(fraud_type: str | None) -> int:
    if fraud_type is None:
        return 255
    return FRAUD_TYPES.index(fraud_type) if fraud_type in FRAUD_TYPES else 254
