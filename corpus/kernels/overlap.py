"""Which of many short texts may share a long common subsequence with one: a bound that misses none.

A text is a sequence of units (`kernels.shingles`). Its units are dealt to BUCKETS by their hash and counted. Whatever
two texts have in common in order they have in common bucket by bucket, so the sum of the lesser counts is never below
the length of their longest common subsequence. Pairs whose sum is too small need no comparison; the others do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8, U8_GRID, U8_GRID_OUT, U32, kernel
from corpus.kernels.shingles import Units

BUCKETS = 64
MOST = 255
"""Units of one bucket that are counted."""
_I32 = types.Array(types.int32, 1, "C", readonly=True)
_U8_FLAG = types.Array(types.uint8, 1, "C", readonly=True)
_SPREAD = np.uint32(0x9E3779B1)
_TOP = np.uint32(26)


@kernel(U32, I64, U8_GRID_OUT, I64_OUT)
def _count(values: Any, offsets: Any, counts: Any, over: Any) -> None:
    """Counts by bucket of each row; `over` is how many units the row has beyond MOST of a bucket."""
    for row in range(len(offsets) - 1):
        for place in range(offsets[row], offsets[row + 1]):
            bucket = np.int64(np.uint32(values[place] * _SPREAD) >> _TOP)
            if counts[row, bucket] < MOST:
                counts[row, bucket] += 1
            else:
                over[row] += 1


def bucket_counts(found: Units) -> tuple[np.ndarray, np.ndarray]:
    """Counts uint8 (rows, BUCKETS) and int64 (rows): units that a full bucket did not count."""
    rows = len(found.offsets) - 1
    counts, over = np.zeros((rows, BUCKETS), np.uint8), np.zeros(rows, np.int64)
    _count(found.values, found.offsets, counts, over)
    return counts, over


@kernel(U8_GRID, _I32, _U8_FLAG, INT, U8, INT, INT, types.float64, I64_OUT)
def _scan(
    counts: Any, lengths: Any, wanted: Any, used: int, query: Any, length: int, over: int, least: float, found: Any
) -> int:
    """Write the rows that may be alike into `found`; how many there are."""
    many = 0
    for row in range(used):
        other = lengths[row]
        if wanted[row] == 0:
            continue
        need = least * (length + other) / 2.0
        if min(length, other) < need:
            continue
        common = np.int32(0)
        for bucket in range(BUCKETS):
            common += np.int32(min(counts[row, bucket], query[bucket]))
        if common + over >= need:
            found[many] = row
            many += 1
    return many


def may_share(
    counts: np.ndarray,
    lengths: np.ndarray,
    wanted: np.ndarray,
    query: np.ndarray,
    length: int,
    over: int,
    least: float,
) -> np.ndarray:
    """Rows, ascending, whose longest common subsequence with the query may be `least` of the mean of both lengths.

    `counts` (rows, BUCKETS) and `lengths` int32 are those of the rows, `query`, `length` and `over` those of one text;
    rows where `wanted` (uint8) is 0 are passed over. No row that reaches `least` (ROUGE-L, F1) is missing.
    """
    rows = len(lengths)
    found = np.empty(rows, np.int64)
    many = _scan(
        frozen(counts), frozen(lengths), frozen(wanted), rows, frozen(query), length, over, least - 1e-9, found
    )
    return found[:many]
