"""Night and weekend, by the local time of the operator or of the number's own country."""

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.intake.numbers import timezone_of_region

NIGHT_BEGINS_H: Final = 22
NIGHT_ENDS_H: Final = 6


@lru_cache(maxsize=65536)
def offset_hours(zone: str, utc_hour: int) -> float:
    """Offset from UTC in hours, of the hour that is `utc_hour` hours after the epoch; 0 outside the years 1 to 9999."""
    from datetime import UTC, datetime

    try:
        offset = datetime.fromtimestamp(utc_hour * 3600, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    except (ValueError, OverflowError, OSError):
        return 0.0
    return offset.total_seconds() / 3600 if offset else 0.0


def night_and_weekend(
    event_ms: NDArray[np.int64], regions: NDArray[np.int64], names: list[str], operator_zone: str | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each time is at night, and at a weekend; `regions` index `names`, unless the operator's zone is known."""
    days = event_ms // (24 * HOUR_MS)
    if operator_zone and len(days) and days.min() == days.max():
        return _at(event_ms + int(offset_hours(operator_zone, int(days[0]) * 24 + 12) * HOUR_MS))
    keys = days if operator_zone else days * 1024 + regions % 1024
    unique, inverse = np.unique(keys, return_inverse=True)
    offsets = np.empty(len(unique))
    for index, key in enumerate(unique.tolist()):
        day, region = (key, 0) if operator_zone else divmod(key, 1024)
        offsets[index] = offset_hours(operator_zone or timezone_of_region(names[region]), day * 24 + 12)
    return _at(event_ms + (offsets[inverse] * HOUR_MS).astype(np.int64))


def _at(local_ms: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    hour = local_ms // HOUR_MS % 24
    weekday = (local_ms // (24 * HOUR_MS) + 3) % 7  # the epoch was a Thursday
    return (hour >= NIGHT_BEGINS_H) | (hour < NIGHT_ENDS_H), weekday >= 5
