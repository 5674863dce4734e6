"""Choosing few rows of many: the best that are unlike one another, or the best of every cluster in turn."""

from __future__ import annotations

import numpy as np

from corpus.cluster.blocks import BLOCK, Block, mark_block
from corpus.errors import UsageError
from corpus.kernels.buffers import frozen
from corpus.kernels.vectors import lengths_of, wide

LIMIT = 0.9
"""The cosine from which on two rows are too alike to be both chosen (Deita's)."""


def greedy(
    vectors: np.ndarray,
    scores: np.ndarray,
    budget: float,
    limit: float = LIMIT,
    ties: np.ndarray | None = None,
    costs: np.ndarray | None = None,
    block: int = BLOCK,
) -> np.ndarray:
    """The rows chosen, int64, in the order of their choice: the best first that no chosen one is like.

    Rows are taken by `scores`, the largest first, then by `ties` (any numbers that tell rows apart, such as hashed ids;
    row numbers where left out); one whose cosine to a chosen row is at least `limit` is passed over. The end is the
    first row that `budget` has no room for: of rows, or of `costs` (tokens, say). Rows without a score (NaN) or a
    vector are never chosen. Liu et al. 2024, "What makes good data for alignment?" (Deita), section 2.4, whose
    distance bound is 1 - limit. Compared in blocks, so memory is bounded; the work is rows times chosen rows.
    UsageError for a limit that is not above 0 and at most 1, or a budget below 0.
    """
    rows = len(vectors)
    if not 0 < limit <= 1 or budget < 0:
        raise UsageError(f"a diverse choice of {budget} with the limit {limit}: 0 or more, and above 0 and at most 1")
    order = _ranked(scores, ties)
    order = order[_has_vector(vectors, order, block)]
    prices = np.ones(rows) if costs is None else np.asarray(costs, np.float64)
    kept, survivor, best = np.ones((1, rows), np.uint8), np.full(rows, -1, np.int64), np.zeros(rows, np.float32)
    bounds = frozen(np.array([limit], np.float32))
    chosen = order[:0]
    for start in range(0, len(order), block):
        one = Block(vectors, order[start : start + block])
        for first in range(0, len(chosen), block):
            mark_block(one, Block(vectors, chosen[first : first + block]), False, bounds, kept, survivor, best)
        mark_block(one, one, True, bounds, kept, survivor, best)
        chosen = np.concatenate([chosen, one.rows[kept[0, one.rows] > 0]])
        spent = np.cumsum(prices[chosen])
        if len(chosen) and spent[-1] >= budget:
            return chosen[: int(np.searchsorted(spent, budget, side="right"))]
    return chosen


def balanced(
    ids: np.ndarray, scores: np.ndarray, budget: int, power: float = 0.0, ties: np.ndarray | None = None
) -> np.ndarray:
    """At most `budget` rows, int64, in the order of their choice: from every cluster its best, in turn.

    Clusters have seats in proportion to their size to the `power`, by Webster's divisors: 0 gives equal shares (a
    cluster that is used up leaves its seats to the others), 1 the shares that they have. Within a cluster rows go by
    score and ties as in `greedy`; seats of equal claim go to the better score. Rows of cluster -1, or without a score,
    are never chosen. UsageError for a budget or a power below 0.
    """
    if budget < 0 or power < 0:
        raise UsageError(f"a balanced choice of {budget} rows with the power {power}: neither can be below 0")
    order = _ranked(scores, ties)
    order = order[ids[order] >= 0]
    if len(order) == 0:
        return order
    by = order[np.argsort(ids[order], kind="stable")]
    _, starts, sizes = np.unique(ids[by], return_index=True, return_counts=True)
    claim = np.empty(len(ids))
    claim[by] = (np.arange(len(by)) - np.repeat(starts, sizes) + 0.5) / np.repeat(
        sizes.astype(np.float64) ** power, sizes
    )
    return order[np.argsort(claim[order], kind="stable")][:budget]


def _ranked(scores: np.ndarray, ties: np.ndarray | None) -> np.ndarray:
    """The rows that have a score, the largest first, equal ones by their tie."""
    numbers = np.asarray(scores, np.float64)
    order = np.lexsort((np.arange(len(numbers)) if ties is None else ties, -numbers))
    return order[~np.isnan(numbers[order])]


def _has_vector(vectors: np.ndarray, rows: np.ndarray, block: int) -> np.ndarray:
    found = np.zeros(len(rows), bool)
    for start in range(0, len(rows), block):
        found[start : start + block] = lengths_of(wide(vectors[rows[start : start + block]])) > 0
    return found
