"""Records to columns of sightings: who was seen in which role, one function per kind of record."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.pretrained.text import UNFAMILIAR, TextModel
from linewatch.stream.campaigns.campaigns import Bad, Campaigns, Message
from linewatch.stream.campaigns.entities import leads_somewhere
from linewatch.stream.intake.local_time import night_and_weekend
from linewatch.stream.intake.numbers import MOBILE, PREMIUM, REGION_SHIFT, VALID, NumberPlans
from linewatch.stream.intake.read import CallFields, Read, SmsFields, Texts, VerdictFields
from linewatch.stream.intake.spread import Columns, Sides
from linewatch.stream.intake.trunks import Trunks, begins_with
from linewatch.stream.order import sighting as s
from linewatch.stream.records.columns import HASHED, Spans, hash_column, hash_spans, spans

EVENTS = ("activated", "sim_changed", "device_changed", "forwarding_set", "ported", "recycled")
_EVENT_CODES = {event: code for code, event in enumerate(EVENTS)}
_WITHHELD = np.uint64(0)
_CAMPAIGN: Final = 0.9
"""The probability that a message of a bad campaign counts with, where its own text says less."""
_ORDINARY: Final = 0.8
"""A text whose chance of being harmless is so great is not asked for its campaign."""
_NO_TEXT = np.frombuffer(b"\0", np.uint8)
"""Read-only, as all buffers of strings are: one type, and so one compilation of what reads them."""


class Party:
    """One side of a batch of records: the ids, the forms that no id gives back, the plan facts."""

    def __init__(self, texts: Sequence[str], plans: NumberPlans) -> None:
        self.texts = spans(texts)
        self.ids, self.odd = plans.ids_of(self.texts, texts)
        self.facts = plans.facts(self.ids)
        self.regions = self.facts >> REGION_SHIFT
        self.valid = (self.facts & VALID) != 0

    def but(self, texts: Texts, plans: NumberPlans) -> "Party":
        """The same, with the numbers of `texts` in place of those beside them; an empty one leaves the number as it is."""
        places = np.flatnonzero(np.fromiter(map(bool, texts), np.bool_, len(texts)))
        if not len(places):
            return self
        others = Party([text for text in texts if text], plans)
        made = copy(self)
        for name in ("ids", "facts", "regions", "valid"):
            column = getattr(self, name).copy()
            column[places] = getattr(others, name)
            setattr(made, name, column)
        return made

    def take(self, which: NDArray[np.int64]) -> "Party":
        """Some of them; without their texts."""
        made = copy(self)
        for name in ("ids", "odd", "facts", "regions", "valid"):
            setattr(made, name, getattr(self, name)[which])
        return made

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which are not withheld."""
        return self.ids != _WITHHELD

    def bits(self, home: int) -> NDArray[np.uint32]:
        """The flags that concern this party as the entity."""
        number = self.ids < np.uint64(HASHED)
        bits = _where(self.valid, s.ENTITY_VALID) | _where((self.facts & MOBILE) != 0, s.ENTITY_MOBILE)
        bits |= _where(number, s.ENTITY_NUMBER)
        if home:
            bits |= _where(number & (self.regions != home), s.ENTITY_FOREIGN)
        return bits

    def bits_beside(self, entity: "Party") -> NDArray[np.uint32]:
        """The flags that concern this party as the counterparty of `entity`."""
        abroad = (entity.regions > 0) & (self.regions > 0) & (entity.regions != self.regions)
        bits = _where(self.valid, s.OTHER_VALID) | _where((self.facts & PREMIUM) != 0, s.PREMIUM)
        return bits | _where(abroad, s.INTERNATIONAL)

    def forms(self) -> Spans:
        """The text of each whose form is not `+` and digits, empty for the others."""
        return Spans(self.texts.buffer, self.texts.begins, np.where(self.odd, self.texts.ends, self.texts.begins))


class Places(NamedTuple):
    """Where records stand in their source partition, and the broker's timestamps."""

    offsets: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]


class FanOut:
    """Makes columns of decoded records; holds only caches, so that any two instances make the same."""

    def __init__(self, operator: Operator, text_model: TextModel | None, campaigns: Campaigns | None = None) -> None:
        self.operator = operator
        self.campaigns = campaigns
        self.plans = NumberPlans(operator.country)
        self.text_model = text_model
        self.on_texts: Callable[[Sequence[str], list[Any]], None] | None = None
        self._home = 0
        self._networks = frozenset(operator.plmn)
        self.trunks = Trunks(operator)
        self._own_prefixes = [int(prefix[1:]) for prefix in operator.own_prefixes if prefix[1:].isdigit()]

    def parties(self, read: Read) -> tuple[Party, Party | None]:
        """Who acts and who is reached, None where the kind names one party."""
        return Party(read.first, self.plans), Party(read.others, self.plans) if read.others else None

    def columns(self, kind: str, read: Read, parties: tuple[Party, Party | None], places: Places) -> Columns:
        """The columns of records of one kind, read, with their parties."""
        one, two = parties
        if kind == "call":
            assert two is not None
            return self._calls(read, places, one, two)
        if kind == "sms":
            assert two is not None
            return self._messages(read, places, one, two)
        return self._subscribers(read, places, one) if kind == "subscriber" else self._verdicts(read, places, one)

    def _region_of_home(self) -> int:
        if self.operator.country and not self._home and self.operator.country in self.plans.regions:
            self._home = self.plans.regions.index(self.operator.country)
        return self._home

    def _calls(self, read: Read, places: Places, caller: Party, called: Party) -> Columns:
        fields: CallFields = read.fields
        count = len(read.ids)
        leg = np.fromiter(map(s.LEGS.__getitem__, fields.leg), np.uint8, count)
        duration_s = fields.duration_s.astype(np.float32)
        dialled = called.but(fields.redirecting, self.plans)  # whom the caller meant, whichever leg of a forwarded call this is
        bits = _where(fields.cause == 1.0, s.UNALLOCATED) | self._local_time(read.event_ms, caller, called)
        trunks = self.trunks.codes(fields.trunk_in)
        self.trunks.count(trunks, duration_s, fields.ring_s, fields.cause)
        bits |= self.trunks.bits(trunks) | self.trunks.signed(fields.attestation)
        base = _combine(caller.ids, duration_s.view(np.uint32).astype(np.uint64))
        sides = ((leg == s.LEGS["mo"]) | (leg == 0), leg == s.LEGS["mt"])
        one, two = self._two_sides(fields, (caller, dialled), (called, caller), sides)
        one.bits[begins_with(caller.ids, self._own_prefixes)] |= np.uint32(s.ENTITY_OWN)
        columns = _plain(s.CALL, s.CALLER, read, places, one, two)
        return columns._replace(
            start_ms=fields.start_ms,
            call_ref=hash_column(fields.call_ref),
            pair=_combine(base, called.ids),
            pair_redirected=np.where(dialled.ids != called.ids, _combine(base, dialled.ids), 0),
            duration_s=duration_s,
            ring_s=np.where(np.isnan(fields.ring_s), -1.0, fields.ring_s).astype(np.float32),
            bits=bits,
            leg=leg,
            beside=caller.forms(),
        )

    def _messages(self, read: Read, places: Places, sender: Party, recipient: Party) -> Columns:
        everyone = np.ones(len(read.ids), np.bool_)
        one, two = self._two_sides(read.fields, (sender, recipient), (recipient, sender), (everyone, ~everyone))
        texts, having, campaigns = self._texts(read)
        columns = _plain(s.SMS, s.CALLER, read, places, one, two)
        bits = self._local_time(read.event_ms, sender, recipient) | having
        return columns._replace(texts=texts, bits=bits, detail=campaigns, beside=sender.forms())

    def _local_time(self, event_ms: NDArray[np.int64], one: Party, other: Party) -> NDArray[np.uint32]:
        regions = np.where(one.regions > 0, one.regions, other.regions)
        night, weekend = night_and_weekend(event_ms, regions, self.plans.regions, self.operator.timezone)
        return _where(night, s.NIGHT) | _where(weekend, s.WEEKEND)

    def forwarded(self, read: Read, places: Places, caller: Party, called: Party) -> tuple[Columns, NDArray[np.int64]] | None:
        """Columns of the numbers that forwarded calls, and of which records they are; None without any. No leg is in their name.

        The counterparty is where the call went, the handset's place has the caller. They account for no record.
        """
        fields: CallFields = read.fields
        which = np.flatnonzero(np.fromiter(map(bool, fields.redirecting), np.bool_, len(read.ids)))
        if not len(which):
            return None
        kept = which.tolist()
        forwarder = Party([fields.redirecting[index] or "" for index in kept], self.plans)
        caller, called = caller.take(which), called.take(which)
        some = Read([read.ids[index] for index in kept], (), (), read.event_ms[which], read.possible[which], None)
        bits = forwarder.bits(self._region_of_home()) | called.bits_beside(forwarder) | _where(forwarder.odd, s.ODD_FORM)
        duration_s = fields.duration_s[which].astype(np.float32)
        base = _combine(caller.ids, duration_s.view(np.uint32).astype(np.uint64))
        none = np.zeros(len(which), np.uint64)
        one = Sides(forwarder.ids, called.ids, bits, caller.ids, none)
        spots = Places(places.offsets[which], places.timestamps_ms[which])
        columns = _plain(s.CALL, s.FORWARDER, some, spots, one, _nobody(len(which)))
        return (
            columns._replace(
                start_ms=fields.start_ms[which],
                call_ref=hash_column([fields.call_ref[index] for index in kept]),
                pair=_combine(base, forwarder.ids),
                duration_s=duration_s,
                leg=np.fromiter((s.LEGS[fields.leg[index]] for index in kept), np.uint8, len(kept)),
                beside=forwarder.forms(),
            ),
            which,
        )

    def _texts(self, read: Read) -> tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.int32]]:
        """Fraud, spam and otp probabilities, `[n, 3]`, 0 without a text; the bit that says there was one; bad campaigns.

        A text that is unlike anything the model knows counts as none, unless its campaign says more.
        """
        texts: Texts = read.fields.text
        having = np.array([index for index, text in enumerate(texts) if text], np.int64)
        made, bits = np.zeros((len(texts), 3), np.float32), np.zeros(len(texts), np.uint32)
        details = np.zeros(len(texts), np.int32)
        if self.text_model is None or not len(having):
            if self.on_texts is not None:
                self.on_texts(read.ids, [None] * len(texts))
            return made, bits, details
        scores = self.text_model.score([text for text in texts if text], [read.first[index] for index in having.tolist()])
        if self.on_texts is not None:
            by_place = dict(zip(having.tolist(), scores, strict=True))
            self.on_texts(read.ids, [by_place.get(index) for index in range(len(texts))])
        known = scores[:, 4] >= UNFAMILIAR
        made[having[known]] = np.round(scores[known, :3].astype(np.float64), 4)
        bits[having[known]] = s.HAS_TEXT
        if self.campaigns is not None:
            for place, bad in self._of_campaigns(self.campaigns, read, having, scores):
                column = int(bad.fraud_type == "sms_spam")
                made[place, column] = max(made[place, column], _CAMPAIGN)
                bits[place] = s.HAS_TEXT
                details[place] = s.campaign_detail(bad.numbers, bad.lasted_ms)
        return made, bits, details

    def _of_campaigns(
        self, campaigns: Campaigns, read: Read, having: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> Iterator[tuple[int, Bad]]:
        """Messages whose campaigns are bad, and how.

        Asked only where a text is not ordinary beyond doubt, or cannot be read and leads somewhere, and its sender is a
        number: services send what is alike.
        """
        texts, senders, places_of = read.fields.text, read.first, having.tolist()
        unfamiliar = scores[:, 4] < UNFAMILIAR
        doubtful = np.flatnonzero((scores[:, 3] + scores[:, 2] < _ORDINARY) | unfamiliar)
        asked = np.array(
            [
                row
                for row, unread in zip(doubtful.tolist(), unfamiliar[doubtful].tolist(), strict=True)
                if senders[places_of[row]][:1] == "+" and (not unread or leads_somewhere(texts[places_of[row]]))
            ],
            np.int64,
        )
        places = having[asked].tolist()
        times, fraud, familiar = read.event_ms[places].tolist(), scores[asked, 0].tolist(), scores[asked, 4].tolist()
        judged = campaigns.take(
            [
                Message(texts[place], senders[place], read.others[place], times[row], fraud[row], familiar[row])
                for row, place in enumerate(places)
            ]
        )
        return ((place, bad) for place, bad in zip(places, judged, strict=True) if bad is not None)

    def _roaming(self, plmn: Texts) -> NDArray[np.uint32]:
        if not self._networks:
            return np.zeros(len(plmn), np.uint32)
        bits = {network: s.ROAMING if network and network not in self._networks else 0 for network in set(plmn)}
        return np.fromiter(map(bits.__getitem__, plmn), np.uint32, len(plmn))

    def _two_sides(
        self,
        fields: CallFields | SmsFields,
        one: tuple[Party, Party],
        two: tuple[Party, Party],
        sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    ) -> tuple[Sides, Sides]:
        """The party that acts and the one that is reached, each with its counterparty; a withheld one has no sighting.

        `sides` says who was served.
        """
        handset, cell = hash_column(fields.imei), hash_column(fields.cell)
        served = self._roaming(fields.plmn) | np.uint32(s.SERVED)
        home = self._region_of_home()
        acting = one[0]
        first = (_where(acting.odd, s.ODD_FORM) | np.uint32(s.FIRST_NAMED), _where(acting.ids == _WITHHELD, s.FIRST_NAMED))
        made = []
        for (party, other), side, own in zip((one, two), sides, first, strict=True):
            bits = own | party.bits(home) | other.bits_beside(party) | np.where(side, served, np.uint32(0))
            made.append(Sides(party.ids, other.ids, bits, np.where(side, handset, 0), np.where(side, cell, 0)))
        return made[0], made[1]

    def _single(self, party: Party) -> Sides:
        none = np.zeros(len(party.ids), np.uint64)
        return Sides(party.ids, none, party.bits(self._region_of_home()) | np.uint32(s.FIRST_NAMED), none, none)

    def _subscribers(self, read: Read, places: Places, one: Party) -> Columns:
        subject, target = self._single(one), Party([text or "" for text in read.fields.target], self.plans)
        subject = subject._replace(other=target.ids, bits=subject.bits | target.bits_beside(one))
        columns = _plain(s.SUBSCRIBER, s.SUBJECT, read, places, subject, _nobody(len(read.ids)))
        return columns._replace(detail=np.array([_EVENT_CODES[event] for event in read.fields.event], np.int32))

    def _verdicts(self, read: Read, places: Places, one: Party) -> Columns:
        fields: VerdictFields = read.fields
        columns = _plain(s.VERDICT, s.JUDGED, read, places, self._single(one), _nobody(len(read.ids)))
        return columns._replace(
            beside=spans(fields.source),
            detail=np.array([int(verdict == "fraud") for verdict in fields.verdict], np.int32),
            fraud_type=np.array([_type_code(fraud_type) for fraud_type in fields.fraud_type], np.uint8),
        )


def _where(mask: NDArray[np.bool_], bit: int) -> NDArray[np.uint32]:
    return mask.astype(np.uint32) * np.uint32(bit)


def _nobody(count: int) -> Sides:
    none = np.zeros(count, np.uint64)
    return Sides(none, none, np.zeros(count, np.uint32), none, none)


def _plain(kind: int, role: int, read: Read, places: Places, one: Sides, two: Sides) -> Columns:
    """Columns with nothing said beyond who was seen when."""
    count, ids, event_ms = len(read.ids), spans(read.ids), read.event_ms
    none, zero = np.zeros(count, np.uint64), np.zeros(count, np.int64)
    return Columns(
        kind=kind,
        role=role,
        one=one,
        two=two,
        record=hash_spans(ids),
        ids=ids,
        beside=Spans(_NO_TEXT, zero, zero),
        offset=places.offsets,
        arrived_ms=places.timestamps_ms,
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


def _combine(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = (one ^ (one >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + two
    return (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93) | np.uint64(1)


def _type_code(fraud_type: str | None) -> int:
    if fraud_type is None:
        return 255
    return FRAUD_TYPES.index(fraud_type) if fraud_type in FRAUD_TYPES else 254
