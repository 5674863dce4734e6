"""Connected components in memory: a union-find over two arrays.

Components are for reports and for weights. They do not say what is removed: two records of a chain may have nothing in
common (see `corpus.graph.resolve`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import I64, I64_OUT, kernel


@kernel(I64, I64, I64_OUT)
def _joined(a: Any, b: Any, parent: Any) -> None:
    """Rem's algorithm with splicing (Patwary, Blair and Manne 2010): a parent is never larger than its child."""
    for index in range(len(parent)):
        parent[index] = index
    for edge in range(len(a)):
        x, y = a[edge], b[edge]
        while parent[x] != parent[y]:
            if parent[x] < parent[y]:
                x, y = y, x
            above = parent[x]
            parent[x] = parent[y]
            if x == above:
                break
            x = above
    # Parents are smaller than their children, so by the time a child is reached its parent's root is known.
    for index in range(len(parent)):
        parent[index] = parent[parent[index]]


def connected(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    """int64 [n]: for each of `n` nodes the smallest node of its component; a node without edges is its own.

    `a` and `b` are the ends of edges, in any order and direction; the result depends on neither. Near linear in nodes
    and edges, 8 bytes a node. ValueError for an end outside 0 to n - 1.
    """
    checked_ends(a, b, n)
    parent = np.empty(n, np.int64)
    _joined(frozen(np.ascontiguousarray(a, np.int64)), frozen(np.ascontiguousarray(b, np.int64)), parent)
    return parent


def checked_ends(a: np.ndarray, b: np.ndarray, n: int) -> None:
    """ValueError unless `a` and `b` pair up and lie within 0 to n - 1."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} first ends of edges but {len(b)} second ends")
    if len(a) and (min(int(a.min()), int(b.min())) < 0 or max(int(a.max()), int(b.max())) >= n):
        raise ValueError(f"an edge has an end outside the {n} nodes")


def sizes(labels: np.ndarray) -> np.ndarray:
    """int64 [n]: for each node the size of its component, from the labels that `connected` gives."""
    return np.bincount(labels, minlength=len(labels))[labels].astype(np.int64)
