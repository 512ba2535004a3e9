"""Campaigns: texts that are nearly the same, whoever sends them, with a profile of their own.

A campaign is found by its templates: each new one joins the campaign that it is most like, or begins one. Every message
counts for its campaign: senders, recipients, how sure the text model is, since when; and so does each recipient that
answers a sender by a call or a message, as people answer a friend's chain letter and hardly anybody a seller. From when a
campaign is bad on, each message of it is evidence against its sender, and what it links to taints the next template that
does.

A verdict on a number that was flagged for its texts is one on the campaigns that it sends in: fraud makes them bad at once,
whoever sends them; legitimate spares them until they have doubled.

State is bounded: of templates, campaigns and senders of each the most recent are kept. Time is the records' own.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import MOST_TEXTS_H
from linewatch.models.texts.batch import Batch
from linewatch.models.texts.fingerprint import NIBBLES, likest
from linewatch.stream.campaigns.entities import entities
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.records.columns import HASHED

ALIKE: Final = 0.4
"""Estimated Jaccard similarity of 5-grams from which two templates are of one campaign; texts of one language that have
nothing to do with each other stay under 0.1."""
_FEWEST_GRAMS: Final = 12
"""5-grams that a text must have to be told from others; `ok see you` is no campaign."""
_VARIANTS: Final = 16
_MOST_TEMPLATES: Final = 1 << 16
_MOST_CAMPAIGNS: Final = 1 << 15
_MOST_SENDERS: Final = 4096
_UNMET, _TOO_SHORT = -1, -2
"""No campaign's numbers."""
_MOST_UNTOLD: Final = 1024
_MOST_TAINTED: Final = 1 << 16
_BITS: Final = 4096
_FEW: Final = 8
_SPREAD: Final = 0x9E3779B97F4A7C15
"""By which entities are spread over bits and places (Knuth's multiplicative hashing)."""
FEW_SENDERS, MANY_SENDERS = 3, 20
"""Ordinary numbers that send one text before it is a campaign: where the text means to deceive, and where nobody can say."""
_DOUBTFUL: Final = 0.2
"""The mean probability of fraud from which a campaign is bad where something else speaks against it."""
_ANSWERED: Final = 0.2
"""The share of a campaign's recipients that have answered from which it is not bad by its texts alone; smishing that asks for an
answer gets one of a few in a hundred."""
_ANSWERS: Final = 5
"""So many recipients must have answered for that."""
_WATCHED_BITS: Final = 18
_MOST_WATCHED: Final = 1 << 15
_PER_SENDER: Final = 60.0
"""Messages a sender; one that sends far more of them is judged by its own profile."""


class Message(NamedTuple):
    """What a campaign sees of a message; its text stands at a place of a batch. Parties are entities, see `records.columns`."""

    place: int
    sender: int
    recipient: int
    event_ms: int
    fraud: float  # of the text model
    familiar: float


class Bad(NamedTuple):
    """What a message's campaign is, where it is bad."""

    fraud_type: str
    numbers: int  # ordinary numbers that sent it so far
    lasted_ms: int


class Heard(NamedTuple):
    """A verdict on a number that was flagged for its texts."""

    entity: int
    fraud_type: str
    fraud: bool


class Distinct:
    """How many different ones were added, by linear counting (Whang et al., 1990); a few of them take little room."""

    __slots__ = ("_bits", "_few", "_set")

    def __init__(self) -> None:
        self._few: tuple[int, ...] = ()
        self._bits: bytearray | None = None
        self._set = 0

    def add(self, entity: int) -> None:
        """Add one."""
        bit = _bit(entity)
        if self._has(bit):
            return
        self._set += 1
        if self._bits is None and len(self._few) < _FEW:
            self._few = (*self._few, bit)
            return
        if self._bits is None:
            self._bits = bytearray(_BITS // 8)
            for one in self._few:
                self._bits[one >> 3] |= 1 << (one & 7)
            self._few = ()
        self._bits[bit >> 3] |= 1 << (bit & 7)

    def _has(self, bit: int) -> bool:
        return bit in self._few if self._bits is None else bool(self._bits[bit >> 3] >> (bit & 7) & 1)

    def __contains__(self, entity: int) -> bool:
        """Whether one was added; another may have stood in for it."""
        return self._has(_bit(entity))

    @property
    def is_full(self) -> bool:
        """Whether so many were added, some 9,000, that nearly any other would pass for one of them."""
        return self._set > 0.9 * _BITS

    def count(self) -> int:
        """How many."""
        return round(_BITS * math.log(_BITS / max(_BITS - self._set, 1)))

    def state(self) -> list[Any]:
        """All of it, as plain data."""
        return [self._few, bytes(self._bits) if self._bits is not None else None, self._set]

    @classmethod
    def of(cls, state: list[Any]) -> "Distinct":
        """The inverse of `state`."""
        made = cls()
        few, bits, made._set = state
        made._few, made._bits = tuple(few), bytearray(bits) if bits is not None else None
        return made


def _bit(entity: int) -> int:
    return (entity * _SPREAD & (1 << 64) - 1) * _BITS >> 64


def is_number(entities_of: Any) -> Any:
    """Whether an entity, or each of several, is a telephone number, not a name, a short code or one that is withheld."""
    return (entities_of > 0) & (entities_of < HASHED)


class Campaign:
    """The profile of one campaign."""

    __slots__ = (
        *("number", "first_ms", "last_ms", "signatures", "senders", "numbers", "recipients", "answering", "links", "untold"),
        *("messages", "held", "fraud", "familiar", "tainted", "told", "spared"),
    )

    def __init__(self, number: int, now_ms: int) -> None:
        self.number, self.first_ms, self.last_ms = number, now_ms, now_ms
        self.signatures = np.empty((0, NIBBLES), np.uint8)  # of its templates
        self.senders: dict[int, int] = {}  # by sender its messages
        self.numbers = 0  # senders that are ordinary numbers: services send under a name, a short code, or from one number
        self.recipients = Distinct()
        self.answering = Distinct()  # recipients that wrote to a sender or called it since
        self.links = False
        self.untold: set[str] = set()  # entities that a text of it named, and that are not tainted by it yet
        self.messages, self.fraud, self.familiar = 0, 0.0, 0.0
        self.held = 0  # messages of those of its senders that are kept
        self.tainted = False
        self.told: str | None = None  # the fraud type that a verdict named
        self.spared = 0  # messages up to which it is not bad, since a verdict said so

    def hear(self, heard: Heard) -> None:
        """A verdict on one of its senders, the latest counts. Fraud says nothing of texts that are read and harmless: whoever
        deceives also chats.
        """
        if not heard.fraud:
            self.told, self.spared = None, 2 * self.messages
        elif self.fraud >= _DOUBTFUL * self.messages or self.familiar < 0.5 * self.messages:
            self.told, self.spared = heard.fraud_type, 0

    def count(self, message: Message) -> None:
        """One message more."""
        _, sender, recipient, event_ms, fraud, familiar = message
        self.last_ms = max(self.last_ms, event_ms)
        self.messages += 1
        self.fraud += fraud
        self.familiar += familiar
        if sender not in self.senders:
            self.numbers += is_number(sender)
            if len(self.senders) >= _MOST_SENDERS:
                oldest = next(iter(self.senders))
                self.held -= self.senders.pop(oldest)
                self.numbers -= is_number(oldest)
            self.senders[sender] = 0
        self.senders[sender] += 1
        self.held += 1
        self.recipients.add(recipient)

    @property
    def is_answered(self) -> bool:
        """Whether so many of those who got it answer as do among people who know each other.

        Of a campaign with more recipients than can be told from others it is not known, and friends' letters are none.
        """
        if self.recipients.is_full:
            return False
        answering = self.answering.count()
        return answering >= _ANSWERS and answering >= _ANSWERED * self.recipients.count()

    def judged(self) -> str | None:
        """The fraud type that it is, if it is bad."""
        if self.told is not None or self.messages <= self.spared:
            return self.told
        mean = self.fraud / self.messages
        if self.tainted and mean >= _DOUBTFUL:
            return "smishing"
        if self.numbers < FEW_SENDERS or self.held > _PER_SENDER * len(self.senders) or self.is_answered:
            return None
        if mean >= 0.5:
            return "smishing"
        unread = self.numbers >= MANY_SENDERS and self.familiar < 0.5 * self.messages
        if unread and self.links and self.recipients.count() >= 2 * self.numbers:
            return "smishing" if self.tainted else "sms_spam"
        return None

    def state(self) -> list[Any]:
        """All of it, as plain data."""
        made = {name: getattr(self, name) for name in self.__slots__}
        made["signatures"] = self.signatures.tobytes()
        made["senders"], made["untold"] = dict(self.senders), sorted(self.untold)
        made["recipients"], made["answering"] = self.recipients.state(), self.answering.state()
        return list(made.values())

    @classmethod
    def of(cls, state: list[Any]) -> "Campaign":
        """The inverse of `state`."""
        made = dict(zip(cls.__slots__, state, strict=True))
        made["signatures"] = np.frombuffer(made["signatures"], np.uint8).reshape(-1, NIBBLES).copy()
        made["untold"] = set(made["untold"])
        made["recipients"], made["answering"] = Distinct.of(made["recipients"]), Distinct.of(made["answering"])
        campaign = cls(0, 0)
        for name, value in made.items():
            setattr(campaign, name, value)
        return campaign


class Campaigns:
    """All campaigns of a stream; a function of the messages in their order."""

    def __init__(self) -> None:
        self._of_template: dict[int, int | None] = {}  # None for one that is too short to have a campaign
        self._by_key: dict[int, int] = {}
        self._tainted: OrderedDict[str, int] = OrderedDict()
        self._of_sender: dict[int, int] = {}  # the campaign that each sender of one with several was seen in last
        self._watched = np.zeros(1 << _WATCHED_BITS, np.bool_)  # where such senders are, by a hash
        self.campaigns: OrderedDict[int, Campaign] = OrderedDict()
        self._next = 0
        self._keep_ms = round(MOST_TEXTS_H * HOUR_MS)

    def state(self) -> dict[str, Any]:
        """All of it but for how long it is kept, as plain data."""
        templates = {key: number if number is not None else _TOO_SHORT for key, number in self._of_template.items()}
        return {
            "campaigns": [campaign.state() for campaign in self.campaigns.values()],
            "templates": _columns(templates),
            "keys": _columns(self._by_key),
            "senders": _columns(self._of_sender),
            "tainted": dict(self._tainted),
            "next": self._next,
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.campaigns = OrderedDict((made.number, made) for made in map(Campaign.of, state["campaigns"]))
        templates = _by_first(state["templates"])
        self._of_template = {key: number if number != _TOO_SHORT else None for key, number in templates.items()}
        self._by_key, self._of_sender = _by_first(state["keys"]), _by_first(state["senders"])
        self._tainted, self._next = OrderedDict(state["tainted"]), state["next"]
        self._watched[_place(np.array(list(self._of_sender), np.uint64))] = True

    def keep(self, texts_h: float) -> None:
        """From here on forget campaigns, and what they named, after so many hours."""
        self._keep_ms = round(texts_h * HOUR_MS)

    def hear(self, verdicts: Iterable[Heard]) -> None:
        """Verdicts, the later ones after the earlier ones; one on a number that sends in no campaign teaches nothing."""
        for heard in verdicts:
            for campaign in self.campaigns.values():
                if heard.entity in campaign.senders:
                    campaign.hear(heard)

    def answer(self, acting: NDArray[np.uint64], reached: NDArray[np.uint64]) -> None:
        """Calls and messages, who acts and whom it reaches. Those of a recipient of a campaign to a sender of it answer it."""
        for at in np.flatnonzero(self._watched[_place(reached)]).tolist():
            campaign = self.campaigns.get(self._of_sender.get(int(reached[at]), -1))
            if campaign is not None and (answering := int(acting[at])) in campaign.recipients:
                campaign.answering.add(answering)

    def take(self, batch: Batch, messages: Sequence[Message]) -> list[Bad | None]:
        """Count messages of a batch in the order of their event times; by message what its campaign is, None for nothing bad."""
        if not messages:
            return []
        if len(self._of_template) > _MOST_TEMPLATES:
            self._of_template.clear()
        keys = batch.keys([message.place for message in messages])
        numbers = [self._of_template.get(key, _UNMET) for key in keys]
        new = [number is not None and number not in self.campaigns for number in numbers]
        batch.made([message.place for message in compress(messages, new)])  # at once, which costs less than one by one
        return [self._counted(message, key, batch) for message, key in zip(messages, keys, strict=True)]

    def _counted(self, message: Message, key: int, batch: Batch) -> Bad | None:
        """Count one message, whose template has this key."""
        number = self._of_template.get(key, _UNMET)
        if number is None:
            return None
        campaign = self.campaigns.get(number)
        if campaign is None:  # never met, or forgotten since
            campaign = self._joined(message, batch)
            self._of_template[key] = campaign.number if campaign is not None else None
            if campaign is None:
                return None
        campaign.count(message)
        self.campaigns.move_to_end(campaign.number)
        if campaign.numbers >= FEW_SENDERS and self._of_sender.get(message.sender) != campaign.number:
            self._watch(campaign, message.sender)
        bad = campaign.judged()
        if bad is not None and campaign.untold:
            for entity in campaign.untold:
                self._tainted[entity] = message.event_ms
                self._tainted.move_to_end(entity)
            campaign.untold.clear()
        return Bad(bad, campaign.numbers, campaign.last_ms - campaign.first_ms) if bad is not None else None

    def _joined(self, message: Message, batch: Batch) -> Campaign | None:
        """The campaign of a new template; None for a text that is too short to have one."""
        ((made, row),) = batch.made([message.place])
        prints = made.prints
        if prints.grams[row] < _FEWEST_GRAMS:
            return None
        self._forget(message.event_ms)
        signature, keys = prints.signature[row], prints.keys[row].tolist()
        met = dict.fromkeys(self._by_key.get(key, _UNMET) for key in keys)
        known = [self.campaigns[number] for number in met if number in self.campaigns]
        likes = [likest(signature, campaign.signatures) for campaign in known]
        like = max(likes, default=0.0)
        campaign = known[likes.index(like)] if like >= ALIKE else self._begun(message.event_ms)
        if len(campaign.signatures) < _VARIANTS:
            campaign.signatures = np.vstack([campaign.signatures, signature])
            self._by_key.update(dict.fromkeys(keys, campaign.number))
        found = entities(batch.texts[message.place])
        campaign.links |= bool(found)
        campaign.untold |= found
        if len(campaign.untold) > _MOST_UNTOLD:
            campaign.untold = set(found)
        campaign.tainted |= any(
            message.event_ms - self._tainted[entity] <= self._keep_ms for entity in found if entity in self._tainted
        )
        return campaign

    def _watch(self, campaign: Campaign, sender: int) -> None:
        """Whoever reaches this sender, and at first the others of its campaign, may answer it."""
        senders = list(campaign.senders) if campaign.numbers == FEW_SENDERS else [sender]
        if len(self._of_sender) + len(senders) > _MOST_WATCHED:
            watched = [(one, number) for one, number in self._of_sender.items() if number in self.campaigns]
            self._of_sender = dict(watched[-_MOST_WATCHED // 2 :])
            self._watched[:] = False
            self._watched[_place(np.array(list(self._of_sender), np.uint64))] = True
        self._of_sender.update(dict.fromkeys(senders, campaign.number))
        self._watched[_place(np.array(senders, np.uint64))] = True

    def _begun(self, now_ms: int) -> Campaign:
        campaign = Campaign(self._next, now_ms)
        self.campaigns[self._next] = campaign
        self._next += 1
        return campaign

    def _forget(self, now_ms: int) -> None:
        """Let go of what is old or too much; its keys go when they outnumber what is kept."""
        while self.campaigns:
            oldest = next(iter(self.campaigns.values()))
            if len(self.campaigns) <= _MOST_CAMPAIGNS and now_ms - oldest.last_ms <= self._keep_ms:
                break
            self.campaigns.popitem(last=False)
        if len(self._by_key) > 16 * _MOST_CAMPAIGNS:
            self._by_key = {key: number for key, number in self._by_key.items() if number in self.campaigns}
        while self._tainted and (len(self._tainted) > _MOST_TAINTED or now_ms - next(iter(self._tainted.values())) > self._keep_ms):
            self._tainted.popitem(last=False)


def _place(entities_of: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Where entities are watched."""
    return (entities_of * np.uint64(_SPREAD)) >> np.uint64(64 - _WATCHED_BITS)


def _columns(held: dict[int, int]) -> list[bytes]:
    count = len(held)
    return [np.fromiter(held, np.uint64, count).tobytes(), np.fromiter(held.values(), np.int64, count).tobytes()]


def _by_first(columns: list[bytes]) -> dict[int, int]:
    keys, values = columns
    return dict(zip(np.frombuffer(keys, np.uint64).tolist(), np.frombuffer(values, np.int64).tolist(), strict=True))
