"""Verdicts: what analysts and a partner found out about real campaigns and about those who were taken for one."""

from typing import Any

import msgspec

from linewatch.stream.event_time import HOUR_MS
from linewatch.training.simulate.lines import Line
from linewatch.training.simulate.world import World

SOURCES = (("analyst", 0.75), ("partner", 0.25))
MISTAKEN = {"analyst": 0.01, "partner": 0.1}
"""Share of a source's verdicts that are wrong."""


def verdicts(world: World) -> list[Line]:
    """A share of the fraudulent numbers and of the look-alikes is judged two to nine hours after it began."""
    random, share = world.random, world.parameters.verdict_share
    cases: list[tuple[str, str, str | None, int]] = [
        (line["number"], "fraud", line["fraud_type"], line["first_ms"]) for line in world.labels
    ]
    cases += [(line["number"], "legitimate", None, world.start_ms + 8 * HOUR_MS) for line in world.innocents]
    lines: list[Line] = []
    for number, truth, fraud_type, begun in cases:
        if random.random() >= share:
            continue
        source = str(random.choice([name for name, _ in SOURCES], p=[part for _, part in SOURCES]))
        wrong = random.random() < MISTAKEN[source]
        at_ms = begun + round(random.uniform(2, 9) * HOUR_MS)
        verdict = {"fraud": "legitimate", "legitimate": "fraud"}[truth] if wrong else truth
        record: dict[str, Any] = {
            "kind": "verdict",
            "record_id": f"v{len(lines):06x}",
            "number": number,
            "verdict": verdict,
            "at_ms": at_ms,
            "source": source,
        }
        if fraud_type is not None and verdict == "fraud":
            record["fraud_type"] = fraud_type
        if at_ms < world.end_ms:
            lines.append((at_ms, msgspec.json.encode(record)))
    return lines
