"""Rows chosen so that their labels cover much: from the row with most labels on, one that has a label not yet covered.

InsTag's complexity-first diverse sampling (Lu et al., arXiv 2308.07074, algorithm 1): when no row adds a label, what is
covered is forgotten and another round begins, until the budget is used up or no row is left.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import I64, I64_OUT, INT, kernel


@kernel(I64, I64, I64, I64, INT, I64_OUT, I64_OUT)
def _choose(order: Any, offsets: Any, labels: Any, sizes: Any, budget: int, seen: Any, rounds: Any) -> int:
    """Set `rounds` of each chosen row to the round, from 1, in which it was; returns the size of all chosen rows."""
    total = 0
    turn = 0
    added = True
    while added and total < budget:
        added = False
        turn += 1
        for place in range(len(order)):
            row = order[place]
            if rounds[row] != 0 or offsets[row] == offsets[row + 1] or total + sizes[row] > budget:
                continue
            new = False
            for one in range(offsets[row], offsets[row + 1]):
                if seen[labels[one]] != turn:
                    new = True
                    seen[labels[one]] = turn
            if new:
                rounds[row] = turn
                total += sizes[row]
                added = True
    return total


def cover(order: np.ndarray, offsets: np.ndarray, labels: np.ndarray, sizes: np.ndarray, budget: int) -> np.ndarray:
    """The round in which each row is chosen, int64, 0 where it is not.

    `order` are the rows, best first; the labels of row i are `labels[offsets[i]:offsets[i + 1]]`, numbers from 0;
    `sizes` count against `budget`. A row that does not fit any more is passed over. Rows without a label are never
    chosen.
    """
    rounds = np.zeros(len(offsets) - 1, np.int64)
    seen = np.zeros(int(labels.max(initial=-1)) + 1, np.int64)
    arrays = (frozen(np.ascontiguousarray(one, np.int64)) for one in (order, offsets, labels, sizes))
    _choose(*arrays, budget, seen, rounds)
    return rounds
