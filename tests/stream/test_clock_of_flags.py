"""Flags fade by the log's own clock, which no single record moves far; what a flag says of its records fits together."""

from collections.abc import Callable
from typing import Any

from stream_helpers import BEGIN_MS, call

DAY_MS = 86_400_000


def far(index: int, days: float) -> dict[str, Any]:
    """A call of a number of its own."""
    return call(index, start_ms=BEGIN_MS + round(days * DAY_MS), calling=f"+6692888{index:04d}", duration_s=30)


def test_one_verdict_from_the_future_fades_nobodys_flag(score: Callable[..., Any]) -> None:
    burst = [call(index) for index in range(200)]
    later = [far(1001, 29.5), far(1002, 29.5)]
    verdict = {"kind": "verdict", "record_id": "v", "number": "+66929999999", "verdict": "legitimate", "source": "analyst"}
    ahead = verdict | {"at_ms": BEGIN_MS + round(30.4 * DAY_MS)}
    assert "clear" in {flag.action for flag in score([*burst, *later, far(1003, 31), far(1004, 31)])[0]}, "so they do fade"
    for last in ([ahead], [far(1003, 30.4)], [ahead, far(1003, 29.6), far(1004, 29.6)]):
        flags = score([*burst, *later, *last])[0]
        assert flags
        assert "clear" not in {flag.action for flag in flags}


def test_the_records_that_speak_for_a_flag_lie_between_its_first_and_its_last(score: Callable[..., Any]) -> None:
    records = [call(index) for index in range(200)]
    ends = sorted(record["start_ms"] + 1000 * (record["ring_s"] + record["duration_s"]) for record in records)
    flags, _ = score(records)
    assert flags
    for flag in flags:
        assert abs(flag.first_ms - ends[0]) < 1000, "all that a new number did speaks for it, from its first record on"
        within = sum(flag.first_ms - 1000 <= end <= flag.last_ms for end in ends)
        assert flag.record_count <= 1.1 * within
