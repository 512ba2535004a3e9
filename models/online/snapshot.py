"""A snapshot of the online models: plain numbers, versioned, scored with no river in sight."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.config.errors import ArtifactRefused
from linewatch.config.known import known
from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.online.half_space_trees import Forest, arrays, score, usual
from linewatch.models.online.squash import scales, squash


class Judged(msgspec.Struct, array_like=True, frozen=True):
    """A trusted verdict of late on a number that was flagged; of weight 0 no verdict: it was blocked here."""

    entity: int
    fraud_type: str
    fraud: bool
    event_ms: int
    weight: float = 1.0  # of its source

    @property
    def is_verdict(self) -> bool:
        """Whether somebody said so."""
        return self.weight > 0


@known
class Snapshot(msgspec.Struct, array_like=True):
    """What travels in the log."""

    version: int
    features: list[str]
    forest: Forest
    weights: bytes  # float64 [fraud types, features + 1]
    drifts: int = 0
    judged: list[Judged] = []
    from_ms: int = 0  # event time from which it counts
    most_logit: float = 2.0  # by how much verdicts may move what a text model says that knows the text
    texts_h: float = 72.0  # how long what texts say is remembered


def snapshot_of(payload: bytes) -> Snapshot:
    """What travelled; raises ArtifactRefused."""
    try:
        return msgspec.msgpack.decode(payload, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise ArtifactRefused(f"the snapshot of the online models cannot be read: {error}") from None


class OnlineModels:
    """Scores by one snapshot; each row's score is its own, whatever stands beside it in the batch."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.version = snapshot.version
        self.features = tuple(snapshot.features)
        self._scales = scales(self.features)
        self._warm = snapshot.forest.warm
        self._forest = arrays(snapshot.forest)
        self._usual = usual(snapshot.forest)
        weights = np.frombuffer(snapshot.weights, np.float64).reshape(len(FRAUD_TYPES), len(self.features) + 1)
        self._weights = np.ascontiguousarray(weights.T)

    @classmethod
    def from_snapshot(cls, payload: bytes, features: Sequence[str] | None = None) -> "OnlineModels":
        """Read a snapshot; one that does not fit is refused by name."""
        try:
            models = cls(snapshot_of(payload))
        except ValueError as error:
            raise ArtifactRefused(f"the snapshot of the online models cannot be read: {error}") from None
        if features is not None and models.features != tuple(features):
            raise ArtifactRefused("the snapshot of the online models was made for other features; let the learner make one")
        return models

    def anomaly(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """How strange each row is, 0 to 1; 0 until the trees have seen a window of rows."""
        if not self._warm:
            return np.zeros(len(rows))
        return np.asarray(score(squash(rows, self._scales), *self._forest))

    def strangeness(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """How much stranger than the usual ordinary row each row is, -1 to 1; 0 until the trees have seen a window of rows."""
        return self.anomaly(rows) - self._usual if self._warm else np.zeros(len(rows))

    def fraud_logit(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What verdicts add to the log-odds, `[n, fraud types]`; 0 until a type's model has heard enough."""
        if not self._weights.any():
            return np.zeros((len(rows), len(FRAUD_TYPES)))
        return weighed(squash(rows, self._scales), self._weights)

    def moved(self, row: NDArray[np.float32], fraud_type: str) -> NDArray[np.float64]:
        """By feature of one row how much of what verdicts add to the log-odds of a type is due to it, `[features]`."""
        return squash(row[None, :], self._scales)[0] * self._weights[:-1, FRAUD_TYPES.index(fraud_type)]


@njit(cache=True)
def weighed(squashed: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows `[n, features]` by weights `[features + 1, types]`, the last of which is added as it is: `[n, types]`.

    Row by row in one order, whatever stands beside it: a matrix product may differ with the batch.
    """
    out = np.empty((len(squashed), weights.shape[1]))
    for index in range(len(squashed)):
        row = out[index]
        row[:] = weights[-1]
        for column in range(squashed.shape[1]):
            value = squashed[index, column]
            for at in range(len(row)):
                row[at] += value * weights[column, at]
    return out
