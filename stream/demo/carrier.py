"""The simulated carrier: a day's traffic in the order in which it is handed in, moved so that it ends by now.

What its own systems know besides - who is fraudulent - stays here for the analyst and the summary; the worker never sees it.
"""

import time
from typing import Any, Final

import msgspec

from linewatch.stream.event_time import DAY_MS
from linewatch.stream.records.kinds import TOPICS
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import REPORTED

SUBSCRIBERS: Final = 2000
SEED: Final = 7
MOST_DAYS: Final = 3.0
LEAST_DAYS: Final = 0.25
DAY_LASTS_S: Final = 60.0
UNHURRIED_S: Final = 120.0
"""Seconds of the demo in which a simulated day goes by: with an end, and without."""


class Traffic(msgspec.Struct):
    """Records to feed and the truth about them; times in ms of event time."""

    records: list[tuple[int, str, bytes]]  # when it is handed in, the topic without prefix, the record
    labels: list[dict[str, Any]]
    related: list[dict[str, Any]]
    start_ms: int
    end_ms: int


def days_for(seconds: float | None) -> float:
    """How many simulated days fit: one a minute, at least a quarter of one and at most `MOST_DAYS`."""
    return MOST_DAYS if seconds is None else min(MOST_DAYS, max(LEAST_DAYS, seconds / DAY_LASTS_S))


def seconds_for(days: float, seconds: float | None) -> float:
    """How long feeding takes; never so slowly that the first fraud is long in coming."""
    return min(days * UNHURRIED_S, days * UNHURRIED_S if seconds is None else seconds)


def simulate_carrier(days: float) -> Simulation:
    """The same operator at each call."""
    return simulate(REPORTED, SUBSCRIBERS, days, SEED)


def traffic_of(simulation: Simulation, now_ms: int | None = None) -> Traffic:
    """The simulation's records, moved by whole days so that the last is not in the future.

    A record's event time may be at most a day ahead of the broker's timestamp, and the simulator's year is a fixed one.
    """
    now_ms = int(time.time() * 1000) if now_ms is None else now_ms
    world = simulation.world
    shift = (now_ms - world.end_ms) // DAY_MS * DAY_MS
    records, clock_ms = [], world.start_ms + shift
    for raw in simulation.records:
        record = msgspec.json.decode(raw)
        event_ms = _move(record, shift)
        clock_ms = max(clock_ms, event_ms)
        records.append((clock_ms, TOPICS[record["kind"]], msgspec.json.encode(record)))
    labels = [line | {"first_ms": line["first_ms"] + shift} for line in simulation.labels]
    labelled = {line["number"] for line in labels}
    related = [line for line in simulation.related if line["number"] not in labelled]
    return Traffic(records, labels, related, world.start_ms + shift, world.end_ms + shift)


def _move(record: dict[str, Any], shift: int) -> int:
    """Move a record's time; returns its event time in ms."""
    name = {"call": "start_ms", "sms": "submit_ms"}.get(record["kind"], "at_ms")
    record[name] += shift
    lasted_s = record.get("ring_s", 0) + record.get("duration_s", 0) if record["kind"] == "call" else 0
    return int(record[name] + 1000 * lasted_s)
