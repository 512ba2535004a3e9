"""How much a source of verdicts may say in a day."""

from collections.abc import Iterable

from linewatch.stream.event_time import DAY_MS

_DAYS_KEPT = 2


class Daily:
    """How many verdicts of each source counted by day; one that is dated back counts for the latest day there was."""

    def __init__(self, counts: Iterable[tuple[int, str, int]] = ()) -> None:
        self._counts = {(day, source): count for day, source, count in counts}

    def take(self, source: str, at_ms: int, most: int) -> bool:
        """Whether a verdict of a source is within its cap; then it counts."""
        day = max((at_ms // DAY_MS, *(known for known, _ in self._counts)))
        count = self._counts.get((day, source), 0)
        if count >= most:
            return False
        if not count:
            self._counts = {key: told for key, told in self._counts.items() if key[0] >= day - _DAYS_KEPT}
        self._counts[day, source] = count + 1
        return True

    def state(self) -> list[list[int | str]]:
        """All of it, as plain data."""
        return [[*key, count] for key, count in self._counts.items()]
