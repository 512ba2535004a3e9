"""The carrier's analyst: looks at some flags half a simulated hour later, finds out the truth, and says so in a verdict."""

import heapq
from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

import msgspec

from linewatch.stream.demo.carrier import Traffic

LOOKS_AFTER_MS: Final = 1_800_000
ONE_IN: Final = 4
"""So many flags come to one that is looked at."""


class Analyst:
    """Answers flags of at least `review`."""

    def __init__(self, traffic: Traffic) -> None:
        self._frauds = {(line["number"], t) for line in traffic.labels for t in (line["fraud_type"], *line.get("also", ()))}
        self._known = {line["number"] for line in (*traffic.labels, *traffic.related)}
        self._due: list[tuple[int, str, dict[str, Any]]] = []
        self.verdicts = 0

    def sees(self, flag: dict[str, Any]) -> None:
        """A flag came in."""
        if flag["action"] in ("review", "block") and crc32(flag["flag_id"].encode()) % ONE_IN == 0:
            heapq.heappush(self._due, (flag["flagged_ms"] + LOOKS_AFTER_MS, flag["flag_id"], flag))

    def says(self, clock_ms: int) -> Iterator[bytes]:
        """Verdicts that are due, as records; none on accomplices and victims, who are neither."""
        while self._due and self._due[0][0] <= clock_ms:
            at_ms, flag_id, flag = heapq.heappop(self._due)
            fraud = (flag["number"], flag["fraud_type"]) in self._frauds
            if not fraud and flag["number"] in self._known:
                continue
            self.verdicts += 1
            yield msgspec.json.encode(
                {
                    "kind": "verdict",
                    "record_id": f"v-{flag_id}",
                    "number": flag["number"],
                    "verdict": "fraud" if fraud else "legitimate",
                    "fraud_type": flag["fraud_type"],
                    "at_ms": at_ms,
                    "source": "analyst",
                    "flag_id": flag_id,
                }
            )
