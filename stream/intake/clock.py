"""The clock of a source: the latest event time among its records, not to be carried away by one wrong record."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

JUMP_MS: Final = 600_000
"""A record more than this ahead moves no clock until a second one, of another number, is as far (contract)."""


class SourceClock:
    """Event-time clock of one source partition; `now_ms` is the least integer before the first record."""

    def __init__(self) -> None:
        self.now_ms = -(1 << 62)
        self._far: dict[int, int] = {}  # number to the latest time by which it was far ahead

    def advance(self, event_ms: NDArray[np.int64], numbers: NDArray[np.uint64], others_ms: int) -> int:
        """Take a batch in; `others_ms` is the furthest clock of all sources known here. Returns the clock."""
        if not len(event_ms):
            return self.now_ms
        reference = max(self.now_ms, others_ms)
        latest = int(event_ms.max())
        if reference == -(1 << 62) and len(event_ms) > 1:
            reference = int(np.median(event_ms))
        if reference == -(1 << 62) or latest <= reference + JUMP_MS:
            self.now_ms = max(self.now_ms, latest)
            return self.now_ms
        far = event_ms > reference + JUMP_MS
        if not far.all():
            self.now_ms = max(self.now_ms, int(event_ms[~far].max()))
        self._confirm(event_ms[far], numbers[far])
        return self.now_ms

    def _confirm(self, event_ms: NDArray[np.int64], numbers: NDArray[np.uint64]) -> None:
        for time, number in zip(event_ms.tolist(), numbers.tolist(), strict=True):
            self._far[number] = max(time, self._far.get(number, time))
        furthest = sorted(self._far.values(), reverse=True)
        if len(furthest) > 1:  # the second number's time is how far two of them agree
            self.now_ms = max(self.now_ms, furthest[1])
            self._far = {n: t for n, t in self._far.items() if t > self.now_ms + JUMP_MS}
        if len(self._far) > 64:
            self._far = dict(sorted(self._far.items(), key=lambda item: item[1])[-64:])
