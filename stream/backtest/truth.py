"""What labels and verdicts say of entities."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.intake.numbers import NumberPlans

UNTYPED: Final = ""
"""Beside the fraud types: entities of which somebody said that they are fraud, and not of which type."""


def frauds_of(labels: Iterable[dict[str, Any]], country: str | None) -> dict[str, set[int]]:
    """By fraud type the entities for which it is right, those named by `also` among them."""
    lines = list(labels)
    found: dict[str, set[int]] = {}
    for entity, line in zip(NumberPlans(country).ids([line["number"] for line in lines]).tolist(), lines, strict=True):
        for fraud_type in (line["fraud_type"], *line.get("also", ())):
            found.setdefault(fraud_type, set()).add(entity)
    return found


def judged_by(lines: Iterable[dict[str, Any]], country: str | None) -> dict[str, dict[int, bool]]:
    """Verdicts by fraud type and entity, of which the last one counts.

    Who is legitimate and no type is named is so of every type; a fraud of no named type stands as `UNTYPED`.
    """
    said = list(lines)
    judged: dict[str, dict[int, bool]] = {fraud_type: {} for fraud_type in (*FRAUD_TYPES, UNTYPED)}
    for entity, line in zip(NumberPlans(country).ids([line["number"] for line in said]).tolist(), said, strict=True):
        fraud = line["verdict"] == "fraud"
        if fraud_type := line.get("fraud_type"):
            if fraud_type in FRAUD_TYPES:
                judged[fraud_type][entity] = fraud
        elif fraud:
            _say_fraud(judged, entity)
        else:
            judged[UNTYPED].pop(entity, None)
            for name in FRAUD_TYPES:
                judged[name][entity] = False
    return judged


def _say_fraud(judged: dict[str, dict[int, bool]], entity: int) -> None:
    """Of whatever type: it is no longer legitimate of any."""
    judged[UNTYPED][entity] = True
    for name in FRAUD_TYPES:
        if judged[name].get(entity) is False:
            del judged[name][entity]


def said_of(judged: dict[str, dict[int, bool]], fraud_type: str) -> dict[int, bool]:
    """Whether a flag of this type is right, by entity: a fraud of no named type makes it so, unless it was said of this type."""
    return judged.get(UNTYPED, {}) | judged.get(fraud_type, {})


def labelled(labels: Iterable[dict[str, Any]], scored: Collection[int], country: str | None) -> dict[str, dict[int, bool]]:
    """By fraud type whether an entity that has a score is a fraud of it; frauds of other types are left out of it."""
    right = frauds_of(labels, country)
    legitimate = set(scored) - set().union(*right.values())
    return {name: dict.fromkeys(legitimate, False) | dict.fromkeys(right.get(name, ()), True) for name in FRAUD_TYPES}
