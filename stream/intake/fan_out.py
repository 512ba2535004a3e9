"""Records to columns of sightings: who was seen in which role, one function per kind of record."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.taught import HARMLESS
from linewatch.models.pretrained.text import UNFAMILIAR, Reading, TextModel
from linewatch.models.texts.batch import Batch
from linewatch.stream.campaigns.campaigns import Bad, Campaigns, Message, is_number
from linewatch.stream.campaigns.entities import leads_somewhere
from linewatch.stream.intake.local_time import night_and_weekend
from linewatch.stream.intake.memories import Memories
from linewatch.stream.intake.numbers import REGION_SHIFT, NumberPlans
from linewatch.stream.intake.read import CallFields, Read, SmsFields, Texts, VerdictFields, taken
from linewatch.stream.intake.reputation import Whence
from linewatch.stream.intake.sides import WITHHELD, Known, Served, Sides, bits_of, two_sides
from linewatch.stream.intake.spread import Columns
from linewatch.stream.intake.trunks import Trunks, begins_with
from linewatch.stream.order import sighting as s
from linewatch.stream.records.columns import NO_SPANS, Spans, hash_column, hash_spans, spans

EVENTS = ("activated", "sim_changed", "device_changed", "forwarding_set", "ported", "recycled")
_EVENT_CODES = {event: code for code, event in enumerate(EVENTS)}
_CAMPAIGN: Final = 0.9
"""The probability that a message of a bad campaign counts with, where its own text says less."""
_UNWANTED: Final = 0.5
"""The probability of fraud and spam together from which on it is told what speaks against a text."""


class Party:
    """One side of a batch of records: the ids, the forms that no id gives back, the plan facts."""

    def __init__(self, texts: Spans, plans: NumberPlans) -> None:
        self.texts = texts
        ids, odd = plans.ids_of(texts)
        self.known = Known(ids, plans.facts(ids), odd)

    @property
    def ids(self) -> NDArray[np.uint64]:
        """The entities, 0 for one that is withheld."""
        return self.known.ids

    @property
    def regions(self) -> NDArray[np.int64]:
        """The regions of the numbers, 0 for none."""
        return self.known.facts >> REGION_SHIFT

    def but(self, texts: Texts, plans: NumberPlans) -> "Party":
        """The same, with the numbers of `texts` in place of those beside them; an empty one leaves the number as it is."""
        if not any(texts):
            return self
        places = np.flatnonzero(np.fromiter(map(bool, texts), np.bool_, len(texts)))
        others = Party(spans([text for text in texts if text]), plans).known
        made, (ids, facts, odd) = copy(self), self.known
        ids, facts = ids.copy(), facts.copy()
        ids[places], facts[places] = others.ids, others.facts
        made.known = Known(ids, facts, odd)
        return made

    def take(self, which: NDArray[np.int64]) -> Known:
        """Some of them; without their texts."""
        ids, facts, odd = self.known
        return Known(ids[which], facts[which], odd[which])

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which are not withheld."""
        return self.ids != WITHHELD

    def forms(self) -> Spans:
        """The text of each whose form is not `+` and digits, empty for the others."""
        return Spans(self.texts.buffer, self.texts.begins, np.where(self.known.odd, self.texts.ends, self.texts.begins))


class Places(NamedTuple):
    """Where records stand: which source of those read together, its offset there, and the broker's timestamp."""

    sources: NDArray[np.uint16]
    offsets: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]

    def take(self, which: NDArray[Any]) -> "Places":
        """Some of them."""
        return Places(*(column[which] for column in self))


class FanOut:
    """Makes columns of decoded records; holds only caches, so that any two instances make the same; but for feedback's memories."""

    def __init__(self, operator: Operator, text_model: TextModel | None, memories: Memories | None = None) -> None:
        self.operator = operator
        self.memories = memories
        self.plans = NumberPlans(operator.country)
        self.text_model = text_model
        self.on_texts: Callable[[Sequence[str], list[Any]], None] | None = None
        self._home = 0
        self._networks = frozenset(operator.plmn)
        self.trunks = Trunks(operator)
        voting = [number for number, service in operator.registered.items() if service == "televote"]
        self._voting = self.plans.ids(voting)
        self._own_prefixes, self._own_codes = operator.own_ranges, self.plans.ids(operator.short_codes)

    def parties(self, read: Read) -> tuple[Party, Party | None]:
        """Who acts and who is reached, None where the kind names one party."""
        return Party(read.first, self.plans), Party(read.others, self.plans) if len(read.others.begins) else None

    def columns(
        self, kind: str, read: Read, parties: tuple[Party, Party | None], places: Places, met_ms: NDArray[np.int64]
    ) -> Columns:
        """The columns of records of one kind, read, with their parties; for `met_ms`, by which memories go, see `clock.Seen`."""
        one, two = parties
        if kind == "call":
            assert two is not None
            return self._calls(read, places, one, two, met_ms)
        if kind == "sms":
            assert two is not None
            return self._messages(read, places, one, two, met_ms)
        return self._subscribers(read, places, one) if kind == "subscriber" else self._verdicts(read, places, one)

    def _region_of_home(self) -> int:
        if self.operator.country and not self._home and self.operator.country in self.plans.regions:
            self._home = self.plans.regions.index(self.operator.country)
        return self._home

    def _calls(self, read: Read, places: Places, caller: Party, called: Party, met_ms: NDArray[np.int64]) -> Columns:
        fields: CallFields = read.fields
        count = len(read.event_ms)
        leg = np.fromiter(map(s.LEGS.__getitem__, fields.leg), np.uint8, count)
        duration_s = _lasted(fields)
        dialled = called.but(fields.redirecting, self.plans)  # whom the caller meant, whichever leg of a forwarded call this is
        bits = _where(fields.cause == 1.0, s.UNALLOCATED) | self._local_time(read.event_ms, caller, called)
        if len(self._voting):
            bits |= _where(np.isin(dialled.ids, self._voting), s.TO_VOTE)
        trunks = self.trunks.codes(fields.trunk_in)
        self.trunks.count(trunks, duration_s, fields.ring_s, fields.cause)
        bits |= self.trunks.bits(trunks) | self.trunks.signed(fields.attestation)
        base = _combine(caller.ids, duration_s.view(np.uint32).astype(np.uint64))
        sides = ((leg == s.LEGS["mo"]) | (leg == 0), leg == s.LEGS["mt"])
        one, two = self._two_sides(read, (caller, dialled, called), sides, met_ms)
        one.bits[self._own(caller.ids)] |= np.uint32(s.ENTITY_OWN)
        columns = _plain(s.CALL, s.CALLER, read, places, one, two)
        return columns._replace(
            start_ms=fields.start_ms,
            call_ref=hash_spans(fields.call_ref),
            pair=_combine(base, called.ids),
            pair_redirected=np.where(dialled.ids != called.ids, _combine(base, dialled.ids), 0),
            duration_s=duration_s,
            ring_s=np.where(np.isnan(fields.ring_s), -1.0, fields.ring_s).astype(np.float32),
            bits=bits,
            leg=leg,
            beside=caller.forms(),
        )

    def _own(self, ids: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which callers are of the operator's ranges or short codes."""
        ranged = begins_with(ids, self._own_prefixes)
        return ranged | np.isin(ids, self._own_codes) if len(self._own_codes) else ranged

    def whence(self, read: Read, parties: tuple[Party, Party | None], columns: Columns) -> Whence:
        """Of calls or messages who acts, and from where: its equipment, or else the trunk by which a call came in."""
        one, two = parties
        assert two is not None
        served = columns.one.bits & np.uint32(s.SERVED) > 0
        crosses = (one.regions > 0) & (two.regions > 0) & (one.regions != two.regions)
        none = np.zeros(len(served), np.uint64)
        trunks = self.trunks.keys(self.trunks.codes(read.fields.trunk_in)) if columns.kind == s.CALL else none
        countries = np.where(crosses, one.regions << 16 | two.regions, 0).astype(np.uint64)
        networks = np.where(served, _hashed_few(read.fields.plmn), none)
        return Whence(one.ids, (columns.one.handset, columns.one.cell, np.where(served, none, trunks), networks, countries))

    def _messages(self, read: Read, places: Places, sender: Party, recipient: Party, met_ms: NDArray[np.int64]) -> Columns:
        everyone = np.ones(len(read.event_ms), np.bool_)
        one, two = self._two_sides(read, (sender, recipient, recipient), (everyone, ~everyone), met_ms)
        texts, having, campaigns = self._texts(read, sender.ids, recipient.ids, met_ms)
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
        if not any(fields.redirecting):
            return None
        which = np.flatnonzero(np.fromiter(map(bool, fields.redirecting), np.bool_, len(read.event_ms)))
        some = taken(read, which)
        fields = some.fields
        forwarder = Party(spans(fields.redirecting), self.plans)
        sender, reached = caller.take(which), called.take(which)
        bits = bits_of(forwarder.known, reached, self._region_of_home())
        duration_s = _lasted(fields)
        base = _combine(sender.ids, duration_s.view(np.uint32).astype(np.uint64))
        none = np.zeros(len(which), np.uint64)
        one = Sides(forwarder.ids, reached.ids, bits, sender.ids, none)
        columns = _plain(s.CALL, s.FORWARDER, some, places.take(which), one, _nobody(len(which)))
        return (
            columns._replace(
                start_ms=fields.start_ms,
                call_ref=hash_spans(fields.call_ref),
                pair=_combine(base, forwarder.ids),
                duration_s=duration_s,
                leg=np.fromiter(map(s.LEGS.__getitem__, fields.leg), np.uint8, len(which)),
                beside=forwarder.forms(),
            ),
            which,
        )

    def _texts(
        self, read: Read, senders: NDArray[np.uint64], recipients: NDArray[np.uint64], met_ms: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint32], NDArray[np.int32]]:
        """Fraud, spam and otp probabilities, `[n, 3]`, 0 without a text; the bit that says there was one; bad campaigns.

        A text that is unlike anything the model knows counts as none, unless its campaign says more.
        """
        fields: SmsFields = read.fields
        texts = fields.text
        having = np.array([index for index, text in enumerate(texts) if text], np.int64)
        made, bits = np.zeros((len(texts), 3), np.float32), np.zeros(len(texts), np.uint32)
        details = np.zeros(len(texts), np.int32)
        if self.text_model is None or not len(having):
            if self.on_texts is not None:
                self.on_texts(_strings(read.ids), [None] * len(texts))
            return made, bits, details
        having_text = [text for text in texts if text]
        batch = Batch(having_text) if self.memories is None else Batch(having_text, self.memories.seed)
        scores, shown = self._read_texts(batch, read, having, senders, met_ms)
        if self.on_texts is not None:
            by_place = dict(zip(having.tolist(), scores, strict=True))
            self.on_texts(_strings(read.ids), [by_place.get(index) for index in range(len(texts))])
        known = scores[:, 4] >= UNFAMILIAR
        made[having[known]] = np.round(scores[known, :3].astype(np.float64), 4)
        told = np.where(scores[:, 0] + scores[:, 1] >= _UNWANTED, shown.astype(np.uint32) << np.uint32(s.TEXT_SHIFT), 0)
        bits[having[known]] = told[known] | s.HAS_TEXT
        if self.memories is not None:
            for place, bad in self._of_campaigns(self.memories.campaigns, batch, having, scores, (senders, recipients, met_ms)):
                column = int(bad.fraud_type == "sms_spam")
                made[place, column] = max(made[place, column], _CAMPAIGN)
                bits[place] |= s.HAS_TEXT
                details[place] = s.campaign_detail(bad.numbers, bad.lasted_ms)
        return made, bits, details

    def _read_texts(
        self, batch: Batch, read: Read, having: NDArray[np.int64], senders: NDArray[np.uint64], met_ms: NDArray[np.int64]
    ) -> Reading:
        """Of messages that have a text what the text model says, with all that verdicts taught it, which may come on these too."""
        assert self.text_model is not None
        named = [read.fields.sender[index] for index in having.tolist()]
        lessons = self.memories.lessons if self.memories is not None else None
        reading = self.text_model.read(batch, named, lessons.reader if lessons is not None else None)
        if lessons is not None:
            lessons.see(batch, senders[having], met_ms[having], reading.scores)
        return reading

    def _of_campaigns(
        self,
        campaigns: Campaigns,
        batch: Batch,
        having: NDArray[np.int64],
        scores: NDArray[np.float32],
        said: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]],
    ) -> Iterator[tuple[int, Bad]]:
        """Messages whose campaigns are bad, and how; `said` are senders, recipients and times of all.

        Asked only where a text is not ordinary beyond doubt, or cannot be read and leads somewhere, and its sender is a
        number: services send what is alike.
        """
        unfamiliar = scores[:, 4] < UNFAMILIAR
        doubtful = np.flatnonzero((scores[:, 3] + scores[:, 2] < HARMLESS) | unfamiliar)
        doubtful = doubtful[is_number(said[0][having[doubtful]])]
        asked = [
            row
            for row, unread in zip(doubtful.tolist(), unfamiliar[doubtful].tolist(), strict=True)
            if not unread or leads_somewhere(batch.texts[row])
        ]
        places = having[asked]
        columns = asked, *(column[places].tolist() for column in said), scores[asked, 0].tolist(), scores[asked, 4].tolist()
        judged = campaigns.take(batch, list(map(Message, *columns)))
        return ((place, bad) for place, bad in zip(places.tolist(), judged, strict=True) if bad is not None)

    def _roaming(self, plmn: Texts) -> NDArray[np.uint32]:
        if not self._networks:
            return np.zeros(len(plmn), np.uint32)
        bits = {network: s.ROAMING if network and network not in self._networks else 0 for network in set(plmn)}
        return np.fromiter(map(bits.__getitem__, plmn), np.uint32, len(plmn))

    def _two_sides(
        self,
        read: Read,
        parties: tuple[Party, Party, Party],
        sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        met_ms: NDArray[np.int64],
    ) -> tuple[Sides, Sides]:
        """The party that acts, with whom it meant, and the one that is reached; `sides` says who was served."""
        fields: CallFields | SmsFields = read.fields
        bits, handsets = self._roaming(fields.plmn) | np.uint32(s.SERVED), hash_spans(fields.imei)
        first, met, second = (party.known for party in parties)
        if self.memories is not None:
            served_ids = np.where(sides[0], first.ids, np.where(sides[1], second.ids, WITHHELD))
            bits |= _where(self.memories.handsets.shared(handsets, served_ids, met_ms), s.SHARED_HANDSET)
        served = Served(bits, handsets, hash_spans(fields.cell), *sides)
        return two_sides(first, met, second, served, self._region_of_home())

    def _single(self, party: Party, beside: Known | None = None) -> Sides:
        none = np.zeros(len(party.ids), np.uint64)
        other = beside or Known(none, np.zeros(len(none), np.int64), np.zeros(len(none), np.bool_))
        bits = bits_of(party.known, other, self._region_of_home()) & np.uint32(~s.ODD_FORM & 0xFFFFFFFF)
        return Sides(party.ids, other.ids, bits | np.uint32(s.FIRST_NAMED), none, none)

    def _subscribers(self, read: Read, places: Places, one: Party) -> Columns:
        subject = self._single(one, Party(read.fields.target, self.plans).known)
        columns = _plain(s.SUBSCRIBER, s.SUBJECT, read, places, subject, _nobody(len(read.event_ms)))
        return columns._replace(detail=np.array([_EVENT_CODES[event] for event in read.fields.event], np.int32))

    def _verdicts(self, read: Read, places: Places, one: Party) -> Columns:
        fields: VerdictFields = read.fields
        columns = _plain(s.VERDICT, s.JUDGED, read, places, self._single(one), _nobody(len(read.event_ms)))
        return columns._replace(
            beside=fields.source,
            detail=np.array([int(verdict == "fraud") for verdict in fields.verdict], np.int32),
            fraud_type=np.array([_type_code(fraud_type) for fraud_type in fields.fraud_type], np.uint8),
        )


def _where(mask: NDArray[np.bool_], bit: int) -> NDArray[np.uint32]:
    return mask.astype(np.uint32) * np.uint32(bit)


def _lasted(fields: CallFields) -> NDArray[np.float32]:
    """Durations with one zero, not two: legs are paired by their bits."""
    return fields.duration_s.astype(np.float32) + np.float32(0.0)


def _hashed_few(names: Texts) -> NDArray[np.uint64]:
    """A hash of each of names that are few, 0 for none."""
    few = list(set(names))
    hashes = dict(zip(few, hash_column(few).tolist(), strict=True))
    return np.fromiter(map(hashes.__getitem__, names), np.uint64, len(names))


def _strings(texts: Spans) -> list[str]:
    return list(map(texts.text, range(len(texts.begins))))


def _nobody(count: int) -> Sides:
    none = np.zeros(count, np.uint64)
    return Sides(none, none, np.zeros(count, np.uint32), none, none)


def _plain(kind: int, role: int, read: Read, places: Places, one: Sides, two: Sides) -> Columns:
    """Columns with nothing said beyond who was seen when."""
    count, ids, event_ms = len(read.event_ms), read.ids, read.event_ms
    none, zero = np.zeros(count, np.uint64), np.zeros(count, np.int64)
    return Columns(
        kind=kind,
        role=role,
        one=one,
        two=two,
        record=hash_spans(ids),
        ids=ids,
        beside=Spans(NO_SPANS.buffer, zero, zero),
        source=places.sources,
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
