"""Records and flags made by hand."""

from typing import Any

from linewatch.stream.decision.flag import Flag

BEGIN_MS = 1_767_250_000_000


def call(index: int, **changes: Any) -> dict[str, Any]:
    """One call record; ids and times follow the index."""
    return {
        "kind": "call",
        "record_id": f"c{index}",
        "calling": "+66921000001",
        "called": f"+6692{2_000_000 + index * 37:07d}",
        "start_ms": BEGIN_MS + index * 15_000,
        "duration_s": 0,
        "ring_s": 3,
    } | changes


def flag(flag_id: str = "f1", **changes: Any) -> Flag:
    """One flag, for review, of the number that makes the calls above."""
    values: dict[str, Any] = {
        "flag_id": flag_id,
        "number": "+66921000001",
        "fraud_type": "robocall",
        "role": "actor",
        "action": "review",
        "score": 0.8,
        "episode_ms": BEGIN_MS,
        "step": 0,
        "flagged_ms": BEGIN_MS,
        "first_ms": BEGIN_MS,
        "last_ms": BEGIN_MS,
        "record_count": 9,
        "reasons": [{"code": "attempts_per_h", "value": 61.25, "threshold": 20.0, "text": "calls an hour"}],
        "evidence": [],
        "policy_version": "p",
        "model_version": "m",
    }
    return Flag(**values | changes)
