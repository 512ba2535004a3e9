"""What the demo knows at a moment: records, their pace, flags by type, the last flagged numbers."""

from collections import Counter, deque
from typing import Any, Final

import msgspec

LAST: Final = 8
PACE_S: Final = 5.0
ACTIONS: Final = ("watch", "review", "block", "clear")


class Board:
    """Filled by the demo's loop, read by the view."""

    def __init__(self, metrics: str, folder: str) -> None:
        self.metrics = metrics
        self.folder = folder
        self.said = "starting"
        self.clock_ms = 0
        self.sent = self.worked_off = self.verdicts = 0
        self.first_flag_s: float | None = None
        self.by_type: dict[str, Counter[str]] = {}
        self.last: deque[dict[str, Any]] = deque(maxlen=LAST)
        self.flags: list[dict[str, Any]] = []
        self._history: deque[tuple[float, int]] = deque()

    def flagged(self, value: bytes, since_ready_s: float) -> dict[str, Any]:
        """A message of the flags topic; returns the flag."""
        flag: dict[str, Any] = msgspec.json.decode(value)
        if self.first_flag_s is None:
            self.first_flag_s = since_ready_s
        self.flags.append(flag)
        self.last.append(flag)
        self.by_type.setdefault(flag["fraud_type"], Counter())[flag["action"]] += 1
        return flag

    def progress(self, now_s: float, worked_off: int) -> None:
        """So many records are worked off by now."""
        self.worked_off = worked_off
        self._history.append((now_s, worked_off))
        while now_s - self._history[0][0] > PACE_S:
            self._history.popleft()

    @property
    def per_second(self) -> float:
        """Records worked off a second, over the last seconds."""
        if len(self._history) < 2:
            return 0.0
        (begin_s, first), (end_s, last) = self._history[0], self._history[-1]
        return (last - first) / max(end_s - begin_s, 1e-3)

    def line(self, passed_s: float) -> str:
        """The state in one line, without a number in it."""
        types = ", ".join(f"{name} {sum(counts.values())}" for name, counts in sorted(self.by_type.items()))
        return (
            f"{passed_s:4.0f} s: {self.worked_off:,} records, {self.per_second:,.0f} a second, "
            f"{len(self.flags)} flags{f' ({types})' if types else ''}"
        )
