"""A random forest as plain arrays, scored by compiled code: what scikit-learn's `predict_proba` gives, bit by bit.

scikit-learn spends some 60 us a tree and call on checks and threads; a batch of a few rows costs as much as thousands.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

NODE: Final = np.dtype(
    [("threshold", "<f8"), ("left", "<i4"), ("right", "<i4"), ("feature", "<i4"), ("leaf", "<i4")],
    align=True,
)
"""A node of a tree, together: each step of a path reads one line of memory. A leaf has child 0, and the place of its shares."""


class Forest(NamedTuple):
    """All nodes of all trees (dtype NODE); `chances` is by node, the classes' shares, `leaves` those of leaves, each once."""

    roots: NDArray[np.int32]
    nodes: Any
    chances: NDArray[np.float64]
    leaves: NDArray[np.float64]


def forest_of(estimator: Any) -> Forest:
    """The trees of a fitted `RandomForestClassifier` or `ExtraTreesClassifier` of one output."""
    trees = [member.tree_ for member in estimator.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])], dtype=np.int32)
    chances = np.ascontiguousarray(np.concatenate([tree.value[:, 0, :] for tree in trees]), np.float64)
    nodes = np.zeros(len(chances), NODE)
    for root, tree in zip(roots.tolist(), trees, strict=True):
        own, inner = nodes[root : root + tree.node_count], tree.children_left >= 0
        own["feature"], own["threshold"] = tree.feature, tree.threshold
        own["left"] = np.where(inner, tree.children_left + root, 0)
        own["right"] = np.where(inner, tree.children_right + root, 0)
    is_leaf = nodes["left"] == 0
    leaves, places = np.unique(chances[is_leaf], axis=0, return_inverse=True)
    nodes["leaf"][is_leaf] = places.ravel()
    return Forest(roots, nodes, chances, np.ascontiguousarray(leaves))


@njit(cache=True)
def forest_chances(rows: NDArray[np.float32], forest: Forest) -> NDArray[np.float64]:
    """The mean over the trees of each class's share, `[n, classes]`, summed in the order of the trees."""
    roots, nodes, leaves = forest.roots, forest.nodes, forest.leaves
    classes = leaves.shape[1]
    out = np.zeros((len(rows), classes))
    for index in range(len(rows)):
        row, sums = rows[index], out[index]
        for root in roots:
            node = nodes[root]
            while node.left > 0:
                node = nodes[node.left] if np.float64(row[node.feature]) <= node.threshold else nodes[node.right]
            leaf = node.leaf
            for at in range(classes):
                sums[at] += leaves[leaf, at]
        for at in range(classes):
            sums[at] /= len(roots)
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
            while forest.nodes[node].left > 0:
                asked = forest.nodes[node].feature
                value = np.float64(rows[index, asked])
                below = forest.nodes[node].left if value <= forest.nodes[node].threshold else forest.nodes[node].right
                out[index, asked] += (forest.chances[below, of] - forest.chances[node, of]) / len(forest.roots)
                node = below
    return out
