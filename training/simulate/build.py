"""Behaviours to records: legs, equipment, disorder, files."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.training.simulate import irsf, lookalikes, people, robocall, sim_box, smishing, wangiri
from linewatch.training.simulate.parameters import Parameters
from linewatch.training.simulate.world import Calls, Messages, World

BEHAVIOURS = (people, lookalikes, wangiri, robocall, sim_box, irsf, smishing)
NO_REF = 0.15
"""Share of calls whose switches give no common reference."""


class Simulation:
    """A simulated operator: lines as they are fed, and the truth about them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._serial = 0
        lines: list[tuple[int, bytes]] = []
        for calls in world.calls:
            lines.extend(self._calls(calls))
        for messages in world.messages:
            lines.extend(self._messages(messages))
        lines.extend(self._events())
        self.records = self._as_fed(lines)
        self.labels, self.related = world.labels, world.related

    def _id(self) -> str:
        self._serial += 1
        return f"r{self._serial:08x}"

    def _own(self, numbers: list[str]) -> list[bool]:
        prefix = self.world.parameters.own_prefix
        return [number.startswith(prefix) for number in numbers]

    def _equipment(self, number: str, start_ms: int, moving: bool, rotating: bool) -> dict[str, str]:
        """SIM, handset and cell of an own subscriber; the cell follows the hour, or stays."""
        home = hash_of(number)
        cell = (home + start_ms // 3_600_000 * (home % 5 + 1) % 7) % 4000 if moving else home % 4000
        handset = (home + start_ms // 7_200_000 if rotating else home) % 10**8
        return {
            "imsi": f"{self.world.parameters.plmn}{home % 10**10:010d}",
            "imei": f"3567{handset:08d}123",
            "cell": f"{self.world.parameters.plmn}-{cell:05d}",
            "plmn": self.world.parameters.plmn,
        }

    def _calls(self, calls: Calls) -> Iterator[tuple[int, bytes]]:
        encode = msgspec.json.encode
        random = self.world.random
        with_ref = random.random(len(calls.called)) >= NO_REF
        second = random.integers(-900, 900, len(calls.called)).tolist()
        callers, called = calls.calling.tolist(), calls.called.tolist()
        rows = zip(
            callers,
            called,
            calls.start_ms.tolist(),
            calls.ring_s.tolist(),
            calls.duration_s.tolist(),
            calls.cause.tolist(),
            self._own(callers),
            self._own(called),
            with_ref.tolist(),
            second,
            strict=True,
        )
        for a, b, start, ring, lasted, cause, a_own, b_own, ref, shift in rows:
            base: dict[str, Any] = {
                "kind": "call",
                "calling": a,
                "called": b,
                "ring_s": ring,
                "duration_s": lasted,
                "cause": cause,
            }
            if ref:
                base["call_ref"] = f"c{self._serial:08x}"
            if calls.attestation:
                base["attestation"] = calls.attestation
            end = start + round(1000 * (ring + lasted))
            if a_own:
                leg = (
                    base
                    | {"record_id": self._id(), "start_ms": start, "leg": "mo"}
                    | self._equipment(a, start, calls.moving, calls.rotating)
                )
                yield end, encode(leg if b_own else leg | {"trunk_out": "INT-1" if lasted else "INT-2"})
            if b_own:
                leg = base | {"record_id": self._id(), "start_ms": start + (shift if a_own else 0), "leg": "mt"}
                leg |= self._equipment(b, start, True, False) | (
                    {} if a_own else {"trunk_in": "INT-1" if a[:4] != b[:4] else "IC-1"}
                )
                yield end, encode(leg)
            if not a_own and not b_own:
                yield (
                    end,
                    encode(
                        base
                        | {
                            "record_id": self._id(),
                            "start_ms": start,
                            "leg": "transit",
                            "trunk_in": "IC-1",
                            "trunk_out": "IC-2",
                        }
                    ),
                )

    def _messages(self, messages: Messages) -> Iterator[tuple[int, bytes]]:
        senders = messages.sender.tolist()
        rows = zip(
            senders,
            messages.recipient.tolist(),
            messages.submit_ms.tolist(),
            messages.text,
            self._own(senders),
            strict=True,
        )
        for sender, recipient, submit, text, own in rows:
            record: dict[str, Any] = {
                "kind": "sms",
                "record_id": self._id(),
                "sender": sender,
                "recipient": recipient,
                "submit_ms": submit,
                "delivered": True,
            }
            if text is not None:
                record["text"] = text
            record |= self._equipment(sender, submit, True, False) if own else {"trunk_in": "A2P-1"}
            yield submit, msgspec.json.encode(record)

    def _events(self) -> Iterator[tuple[int, bytes]]:
        for event in self.world.events:
            record = {"kind": "subscriber", "record_id": self._id()} | event
            yield event["at_ms"], msgspec.json.encode(record)

    def _as_fed(self, lines: list[tuple[int, bytes]]) -> list[bytes]:
        """In the order in which the operator's systems hand records in: nearly that of their event times."""
        p, random = self.world.parameters, self.world.random
        times = np.array([time for time, _ in lines], np.int64)
        delay_s: NDArray[np.float64] = np.minimum(random.exponential(p.disorder_s, len(lines)), 60.0)
        late = random.random(len(lines)) < p.late_share
        delay_s[late] = random.uniform(0, p.late_most_s, late.sum())
        order = np.argsort(times + (delay_s * 1000).astype(np.int64), kind="stable")
        return [lines[index][1] for index in order.tolist()]

    def operator_toml(self) -> str:
        """The operator file that belongs to the records."""
        p = self.world.parameters
        registered = "".join(f'"{number}" = "{service}"\n' for number, service in sorted(self.world.registered.items()))
        return (
            f'country = "{p.country}"\ntimezone = "{p.timezone}"\n'
            f'plmn = ["{p.plmn}"]\nown_prefixes = ["{p.own_prefix}"]\n'
            f'international_trunks = ["INT-*"]\ndomestic_trunks = ["IC-*"]\n[registered]\n{registered}'
        )


def hash_of(number: str) -> int:
    """A fixed spread of a number's digits, so that a subscriber keeps its SIM and handset from run to run."""
    return int(number[1:]) * 2_654_435_761 % (1 << 40)


def simulate(
    parameters: Parameters,
    subscribers: int,
    days: float,
    seed: int,
    progress: Callable[[str], None] = lambda step: None,
) -> Simulation:
    """One operator; the same arguments give the same bytes."""
    world = World(parameters, subscribers, days, seed)
    for behaviour in BEHAVIOURS:
        progress(behaviour.__name__.rsplit(".", 1)[-1])
        behaviour.add(world)
    progress("records")
    return Simulation(world)


def write_simulation(simulation: Simulation, directory: Path) -> None:
    """`records.jsonl.gz`, `labels.jsonl`, `related.jsonl` and `operator.toml` of the contract."""
    directory.mkdir(parents=True, exist_ok=True)
    with gzip.GzipFile(directory / "records.jsonl.gz", "wb", compresslevel=3, mtime=0) as out:
        for begin in range(0, len(simulation.records), 10_000):
            out.write(b"\n".join(simulation.records[begin : begin + 10_000]) + b"\n")
    known = {(line["number"], line["fraud_type"]) for line in simulation.labels}
    labelled = {number for number, _ in known}
    for name, rows in (
        ("labels", simulation.labels),
        ("related", [r for r in simulation.related if r["number"] not in labelled]),
    ):
        (directory / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    (directory / "operator.toml").write_text(simulation.operator_toml())
