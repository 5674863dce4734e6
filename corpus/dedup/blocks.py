"""Pairs to be verified, cut into blocks whose records' shingles fit in memory together."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.numba_cache import I64, I64_OUT, INT, kernel


@kernel(I64, I64, I64, INT, I64_OUT, I64_OUT)
def _walk(a: Any, b: Any, weight: Any, budget: int, seen: Any, block: Any) -> int:
    """`block[k]`: the block of pair k; a new one opens when the records of the current one weigh over `budget`."""
    current, filled = 0, 0
    for k in range(len(a)):
        more = 0
        if seen[a[k]] != current:
            more += weight[a[k]]
        if seen[b[k]] != current:
            more += weight[b[k]]
        if filled > 0 and filled + more > budget:
            current += 1
            filled, more = 0, weight[a[k]] + weight[b[k]]
        seen[a[k]] = seen[b[k]] = current
        filled += more
        block[k] = current
    return current + 1


def cut_blocks(a: np.ndarray, b: np.ndarray, component: np.ndarray, weight: np.ndarray, budget: int) -> np.ndarray:
    """The block of every pair, int64; pairs of one component stay together unless its records weigh over `budget`.

    `a`, `b` and `component` are indexes of records, `weight` is what each costs in memory. A record whose pairs lie in
    several blocks is brought to each of them, so a larger budget moves less.
    """
    order = np.lexsort((b, a, component[a]))
    block = np.empty(len(a), np.int64)
    found = np.empty(len(a), np.int64)
    _walk(a[order], b[order], weight, budget, np.full(len(weight), -1, np.int64), found)
    block[order] = found
    return block
