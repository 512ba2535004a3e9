"""What a peer of the worker is, and the sums that each of them keeps.

A peer does the part of the worker's job that its own documentation shows how to do: for each calling number three decayed
counts (attempts, answered calls, seconds) in three half-lives, in state that outlives the process, and one limit on
attempts, whose passing goes to a topic. None of them detects anything else.

Standard library only: Quix Streams runs in an environment of its own that has none of the project's packages.
"""

import os
import time
from collections.abc import Callable
from math import exp2
from pathlib import Path
from typing import NamedTuple

HALF_LIVES_S = (900.0, 14_400.0, 259_200.0)
LIMIT = 30.0
"""Attempts in the shortest half-life, above which a number is told of; as KafkaStreamsPeer.java has them."""

Sums = list[float]
"""The event time in s that they are decayed to, then attempts, answered calls and seconds, each in the three half-lives."""


class Peer(NamedTuple):
    """A stream processor to measure beside the worker.

    `command` makes ready what it needs (given a folder that is removed afterwards) and returns the start of a command line,
    to which `brokers group source alerts events folder` are added. The process takes `events` records through its last step
    and then prints `events cpu_s wall_s`, counted from the first record on.
    """

    name: str
    short: str
    does: str
    most: int
    topics: tuple[str, ...]
    command: Callable[[Path], list[str]]

    @property
    def group(self) -> str:
        """Its consumer group, by which the topics of its own are named too."""
        return f"bench-peer-{self.short}"


def step(start_ms: int, ring_s: float | None, duration_s: float) -> tuple[float, float, float]:
    """What a call adds: the event time of its end in s, 1 where it was answered, its seconds."""
    return start_ms / 1000.0 + (ring_s or 0.0) + duration_s, float(duration_s > 0.0), duration_s


def fold(sums: Sums | None, at_s: float, answered: float, seconds: float) -> Sums:
    """Sums with one attempt more; a late one is decayed to their time, so that order does not matter."""
    if sums is None:
        return [at_s, 1.0, 1.0, 1.0, answered, answered, answered, seconds, seconds, seconds]
    newest_s, a, b, c, d, e, f, g, h, i = sums  # written out: three times as fast as a loop, and this is a race
    late_s = newest_s - at_s
    x, y, z = HALF_LIVES_S
    if late_s <= 0.0:
        x, y, z = exp2(late_s / x), exp2(late_s / y), exp2(late_s / z)
        counts = [a * x + 1.0, b * y + 1.0, c * z + 1.0, d * x + answered, e * y + answered, f * z + answered]
        return [at_s, *counts, g * x + seconds, h * y + seconds, i * z + seconds]
    x, y, z = exp2(-late_s / x), exp2(-late_s / y), exp2(-late_s / z)
    counts = [a + x, b + y, c + z, d + answered * x, e + answered * y, f + answered * z]
    return [newest_s, *counts, g + seconds * x, h + seconds * y, i + seconds * z]


def passes(before: Sums | None, after: Sums) -> bool:
    """Whether it is this call with which a number came above the limit."""
    return after[1] > LIMIT and (before is None or before[1] <= LIMIT)


class Clock:
    """Counts records through the last step; CPU and wall seconds from the first record on."""

    def __init__(self, events: int) -> None:
        self._left = self._events = events
        self._began: tuple[float, float] | None = None

    def begin(self) -> None:
        """A record came in; only the first matters."""
        if self._began is None:
            self._began = _cpu_s(), time.monotonic()

    def count(self) -> bool:
        """A record is through; prints the figures and says so with the last."""
        self._left -= 1
        if self._left == 0 and self._began is not None:
            print(self._events, _cpu_s() - self._began[0], time.monotonic() - self._began[1], flush=True)
        return self._left == 0


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system
