"""What labels say of entities."""

from collections.abc import Iterable
from typing import Any

from linewatch.stream.intake.numbers import NumberPlans


def frauds_of(labels: Iterable[dict[str, Any]], country: str | None) -> dict[str, set[int]]:
    """By fraud type the entities for which it is right, those named by `also` among them."""
    lines = list(labels)
    found: dict[str, set[int]] = {}
    for entity, line in zip(NumberPlans(country).ids([line["number"] for line in lines]).tolist(), lines, strict=True):
        for fraud_type in (line["fraud_type"], *line.get("also", ())):
            found.setdefault(fraud_type, set()).add(entity)
    return found
