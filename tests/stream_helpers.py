"""Records made by hand."""

from typing import Any


def call(index: int, **changes: Any) -> dict[str, Any]:
    """One call record; ids and times follow the index."""
    return {
        "kind": "call",
        "record_id": f"c{index}",
        "calling": "+66921000001",
        "called": f"+6692{2_000_000 + index * 37:07d}",
        "start_ms": 1_767_250_000_000 + index * 15_000,
        "duration_s": 0,
        "ring_s": 3,
    } | changes
