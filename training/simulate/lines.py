"""Behaviours to records: what each switch writes of a call, with its equipment, trunks and references."""

from collections.abc import Iterator

import msgspec
import numpy as np

from linewatch.training.simulate.equipment import Equipment
from linewatch.training.simulate.numbering import VISITED
from linewatch.training.simulate.world import Calls, Messages, World

NEVER_MS = 1 << 62
Line = tuple[int, bytes]
"""Event time in ms, and the record as JSON."""


class CallRecord(msgspec.Struct, omit_defaults=True, tag_field="kind", tag="call", gc=False):
    """The contract's fields of a call."""

    record_id: str
    calling: str
    called: str
    start_ms: int
    duration_s: float
    ring_s: float
    cause: int
    leg: str
    call_ref: str | None = None
    imsi: str | None = None
    imei: str | None = None
    cell: str | None = None
    plmn: str | None = None
    trunk_in: str | None = None
    trunk_out: str | None = None
    attestation: str | None = None
    redirecting: str | None = None


class Lines:
    """Makes the records of one world; ids rise in the order of making."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._serial = 0
        self._encode = msgspec.json.Encoder().encode
        self._equipment = Equipment(world.parameters.plmn, world.renewed)
        self._visitors = Equipment(VISITED[0])
        self._country = "+" + world.parameters.calling_code

    def all(self) -> list[Line]:
        """Every record, behaviour by behaviour."""
        lines: list[Line] = []
        for calls in self.world.calls:
            lines.extend(self._calls(calls))
        for messages in self.world.messages:
            lines.extend(self._messages(messages))
        for event in self.world.events:
            lines.append((event["at_ms"], self._encode({"kind": "subscriber", "record_id": self._id()} | event)))
        return lines

    def _id(self) -> str:
        self._serial += 1
        return f"r{self._serial:08x}"

    def _trunk(self, number: str) -> str:
        """The trunk group to or from another network's number."""
        return "IC-1" if number.startswith(self._country) else "INT-1"

    def _calls(self, calls: Calls) -> Iterator[Line]:
        p, random, count = self.world.parameters, self.world.random, len(calls.called)
        rows = zip(
            calls.calling.tolist(),
            calls.called.tolist(),
            calls.start_ms.tolist(),
            calls.ring_s.tolist(),
            calls.duration_s.tolist(),
            calls.cause.tolist(),
            (random.random(count) >= p.no_ref_share).tolist(),
            random.integers(-900, 900, count).tolist(),
            (random.random(count) < p.withheld_share).tolist(),
            strict=True,
        )
        others_act = calls.thief or calls.copied or calls.spoofed is not None
        for a, b, start, ring, lasted, cause, ref, shift, withheld in rows:
            if not others_act and start >= self.world.silenced.get(a, NEVER_MS):
                continue
            call_ref = f"c{self._serial:08x}" if ref or withheld else None
            known = (start, lasted, ring, cause)
            yield from self._legs(calls, a, b, known, call_ref, shift, withheld)

    def _legs(
        self,
        calls: Calls,
        a: str,
        b: str,
        known: tuple[int, float, float, int],
        call_ref: str | None,
        shift: int,
        withheld: bool,
    ) -> Iterator[Line]:
        """The caller's switch, the called party's, or an interconnect's where neither is served here."""
        start, lasted, ring, cause = known
        end = start + round(1000 * (ring + lasted))
        own = self.world.parameters.own_prefix
        a_own, b_own, signed = a.startswith(own), b.startswith(own), calls.attestation
        served = (a_own or calls.visiting) and calls.spoofed is None
        if served:
            equipment = (self._equipment if a_own else self._visitors).of(a, start, calls)
            if not a_own:
                equipment["plmn"] = self._equipment.plmn
            record = CallRecord(self._id(), a, b, start, lasted, ring, cause, "mo", call_ref, **equipment, attestation=signed)
            if not b_own:
                record.trunk_out = self._trunk(b)
            yield end, self._encode(record)
        if b_own:
            redirecting = None
            forward = self.world.forwards.get(b)
            if forward is not None and start >= forward[0] and forward[1] != a:
                redirecting, b = b, forward[1]
            begun = start + shift if served else start
            shown = "" if withheld else a
            equipment = self._equipment.of(b, start) if b.startswith(own) else {}
            record = CallRecord(self._id(), shown, b, begun, lasted, ring, cause, "mt", call_ref, **equipment, attestation=signed)
            record.redirecting = redirecting
            if not b.startswith(own):
                record.trunk_out = self._trunk(b)
            if not served or calls.abroad:
                record.trunk_in = calls.spoofed or ("INT-1" if calls.abroad else self._trunk(a))
            yield end + begun - start, self._encode(record)
        if not served and not b_own:
            record = CallRecord(self._id(), a, b, start, lasted, ring, cause, "transit", call_ref, attestation=signed)
            record.trunk_in, record.trunk_out = self._trunk(a), self._trunk(b)
            yield end, self._encode(record)

    def _messages(self, messages: Messages) -> Iterator[Line]:
        senders = messages.sender.tolist()
        own = self.world.parameters.own_prefix
        rows = zip(senders, messages.recipient.tolist(), messages.submit_ms.tolist(), messages.text, strict=True)
        for sender, recipient, submit, text in rows:
            if submit >= self.world.silenced.get(sender, NEVER_MS):
                continue
            record: dict[str, object] = {
                "kind": "sms",
                "record_id": self._id(),
                "sender": sender,
                "recipient": recipient,
                "submit_ms": submit,
                "delivered": True,
            }
            if text is not None:
                record["text"] = text
            record |= self._equipment.of(sender, submit) if sender.startswith(own) else {"trunk_in": "A2P-1"}
            yield submit, self._encode(record)


def as_fed(world: World, lines: list[Line]) -> list[bytes]:
    """In the order in which the operator's systems hand records in: nearly that of their event times; some come twice."""
    p, random = world.parameters, world.random
    times = np.array([time for time, _ in lines], np.int64)
    delay_s = np.minimum(random.exponential(p.disorder_s, len(lines)), 60.0)
    late = random.random(len(lines)) < p.late_share
    delay_s[late] = random.uniform(0, p.late_most_s, late.sum())
    twice = np.flatnonzero(random.random(len(lines)) < p.duplicate_share)
    places = np.concatenate([np.arange(len(lines)), twice])
    again_s = np.minimum(delay_s[twice] + random.uniform(1, 120, len(twice)), p.late_most_s)
    fed = times[places] + (np.concatenate([delay_s, again_s]) * 1000).astype(np.int64)
    return [lines[index][1] for index in places[np.argsort(fed, kind="stable")].tolist()]
