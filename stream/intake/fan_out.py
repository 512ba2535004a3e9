"""Records to columns of sightings: who was seen in which role, one function per kind of record."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.local_time import night_and_weekend
from linewatch.stream.intake.numbers import MOBILE, PREMIUM, REGION_SHIFT, VALID, NumberPlans
from linewatch.stream.intake.spread import Columns, Sides
from linewatch.stream.order import sighting as s
from linewatch.stream.records.columns import HASHED, Spans, hash_column, hash_spans, spans

EVENTS = ("activated", "sim_changed", "device_changed", "forwarding_set", "ported", "recycled")
_EVENT_CODES = {event: code for code, event in enumerate(EVENTS)}
_WITHHELD = np.uint64(0)
_NO_TEXT = np.frombuffer(b"\0", np.uint8)
"""Read-only, as all buffers of strings are: one type, and so one compilation of what reads them."""


class Party:
    """One side of a batch of records: the ids, the forms that no id gives back, the plan facts."""

    def __init__(self, texts: list[str], plans: NumberPlans) -> None:
        self.texts = spans(texts)
        self.ids, self.odd = plans.ids_of(self.texts)
        self.facts = plans.facts(self.ids)
        self.regions = self.facts >> REGION_SHIFT
        self.valid = (self.facts & VALID) != 0

    def bits(self, home: int) -> NDArray[np.uint32]:
        """The flags that concern this party as the entity."""
        number = self.ids < np.uint64(HASHED)
        bits = _where(self.valid, s.ENTITY_VALID) | _where((self.facts & MOBILE) != 0, s.ENTITY_MOBILE)
        bits |= _where(number, s.ENTITY_NUMBER)
        if home:
            bits |= _where(number & (self.regions != home), s.ENTITY_FOREIGN)
        return bits

    def forms(self) -> Spans:
        """The text of each whose form is not `+` and digits, empty for the others."""
        return Spans(self.texts.buffer, self.texts.begins, np.where(self.odd, self.texts.ends, self.texts.begins))


class FanOut:
    """Makes columns of decoded records; holds only caches, so that any two instances make the same."""

    def __init__(self, operator: Operator, text_model: TextModel | None) -> None:
        self.operator = operator
        self.plans = NumberPlans(operator.country)
        self.text_model = text_model
        self.on_texts: Callable[[list[Any], list[Any]], None] | None = None
        self._home = 0
        self._networks = frozenset(operator.plmn)

    def columns(self, kind: str, records: Sequence[Any], offsets: NDArray[np.int64]) -> Columns:
        """The columns of records of one kind."""
        make = {"call": self._calls, "sms": self._messages, "subscriber": self._subscribers, "verdict": self._verdicts}
        return make[kind](records, offsets)

    def _region_of_home(self) -> int:
        if self.operator.country and not self._home and self.operator.country in self.plans.regions:
            self._home = self.plans.regions.index(self.operator.country)
        return self._home

    def _calls(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> Columns:
        caller = Party([r.calling for r in records], self.plans)
        called = Party([r.called for r in records], self.plans)
        event_ms = event_ms_of("call", records)
        leg = np.array([s.LEGS[r.leg] for r in records], np.uint8)
        duration_s = np.array([r.duration_s for r in records], np.float32)
        bits = _where(np.array([r.cause == 1 for r in records]), s.UNALLOCATED)
        bits |= _where((called.facts & PREMIUM) != 0, s.PREMIUM) | self._together(event_ms, caller, called)
        base = _combine(caller.ids, duration_s.view(np.uint32).astype(np.uint64))
        sides = ((leg == s.LEGS["mo"]) | (leg == 0), leg == s.LEGS["mt"])
        one, two = self._two_sides(records, caller, called, sides)
        ids = spans([record.record_id for record in records])
        columns = _plain(s.CALL, s.CALLER, ids, offsets, event_ms, one, two)
        return columns._replace(
            start_ms=np.array([r.start_ms for r in records], np.int64),
            call_ref=hash_column([r.call_ref for r in records]),
            pair=_combine(base, called.ids),
            pair_redirected=self._redirected(base, records),
            duration_s=duration_s,
            ring_s=np.array([-1.0 if r.ring_s is None else r.ring_s for r in records], np.float32),
            bits=bits,
            leg=leg,
            beside=caller.forms(),
        )

    def _messages(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> Columns:
        sender = Party([r.sender for r in records], self.plans)
        recipient = Party([r.recipient for r in records], self.plans)
        event_ms = np.array([r.submit_ms for r in records], np.int64)
        everyone = np.ones(len(records), np.bool_)
        one, two = self._two_sides(records, sender, recipient, (everyone, ~everyone))
        texts, having = self._texts(records)
        ids = spans([record.record_id for record in records])
        columns = _plain(s.SMS, s.CALLER, ids, offsets, event_ms, one, two)
        bits = self._together(event_ms, sender, recipient) | having
        return columns._replace(texts=texts, bits=bits, beside=sender.forms())

    def _redirected(self, base: NDArray[np.uint64], records: Sequence[Any]) -> NDArray[np.uint64]:
        redirecting = [r.redirecting for r in records]
        if not any(redirecting):
            return np.zeros(len(records), np.uint64)
        ids = self.plans.ids([text or "" for text in redirecting])
        return np.where(ids, _combine(base, ids), 0)

    def _together(self, event_ms: NDArray[np.int64], one: Party, other: Party) -> NDArray[np.uint32]:
        known = (one.regions > 0) & (other.regions > 0)
        regions = np.where(one.regions > 0, one.regions, other.regions)
        night, weekend = night_and_weekend(event_ms, regions, self.plans.regions, self.operator.timezone)
        bits = _where(known & (one.regions != other.regions), s.INTERNATIONAL)
        return bits | _where(night, s.NIGHT) | _where(weekend, s.WEEKEND)

    def _texts(self, records: Sequence[Any]) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
        """Fraud, spam and otp probabilities, `[n, 3]`, 0 without a text, and the bit that says there was one."""
        having = [index for index, record in enumerate(records) if record.text]
        scores = self.text_model.score([records[index].text for index in having]) if self.text_model and having else None
        if self.on_texts is not None:
            by_place = dict(zip(having, scores, strict=True)) if scores is not None else {}
            self.on_texts(list(records), [by_place.get(index) for index in range(len(records))])
        texts, bits = np.zeros((len(records), 3), np.float32), np.zeros(len(records), np.uint32)
        if scores is not None:
            texts[having] = np.round(scores[:, :3].astype(np.float64), 4)
            bits[having] = s.HAS_TEXT
        return texts, bits

    def _roaming(self, plmn: list[str | None]) -> NDArray[np.uint32]:
        networks = self._networks
        if not networks:
            return np.zeros(len(plmn), np.uint32)
        return np.array([s.ROAMING if network and network not in networks else 0 for network in plmn], np.uint32)

    def _two_sides(
        self, records: Sequence[Any], one: Party, two: Party, sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    ) -> tuple[Sides, Sides]:
        """The party that acts and the one that is reached; a withheld one has no sighting. `sides` says who was served."""
        handset, cell = hash_column([r.imei for r in records]), hash_column([r.cell for r in records])
        served = self._roaming([r.plmn for r in records]) | np.uint32(s.SERVED)
        home = self._region_of_home()
        first = (_where(one.odd, s.ODD_FORM) | np.uint32(s.FIRST_NAMED), _where(one.ids == _WITHHELD, s.FIRST_NAMED))
        made = []
        for party, other, side, own in ((one, two, sides[0], first[0]), (two, one, sides[1], first[1])):
            bits = own | party.bits(home) | _where(other.valid, s.OTHER_VALID) | np.where(side, served, np.uint32(0))
            made.append(Sides(party.ids, bits, np.where(side, handset, 0), np.where(side, cell, 0)))
        return made[0], made[1]

    def _single(self, texts: list[str]) -> Sides:
        party = Party(texts, self.plans)
        none = np.zeros(len(texts), np.uint64)
        return Sides(party.ids, party.bits(self._region_of_home()) | np.uint32(s.FIRST_NAMED), none, none)

    def _subscribers(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> Columns:
        one = self._single([r.number for r in records])
        ids, event_ms = spans([r.record_id for r in records]), np.array([r.at_ms for r in records], np.int64)
        columns = _plain(s.SUBSCRIBER, s.SUBJECT, ids, offsets, event_ms, one, _nobody(len(records)))
        return columns._replace(detail=np.array([_EVENT_CODES[r.event] for r in records], np.int32))

    def _verdicts(self, records: Sequence[Any], offsets: NDArray[np.int64]) -> Columns:
        one = self._single([r.number for r in records])
        ids, event_ms = spans([r.record_id for r in records]), np.array([r.at_ms for r in records], np.int64)
        columns = _plain(s.VERDICT, s.JUDGED, ids, offsets, event_ms, one, _nobody(len(records)))
        return columns._replace(
            beside=spans([r.source for r in records]),
            detail=np.array([int(r.verdict == "fraud") for r in records], np.int32),
            fraud_type=np.array([_type_code(r.fraud_type) for r in records], np.uint8),
        )


def _where(mask: NDArray[np.bool_], bit: int) -> NDArray[np.uint32]:
    return mask.astype(np.uint32) * np.uint32(bit)


def _nobody(count: int) -> Sides:
    none = np.zeros(count, np.uint64)
    return Sides(none, np.zeros(count, np.uint32), none, none)


def _plain(
    kind: int, role: int, ids: Spans, offsets: NDArray[np.int64], event_ms: NDArray[np.int64], one: Sides, two: Sides
) -> Columns:
    """Columns with nothing said beyond who was seen when."""
    count = len(offsets)
    none, zero = np.zeros(count, np.uint64), np.zeros(count, np.int64)
    return Columns(
        kind=kind,
        role=role,
        one=one,
        two=two,
        record=hash_spans(ids),
        ids=ids,
        beside=Spans(_NO_TEXT, zero, zero),
        offset=offsets,
        event_ms=event_ms,
        start_ms=event_ms,
        call_ref=none,
        pair=none,
        pair_redirected=none,
        duration_s=np.zeros(count, np.float32),
        ring_s=np.full(count, -1.0, np.float32),
        texts=np.zeros((count, 3), np.float32),
        bits=np.zeros(count, np.uint32),
        detail=np.zeros(count, np.int32),
        leg=np.zeros(count, np.uint8),
        fraud_type=np.zeros(count, np.uint8),
    )


def event_ms_of(kind: str, records: Sequence[Any]) -> NDArray[np.int64]:
    """Event time of each record in ms: of a call its end; far out of range for durations that no call can have."""
    if kind != "call":
        return np.array([r.submit_ms if kind == "sms" else r.at_ms for r in records], np.int64)
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
