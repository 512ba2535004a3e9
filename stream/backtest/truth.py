"""What labels and verdicts say of entities."""

from collections.abc import Collection, Iterable
from typing import Any

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.intake.numbers import NumberPlans


def frauds_of(labels: Iterable[dict[str, Any]], country: str | None) -> dict[str, set[int]]:
    """By fraud type the entities for which it is right, those named by `also` among them."""
    lines = list(labels)
    found: dict[str, set[int]] = {}
    for entity, line in zip(NumberPlans(country).ids([line["number"] for line in lines]).tolist(), lines, strict=True):
        for fraud_type in (line["fraud_type"], *line.get("also", ())):
            found.setdefault(fraud_type, set()).add(entity)
    return found


def judged_by(lines: Iterable[dict[str, Any]], country: str | None) -> dict[str, dict[int, bool]]:
    """Verdicts by fraud type and entity; one that names no type is about all, and the last one counts."""
    said = list(lines)
    judged: dict[str, dict[int, bool]] = {fraud_type: {} for fraud_type in FRAUD_TYPES}
    for entity, line in zip(NumberPlans(country).ids([line["number"] for line in said]).tolist(), said, strict=True):
        for fraud_type in [line["fraud_type"]] if line.get("fraud_type") else FRAUD_TYPES:
            if fraud_type in judged:
                judged[fraud_type][entity] = line["verdict"] == "fraud"
    return judged


def labelled(labels: Iterable[dict[str, Any]], scored: Collection[int], country: str | None) -> dict[str, dict[int, bool]]:
    """By fraud type whether an entity that has a score is a fraud of it; frauds of other types are left out of it."""
    right = frauds_of(labels, country)
    legitimate = set(scored) - set().union(*right.values())
    return {name: dict.fromkeys(legitimate, False) | dict.fromkeys(right.get(name, ()), True) for name in FRAUD_TYPES}
