"""What a partition's state knows of one number, in the terms in which it is explained."""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.policy import Policy
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.stream.decision.episode import Episode
from linewatch.stream.decision.score import Asked, Scorer
from linewatch.stream.profiles.decay import values_of
from linewatch.stream.profiles.features import FEATURES, features
from linewatch.stream.profiles.keys import block_of
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.profiles.row import BLOCK_COUNTERS, BLOCK_SIZES, COUNTERS, MEDIUM, SNAPSHOT, WATCHES
from linewatch.stream.profiles.store import Table
from linewatch.stream.records.columns import HASHED

_MOST_MOVED: Final = 5


class Moved(msgspec.Struct, frozen=True):
    """A feature, its value, and by how much it moved what a model says of a fraud type: a chance, or log-odds of verdicts."""

    feature: str
    value: float
    by: float


class Suspicion(msgspec.Struct, frozen=True):
    """An episode, with the reasons of its flag as the row that was flagged gives them.

    `log_odds` is what each source says of that row, by the models in force now; `moved` has by model the features that moved
    it most, the strongest first. Both are empty where nothing was flagged.
    """

    fraud_type: str
    episode: Episode
    reasons: list[dict[str, Any]]
    log_odds: dict[str, float] = {}
    moved: dict[str, list[Moved]] = {}


class Known(msgspec.Struct, frozen=True):
    """What a partition knows of a number; rates an hour, features, scores and blocks as of when it was last seen."""

    number: str
    partition: int
    policy: Policy
    model_version: str
    held: int
    row: Any = None
    rates: dict[str, tuple[float, ...]] = {}
    features: dict[str, float] = {}
    blocks: dict[int, dict[str, float]] = {}
    scores: dict[str, float] = {}
    suspicions: list[Suspicion] = []


def known_of(state: Partition, entity: int, given: str) -> Known | None:
    """What the state knows of a number, None when that is nothing; `given` is the form in which it was asked for."""
    suspicions = _suspicions(state, entity)
    row = _row(state.store.numbers, entity)
    if row is None and not suspicions:
        return None
    scorer = state.decider.scorer
    number = suspicions[0].episode.number if suspicions else f"+{entity}" if entity < HASHED else given
    known = Known(number, state.number, state.policy, scorer.model_version, len(state.hold), suspicions=suspicions)
    if row is None:
        return known
    snapshot = _snapshot(state, row)
    features_row = features(snapshot, state.policy.half_lives_s)
    values = dict(zip(FEATURES, features_row[0].tolist(), strict=True))
    scores = scorer.scores(Asked(features_row))
    medium = snapshot["blocks"][0, :, MEDIUM].tolist()
    return msgspec.structs.replace(
        known,
        row=row,
        rates={name: tuple(values.pop(f"{name}_{speed}") for speed in ("fast", "medium", "slow")) for name in COUNTERS},
        features={name: value for name, value in values.items() if not name.startswith("block_")},
        blocks={size: dict(zip(BLOCK_COUNTERS, counts, strict=True)) for size, counts in zip(BLOCK_SIZES, medium, strict=True)},
        scores=dict(zip(FRAUD_TYPES, scores[0].tolist(), strict=True)),
    )


def _row(table: Table, entity: int) -> Any:
    found = np.flatnonzero(table.rows["entity"][: table.count] == np.uint64(entity))
    return table.rows[found[0]].copy() if len(found) else None


def _snapshot(state: Partition, row: Any) -> NDArray[np.void]:
    """The row and its blocks as they stood when the number was last seen, in the form that features take."""
    snapshot = np.zeros(1, SNAPSHOT)
    for name in ("entity", "last_ms", "first_s", "seen", "flags"):
        snapshot[name] = row[name]
    for field in WATCHES:
        snapshot[field[0]] = row[field[0]]
    snapshot["counts"] = values_of(row["counts"])
    snapshot["acts"] = values_of(row["acts"], 1)[0]
    snapshot["event_ms"] = row["last_ms"]
    half_lives_ms = np.array(state.policy.half_lives_s) * 1000
    for index in range(len(BLOCK_SIZES)):
        block = _row(state.store.blocks, int(block_of(row["entity"], index)))
        if block is not None:
            age_ms = max(0, int(row["last_ms"]) - int(block["last_ms"]))
            left = 0.5 ** (age_ms / half_lives_ms)[:, np.newaxis]
            snapshot["blocks"][0, index] = values_of(block["counts"]) * left
    return snapshot


def _suspicions(state: Partition, entity: int) -> list[Suspicion]:
    found = []
    for index, fraud_type in enumerate(FRAUD_TYPES):
        episode = state.decider.episodes.get((entity, index))
        if episode is None:
            continue
        flagged = np.frombuffer(episode.features, np.float32)
        if len(flagged):
            reasons, scorer = state.decider._reasons(index, flagged), state.decider.scorer
            found.append(Suspicion(fraud_type, episode, reasons, _log_odds(scorer, flagged, index), _moved(scorer, flagged, index)))
        else:
            found.append(Suspicion(fraud_type, episode, []))
    return found


def _log_odds(scorer: Scorer, row: NDArray[np.float32], index: int) -> dict[str, float]:
    parts = scorer.parts(Asked(row[None, :]))
    return {source: float(np.broadcast_to(said, (1, len(FRAUD_TYPES)))[0, index]) for source, said in parts.items()}


def _moved(scorer: Scorer, row: NDArray[np.float32], index: int) -> dict[str, list[Moved]]:
    models = {"number model": scorer.number_model, "verdicts": scorer.online}
    parts = {name: model.moved(row, FRAUD_TYPES[index]) for name, model in models.items() if model is not None}
    return {name: _strongest(row, of) for name, of in parts.items() if of.any()}


def _strongest(row: NDArray[np.float32], parts: NDArray[np.float64]) -> list[Moved]:
    order = np.argsort(-np.abs(parts), kind="stable")[:_MOST_MOVED].tolist()
    return [Moved(FEATURES[at], float(row[at]), float(parts[at])) for at in order if parts[at]]
