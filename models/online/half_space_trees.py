"""Half-space trees: how strange a feature row is among those of late, learned online (Tan, Ting, Liu, IJCAI 2011).

river learns; what it learned leaves as plain arrays, which a compiled scorer reads: equal to river's own score to
1e-9, some 100 times faster, and loadable without running anybody's code.
"""

from typing import Any, Final

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray
from river.anomaly import HalfSpaceTrees

TREES: Final = 15
HEIGHT: Final = 6
WINDOW: Final = 500
NODES: Final = 2 ** (HEIGHT + 1) - 1
SEED: Final = 7
_LIMIT: Final = 0.1 * WINDOW
"""A node that fewer rows passed is not gone beyond."""
_MOST: Final = WINDOW * (2.0 ** (HEIGHT + 1) - 1.0)
"""What one tree says of a row that all of the window went with, from root to leaf."""


class Forest(msgspec.Struct, array_like=True):
    """Trees in heap order, `[trees, nodes]` each, flat: children of node i are 2i + 1 and 2i + 2."""

    feature: bytes  # int32, -1 for a leaf
    threshold: bytes  # float64
    mass: bytes  # float64, of the window before
    warm: bool


def arrays(forest: Forest) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Features, thresholds and masses, `[trees, nodes]`; raises ValueError where sizes do not fit."""
    return (
        np.frombuffer(forest.feature, np.int32).reshape(-1, NODES),
        np.frombuffer(forest.threshold, np.float64).reshape(-1, NODES),
        np.frombuffer(forest.mass, np.float64).reshape(-1, NODES),
    )


@njit(cache=True)
def score(
    rows: NDArray[np.float64], feature: NDArray[np.int32], threshold: NDArray[np.float64], mass: NDArray[np.float64]
) -> NDArray[np.float64]:
    """River's `score_one` of each squashed row, `[n]`: 1 is strange, 0 ordinary."""
    scores = np.empty(len(rows))
    for index in range(len(rows)):
        total = 0.0
        for tree in range(len(feature)):
            node = 0
            power = 1.0
            while True:
                total += mass[tree, node] * power
                split = feature[tree, node]
                if split < 0 or mass[tree, node] < _LIMIT:
                    break
                node = 2 * node + (1 if rows[index, split] < threshold[tree, node] else 2)
                power *= 2.0
        scores[index] = 1.0 - total / (len(feature) * _MOST)
    return scores


def usual(forest: Forest) -> float:
    """The mean score of the rows that the forest was made of: a row of the window adds to each node that it passes."""
    _, _, mass = arrays(forest)
    passed = np.ones(mass.shape, bool)
    for node in range(1, NODES):
        parent = (node - 1) // 2
        passed[:, node] = passed[:, parent] & (mass[:, parent] >= _LIMIT)
    depths = np.floor(np.log2(np.arange(NODES) + 1.0))
    return float(1.0 - (mass**2 * 2.0**depths * passed).sum() / WINDOW / (len(mass) * _MOST))


class AnomalyLearner:
    """river's trees over squashed rows, and their way in and out as plain arrays."""

    def __init__(self, features: int) -> None:
        self.features = features
        self.trees = HalfSpaceTrees(n_trees=TREES, height=HEIGHT, window_size=WINDOW, seed=SEED)
        self.trees.learn_one(dict.fromkeys(range(features), 0.0))  # builds the trees, by the seed alone
        for node in self._nodes():
            node.l_mass = 0
        self.trees.counter = 0
        self._forest: Forest | None = None  # of the window before, so the same until the next one is full

    def _nodes(self) -> list[Any]:
        """All nodes, tree by tree, in heap order."""
        ordered = []
        for tree in self.trees.trees:
            level = [tree]
            for _ in range(HEIGHT + 1):
                ordered.extend(level)
                level = [child for node in level for child in getattr(node, "children", ())]
        return ordered

    def learn(self, rows: NDArray[np.float64]) -> None:
        """Take squashed rows in, in order."""
        if self.trees.counter + len(rows) >= WINDOW:
            self._forest = None
        for row in rows.tolist():
            self.trees.learn_one(dict(enumerate(row)))

    def forest(self) -> Forest:
        """What scores need."""
        if self._forest is None:
            self._forest = self._made()
        return self._forest

    def _made(self) -> Forest:
        nodes = self._nodes()
        split = np.array([getattr(node, "feature", -1) if hasattr(node, "children") else -1 for node in nodes], np.int32)
        threshold = np.array([getattr(node, "threshold", 0.0) if hasattr(node, "children") else 0.0 for node in nodes])
        mass = np.array([float(node.r_mass) for node in nodes])
        return Forest(split.tobytes(), threshold.tobytes(), mass.tobytes(), not self.trees._first_window)

    def state(self) -> dict[str, Any]:
        """All that was learned, as plain data."""
        nodes = self._nodes()
        masses = [[node.l_mass for node in nodes], [node.r_mass for node in nodes]]
        return {"masses": masses, "counter": self.trees.counter, "first": self.trees._first_window}

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`; the splits follow from the seed."""
        for node, learning, learned in zip(self._nodes(), *state["masses"], strict=True):
            node.l_mass, node.r_mass = learning, learned
        self.trees.counter, self.trees._first_window = state["counter"], state["first"]
        self._forest = None
