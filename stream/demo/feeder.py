"""The feeder: hands the carrier's records in as their simulated time comes, and never far ahead of the worker."""

from collections.abc import Callable
from typing import Final

from linewatch.stream.demo.carrier import Traffic

MOST_AHEAD: Final = 20_000
"""Records that may wait for the worker: what the broker keeps in memory stays small, and so does the wait for a flag."""
BURST_S: Final = 0.25


class Feeder:
    """Pure but for `send(topic, record)`; the wall clock comes in as seconds."""

    def __init__(self, traffic: Traffic, seconds: float, send: Callable[[str, bytes], None]) -> None:
        self._traffic = traffic
        self._send = send
        self._speed = (traffic.end_ms - traffic.start_ms) / seconds  # ms of event time a second
        self._began_s: float | None = None
        self._last_s = 0.0
        self.clock_ms = traffic.start_ms
        self.sent = 0

    @property
    def finished(self) -> bool:
        """Whether all records are handed in."""
        return self.sent == len(self._traffic.records)

    def tick(self, now_s: float, worked_off: int) -> int:
        """Hand in what is due; simulated time stands still while the worker is too far behind. Returns how many."""
        if self._began_s is None:
            self._began_s = self._last_s = now_s
        room = MOST_AHEAD - (self.sent - worked_off)
        passed_s, self._last_s = min(BURST_S, now_s - self._last_s), now_s
        if room <= 0:
            return 0
        self.clock_ms = min(self._traffic.end_ms, self.clock_ms + round(self._speed * passed_s))
        records, begin = self._traffic.records, self.sent
        while self.sent < len(records) and self.sent - begin < room and self._is_due(records[self.sent][0]):
            _, topic, record = records[self.sent]
            self._send(topic, record)
            self.sent += 1
        return self.sent - begin

    def _is_due(self, handed_in_ms: int) -> bool:
        return handed_in_ms <= self.clock_ms or self.clock_ms == self._traffic.end_ms
