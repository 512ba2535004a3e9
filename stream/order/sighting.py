"""A sighting: entity X was seen in role R in record r. One packed row each, the unit in which everything is counted."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.event_time import HOUR_MS

CALLER, CALLED, SUBJECT, JUDGED, FORWARDER = range(5)
"""Roles: who called or sent, who was called or got it, whom a subscriber event or a verdict is about, whose number forwarded."""

CALL, SMS, SUBSCRIBER, VERDICT = range(4)
"""Kinds, in the order of `records.kinds.KINDS`."""

LEGS: Final = {None: 0, "mo": 1, "mt": 2, "transit": 3}

INTERNATIONAL: Final = 1 << 0  # the two parties' countries differ
PREMIUM: Final = 1 << 1  # the counterparty is premium rate in its numbering plan
NIGHT: Final = 1 << 2  # 22:00 to 06:00 where the operator is, or else where the caller's number belongs
WEEKEND: Final = 1 << 3
ENTITY_VALID: Final = 1 << 4  # a numbering plan allows it; sender ids and short codes count as valid
OTHER_VALID: Final = 1 << 5
ENTITY_MOBILE: Final = 1 << 6
ENTITY_FOREIGN: Final = 1 << 7  # of another country than the operator's; without an operator, never set
HAS_TEXT: Final = 1 << 8
FIRST_NAMED: Final = 1 << 9  # the record is accounted for by this sighting
SERVED: Final = 1 << 10  # this leg's switch served this party: handset and cell are its own
UNALLOCATED: Final = 1 << 11  # release cause 1: the dialled number is nobody's
ENTITY_NUMBER: Final = 1 << 12  # an E.164 number, not a sender id or a short code
ROAMING: Final = 1 << 13  # served by a network that is not the operator's own
LATE: Final = 1 << 14  # more than `LATE_MS` behind: counts at its own time, raises no flag by itself
ENTITY_OWN: Final = 1 << 17  # a caller of one of the operator's own ranges or short codes
FROM_ABROAD: Final = 1 << 18  # the call came in over an international trunk
FROM_OUTSIDE: Final = 1 << 19  # it came in over any trunk
SIGNED: Final = 1 << 20  # STIR/SHAKEN attestation A or B: somebody answers for the caller
SHARED_HANDSET: Final = 1 << 21  # of the party served: its handset served many numbers of late, see `intake.handsets`
PLACE_SHIFT: Final = 22
PLACE_ODDS: Final = 7 << PLACE_SHIFT  # of who acts: how bad the worst place that it acts from is, see `intake.reputation`
TEXT_SHIFT: Final = 25
TEXT_SHOWS: Final = 15 << TEXT_SHIFT  # of an unwanted text: what speaks against it, a code of `models.texts.shown`
TO_VOTE: Final = 1 << 29  # a call to a line where people vote, as the operator's list has it: of its caller it is no act
AHEAD: Final = 1 << 16  # further than any source's clock when it was released: moves no clock
ODD_FORM: Final = 1 << 15  # the record had the entity in a form that is not `+` and its digits

LATE_MS: Final = 600_000
"""A record this far behind the clock is late (contract)."""

SHORT_RING_S: Final = 6.0
"""One ring: a ringing cycle is some 5 to 6 s in most networks (ITU-T E.180 Supplement 2)."""

SIGHTING: Final = np.dtype(
    [
        ("entity", "<u8"),
        ("other", "<u8"),  # the counterparty; of the caller of a forwarded call the number that was dialled, of an event its target
        ("event_ms", "<i8"),
        ("start_ms", "<i8"),
        ("record", "<u8"),  # hash of record_id
        ("call_ref", "<u8"),  # hash, 0 where missing
        ("pair", "<u8"),  # hash of calling number, called number, duration
        ("pair_redirected", "<u8"),  # the same with the redirecting number, 0 where missing
        ("offset", "<i8"),  # in its source partition
        ("handset", "<u8"),  # hash, 0 where missing or not this party's; of a forwarder the caller
        ("cell", "<u8"),
        ("duration_s", "<f4"),
        ("ring_s", "<f4"),  # -1 where missing
        ("fraud_text", "<f4"),  # probabilities of the text model, 0 without a text
        ("spam_text", "<f4"),
        ("otp_text", "<f4"),
        ("flags", "<u4"),
        ("detail", "<i4"),  # subscriber: index of the event; verdict: 1 fraud, 0 legitimate; message: `campaign_detail`
        ("source", "<u2"),  # in a message the place of its source among the marks, in a state the index that its reader gave it
        ("role", "u1"),
        ("kind", "u1"),
        ("leg", "u1"),
        ("fraud_type", "u1"),  # verdict: index of the fraud type, 255 for all
        ("_pad", "<u2"),
        ("id_at", "<u4"),  # where in the bytes beside the rows the record_id stands; the party reached has it of codes only
        ("id_size", "<u4"),
        ("beside_size", "<u4"),  # of what follows it: a verdict's source, or the entity's form where it is odd
        ("arrived_ms", "<i8"),  # the broker's timestamp of the record
    ]
)
"""144 bytes, a whole number of 8; little-endian, the same on every machine that reads the log."""
WORDS: Final = SIGHTING.itemsize // 8


_CAMPAIGN_STEP_MS: Final = 600_000


def campaign_detail(numbers: int, lasted_ms: int) -> int:
    """How many numbers sent a bad campaign by then, in how long, as the detail of a message; 0 stands for none."""
    return min(max(numbers, 1), 0xFFFF) | min(lasted_ms // _CAMPAIGN_STEP_MS, 0x7FFF) << 16


def campaign_of(detail: int) -> tuple[int, float]:
    """The inverse, in hours, to ten minutes."""
    return detail & 0xFFFF, (detail >> 16) * _CAMPAIGN_STEP_MS / HOUR_MS


def words(rows: NDArray[np.void]) -> NDArray[np.int64]:
    """The rows as `[n, WORDS]` integers, not copied: numpy moves those some ten times faster than structured rows."""
    return rows.view(np.int64).reshape(-1, WORDS)


def from_words(rows: NDArray[np.int64]) -> NDArray[np.void]:
    """The inverse of `words`."""
    return rows.reshape(-1).view(SIGHTING)
