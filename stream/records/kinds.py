"""The four kinds of record of the contract, as structs with strict types: one class per kind."""

from typing import Literal

import msgspec

Text = str | None
"""Empty where it is missing, None where a null stands: both say nothing."""


class Call(msgspec.Struct, gc=False):
    """One call detail record; times in ms and s as the contract's field names say."""

    record_id: str
    calling: str
    called: str
    start_ms: int
    duration_s: float
    ring_s: float | None = None
    cause: int | None = None
    leg: Literal["mo", "mt", "transit"] | None = None
    call_ref: Text = ""
    imsi: Text = ""
    imei: Text = ""
    cell: Text = ""
    plmn: Text = ""
    trunk_in: Text = ""
    trunk_out: Text = ""
    attestation: Literal["A", "B", "C"] | None = None
    redirecting: Text = ""
    kind: Literal["call"] | None = None


class Sms(msgspec.Struct, gc=False):
    """One short message record."""

    record_id: str
    sender: str
    recipient: str
    submit_ms: int
    text: Text = ""
    delivered: bool | None = None
    imsi: Text = ""
    imei: Text = ""
    cell: Text = ""
    plmn: Text = ""
    trunk_in: Text = ""
    kind: Literal["sms"] | None = None


class Subscriber(msgspec.Struct, gc=False):
    """Something happened to a number."""

    record_id: str
    number: str
    event: Literal["activated", "sim_changed", "device_changed", "forwarding_set", "ported", "recycled"]
    at_ms: int
    target: Text = ""
    kind: Literal["subscriber"] | None = None


class Verdict(msgspec.Struct, gc=False):
    """What an analyst or a partner found out about a number."""

    record_id: str
    number: str
    verdict: Literal["fraud", "legitimate"]
    at_ms: int
    source: str
    fraud_type: str | None = None  # of all types
    flag_id: Text = ""
    kind: Literal["verdict"] | None = None


Record = Call | Sms | Subscriber | Verdict
STRUCTS: dict[str, type] = {"call": Call, "sms": Sms, "subscriber": Subscriber, "verdict": Verdict}
KINDS = tuple(STRUCTS)
"""The kinds in the order of their codes: a sighting's `kind` is the index here."""
TOPICS = {"call": "calls", "sms": "messages", "subscriber": "subscribers", "verdict": "verdicts"}
"""The topic of each kind, without the prefix."""
