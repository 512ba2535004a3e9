"""Campaigns: texts that are nearly the same, whoever sends them, with a profile of their own.

A campaign is found by its templates: each new one joins the campaign that it is most like, or begins one. Every message
counts for its campaign: senders, recipients, how sure the text model is, since when. From when a campaign is bad on,
each message of it is evidence against its sender, and what it links to taints the next template that does.

A verdict on a number that was flagged for its texts is one on the campaigns that it sends in: fraud makes them bad at once,
whoever sends them; legitimate spares them until they have doubled.

State is bounded: of templates, campaigns and senders of each the most recent are kept. Time is the records' own.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np

from linewatch.models.texts.batch import Batch, Made
from linewatch.models.texts.fingerprint import NIBBLES, likest
from linewatch.stream.campaigns.entities import entities
from linewatch.stream.event_time import HOUR_MS

ALIKE: Final = 0.4
"""Estimated Jaccard similarity of 5-grams from which two templates are of one campaign; texts of one language that have
nothing to do with each other stay under 0.1."""
_FEWEST_GRAMS: Final = 12
"""5-grams that a text must have to be told from others; `ok see you` is no campaign."""
_VARIANTS: Final = 16
_MOST_TEMPLATES: Final = 1 << 16
_MOST_CAMPAIGNS: Final = 1 << 15
_MOST_SENDERS: Final = 4096
_MOST_UNTOLD: Final = 1024
_MOST_TAINTED: Final = 1 << 16
_BITS: Final = 4096
_FORGET_MS: Final = 72 * HOUR_MS
FEW_SENDERS, MANY_SENDERS = 3, 20
"""Ordinary numbers that send one text before it is a campaign: where the text means to deceive, and where nobody can say."""
_DOUBTFUL: Final = 0.2
"""The mean probability of fraud from which a campaign is bad where something else speaks against it."""
_PER_SENDER: Final = 60.0
"""Messages a sender; one that sends far more of them is judged by its own profile."""


class Message(NamedTuple):
    """What a campaign sees of a message; its text stands at a place of a batch."""

    place: int
    sender: str
    recipient: str
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

    number: str
    fraud_type: str
    fraud: bool


class Campaign:
    """The profile of one campaign."""

    def __init__(self, number: int, now_ms: int) -> None:
        self.number, self.first_ms, self.last_ms = number, now_ms, now_ms
        self.signatures = np.empty((_VARIANTS, NIBBLES), np.uint8)  # of its templates
        self.variants = 0
        self.senders: OrderedDict[str, int] = OrderedDict()  # by sender its messages
        self.numbers = 0  # senders that are ordinary numbers: services send under a name, a short code, or from one number
        self.recipients = bytearray(_BITS // 8)
        self.links = False
        self.untold: set[str] = set()  # entities that a text of it named, and that are not tainted by it yet
        self.messages, self.fraud, self.familiar = 0, 0.0, 0.0
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
            self.numbers += sender[:1] == "+"
            if len(self.senders) >= _MOST_SENDERS:
                self.numbers -= self.senders.popitem(last=False)[0][:1] == "+"
            self.senders[sender] = 0
        self.senders[sender] += 1
        bit = crc32(recipient.encode()) % _BITS
        self.recipients[bit >> 3] |= 1 << (bit & 7)

    @property
    def distinct_recipients(self) -> int:
        """Linear counting (Whang et al., 1990)."""
        empty = _BITS - int.from_bytes(self.recipients).bit_count()
        return round(_BITS * math.log(_BITS / max(empty, 1)))

    def judged(self) -> str | None:
        """The fraud type that it is, if it is bad."""
        if self.told is not None or self.messages <= self.spared:
            return self.told
        mean = self.fraud / self.messages
        spread = self.numbers >= FEW_SENDERS and self.messages <= _PER_SENDER * len(self.senders)
        if (self.tainted and mean >= _DOUBTFUL) or (spread and mean >= 0.5):
            return "smishing"
        unread = spread and self.numbers >= MANY_SENDERS and self.familiar < 0.5 * self.messages
        if unread and self.links and self.distinct_recipients >= 2 * self.numbers:
            return "smishing" if self.tainted else "sms_spam"
        return None


class Campaigns:
    """All campaigns of a stream; a function of the messages in their order."""

    def __init__(self) -> None:
        self._of_template: dict[int, Campaign | None] = {}
        self._by_key: dict[int, Campaign] = {}
        self._tainted: OrderedDict[str, int] = OrderedDict()
        self.campaigns: OrderedDict[int, Campaign] = OrderedDict()
        self._next = 0

    def hear(self, verdicts: Iterable[Heard]) -> None:
        """Verdicts, the later ones after the earlier ones; one on a number that sends in no campaign teaches nothing."""
        for heard in verdicts:
            for campaign in self.campaigns.values():
                if heard.number in campaign.senders:
                    campaign.hear(heard)

    def take(self, batch: Batch, messages: Sequence[Message]) -> list[Bad | None]:
        """Count messages of a batch in the order of their event times; by message what its campaign is, None for nothing bad."""
        if not messages:
            return []
        if len(self._of_template) > _MOST_TEMPLATES:
            self._of_template.clear()
        keys = batch.keys([message.place for message in messages])
        new = {key: message.place for key, message in zip(keys, messages, strict=True) if key not in self._of_template}
        made = dict(zip(new, batch.made(list(new.values())), strict=True))
        return [self._counted(message, key, batch, made) for message, key in zip(messages, keys, strict=True)]

    def _counted(self, message: Message, key: int, batch: Batch, made: dict[int, tuple[Made, int]]) -> Bad | None:
        """Count one message, whose template has this key; `made` are those that were not met before."""
        if key in self._of_template:
            campaign = self._of_template[key]
        else:
            campaign = self._of_template[key] = self._joined(message, batch.texts[message.place], *made[key])
        if campaign is None:
            return None
        if campaign.number not in self.campaigns:  # forgotten since
            campaign = self._of_template[key] = self._begun(message.event_ms)
        campaign.count(message)
        self.campaigns.move_to_end(campaign.number)
        bad = campaign.judged()
        if bad is not None and campaign.untold:
            for entity in campaign.untold:
                self._tainted[entity] = message.event_ms
                self._tainted.move_to_end(entity)
            campaign.untold.clear()
        return Bad(bad, campaign.numbers, campaign.last_ms - campaign.first_ms) if bad is not None else None

    def _joined(self, message: Message, text: str, made: Made, row: int) -> Campaign | None:
        """The campaign of a new template; None for a text that is too short to have one."""
        prints = made.prints
        if prints.grams[row] < _FEWEST_GRAMS:
            return None
        self._forget(message.event_ms)
        signature, keys = prints.signature[row], prints.keys[row].tolist()
        met = {campaign.number: campaign for key in keys if (campaign := self._by_key.get(key)) is not None}
        known = [campaign for campaign in met.values() if campaign.number in self.campaigns]
        likes = [likest(signature, campaign.signatures[: campaign.variants]) for campaign in known]
        best = int(np.argmax(likes)) if likes else -1
        campaign = known[best] if best >= 0 and likes[best] >= ALIKE else self._begun(message.event_ms)
        if campaign.variants < _VARIANTS:
            campaign.signatures[campaign.variants] = signature
            campaign.variants += 1
            self._by_key.update(dict.fromkeys(keys, campaign))
        found = entities(text)
        campaign.links |= bool(found)
        campaign.untold |= found
        if len(campaign.untold) > _MOST_UNTOLD:
            campaign.untold = set(found)
        campaign.tainted |= any(
            message.event_ms - self._tainted[entity] <= _FORGET_MS for entity in found if entity in self._tainted
        )
        return campaign

    def _begun(self, now_ms: int) -> Campaign:
        campaign = Campaign(self._next, now_ms)
        self.campaigns[self._next] = campaign
        self._next += 1
        return campaign

    def _forget(self, now_ms: int) -> None:
        """Let go of what is old or too much; its keys go when they outnumber what is kept."""
        while self.campaigns:
            oldest = next(iter(self.campaigns.values()))
            if len(self.campaigns) <= _MOST_CAMPAIGNS and now_ms - oldest.last_ms <= _FORGET_MS:
                break
            self.campaigns.popitem(last=False)
        if len(self._by_key) > 16 * _MOST_CAMPAIGNS:
            self._by_key = {key: one for key, one in self._by_key.items() if one.number in self.campaigns}
        while self._tainted and (len(self._tainted) > _MOST_TAINTED or now_ms - next(iter(self._tainted.values())) > _FORGET_MS):
            self._tainted.popitem(last=False)
