"""A random forest as plain arrays, scored by compiled code: what scikit-learn's `predict_proba` gives, bit by bit.

scikit-learn spends some 60 us a tree and call on checks and threads; a batch of a few rows costs as much as thousands.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Forest(NamedTuple):
    """All nodes of all trees; a leaf has child 0. `chances` is by node, the classes' shares."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    chances: NDArray[np.float64]


def forest_of(estimator: Any) -> Forest:
    """The trees of a fitted `RandomForestClassifier` or `ExtraTreesClassifier` of one output."""
    parts: list[tuple[NDArray[Any], ...]] = []
    roots = []
    begin = 0
    for tree in (member.tree_ for member in estimator.estimators_):
        roots.append(begin)
        inner = tree.children_left >= 0
        left = np.where(inner, tree.children_left + begin, 0)
        right = np.where(inner, tree.children_right + begin, 0)
        parts.append((tree.feature, tree.threshold, left, right, tree.value[:, 0, :]))
        begin += tree.node_count
    feature, threshold, left, right, chances = map(np.concatenate, zip(*parts, strict=True))
    return Forest(
        np.array(roots, np.int32),
        feature.astype(np.int32),
        threshold.astype(np.float64),
        left.astype(np.int32),
        right.astype(np.int32),
        np.ascontiguousarray(chances, np.float64),
    )


@njit(cache=True)
def forest_chances(rows: NDArray[np.float32], forest: Forest) -> NDArray[np.float64]:
    """The mean over the trees of each class's share, `[n, classes]`, summed in the order of the trees."""
    classes = forest.chances.shape[1]
    out = np.zeros((len(rows), classes))
    for index in range(len(rows)):
        for root in forest.roots:
            node = root
            while forest.left[node] > 0:
                value = np.float64(rows[index, forest.feature[node]])
                node = forest.left[node] if value <= forest.threshold[node] else forest.right[node]
            for at in range(classes):
                out[index, at] += forest.chances[node, at]
        for at in range(classes):
            out[index, at] /= len(forest.roots)
    return out


@njit(cache=True)
def forest_parts(rows: NDArray[np.float32], forest: Forest, of: int) -> NDArray[np.float64]:
    """By row and feature, `[n, features]`, how far it moves the chance of the class `of` along the row's paths, in the mean.

    With the mean of that class's share at the roots they add to the row's chance (Palczewska et al., 2013, arXiv:1312.1121).
    """
    out = np.zeros(rows.shape)
    for index in range(len(rows)):
        for root in forest.roots:
            node = root
            while forest.left[node] > 0:
                asked = forest.feature[node]
                value = np.float64(rows[index, asked])
                below = forest.left[node] if value <= forest.threshold[node] else forest.right[node]
                out[index, asked] += (forest.chances[below, of] - forest.chances[node, of]) / len(forest.roots)
                node = below
    return out
