"""Cosine similarities that do not depend on how they were asked for: sums of exact products in one fixed order.

A matrix product gives the similarities of many pairs fast, but its last bits depend on the shapes of the blocks and on
the processor's library, so a pair near a threshold could come and go with the batch it is in. It is only ever used to
propose (float32, error below SLACK); what counts is computed here, pair by pair, in float64, and rounded to float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import F32_OUT, F64_OUT, I32_OUT, I64, helper, kernel

F32_GRID = types.Array(types.float32, 2, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)

SLACK = 1e-4
"""How far a float32 matrix product of vectors of length 1 may be off: 1,000 dimensions make an error of 6e-5 at most
(Higham 2002, section 3.1: d * 2^-24), and rounding the vectors themselves one of 2^-23."""


@helper
def _dot(left: Any, i: int, right: Any, j: int) -> Any:
    """The sum of products of two rows, in four sums by place modulo 4, float64."""
    wide = left.shape[1]
    one, two, three, four = 0.0, 0.0, 0.0, 0.0
    whole = wide - wide % 4
    for place in range(0, whole, 4):
        one += np.float64(left[i, place]) * np.float64(right[j, place])
        two += np.float64(left[i, place + 1]) * np.float64(right[j, place + 1])
        three += np.float64(left[i, place + 2]) * np.float64(right[j, place + 2])
        four += np.float64(left[i, place + 3]) * np.float64(right[j, place + 3])
    for place in range(whole, wide):
        one += np.float64(left[i, place]) * np.float64(right[j, place])
    return (one + two) + (three + four)


@helper
def cosine_of(left: Any, i: int, left_length: Any, right: Any, j: int, right_length: Any) -> Any:
    """The cosine of two rows of lengths that are not 0, float32, from -1 to 1."""
    return np.float32(min(1.0, max(-1.0, _dot(left, i, right, j) / (left_length * right_length))))


@kernel(F32_GRID, F64_OUT)
def _lengths(vectors: Any, lengths: Any) -> None:
    for row in range(len(vectors)):
        length = np.sqrt(_dot(vectors, row, vectors, row))
        lengths[row] = length if length > 0.0 and length < np.inf else 0.0


@kernel(F32_GRID, _F64, F32_GRID, _F64, I64, I64, F32_OUT)
def _pairs(left: Any, left_lengths: Any, right: Any, right_lengths: Any, a: Any, b: Any, found: Any) -> None:
    for pair in range(len(a)):
        i, j = a[pair], b[pair]
        found[pair] = cosine_of(left, i, left_lengths[i], right, j, right_lengths[j])


@kernel(F32_GRID, _F64, F32_GRID, _F64, F32_GRID, I32_OUT, F32_OUT, I32_OUT, F32_OUT)
def _nearest(
    rows: Any,
    lengths: Any,
    points: Any,
    point_lengths: Any,
    proposed: Any,
    first: Any,
    best: Any,
    second: Any,
    next_best: Any,
) -> None:
    """The two points of the largest cosine to each row; those that `proposed` puts within the slack are compared."""
    for row in range(len(rows)):
        first[row], second[row] = -1, -1
        best[row], next_best[row] = 0.0, 0.0
        if lengths[row] == 0.0:
            continue
        high: Any = np.float32(-np.inf)
        low: Any = np.float32(-np.inf)
        for point in range(len(points)):
            value = proposed[row, point]
            if value > high:
                high, low = value, high
            elif value > low:
                low = value
        bound = low - np.float32(2 * SLACK)
        if low == np.float32(-np.inf):
            bound = high - np.float32(2 * SLACK)
        for point in range(len(points)):
            if proposed[row, point] >= bound and point_lengths[point] > 0.0:
                value = cosine_of(rows, row, lengths[row], points, point, point_lengths[point])
                if first[row] < 0 or value > best[row]:
                    second[row], next_best[row] = first[row], best[row]
                    first[row], best[row] = point, value
                elif second[row] < 0 or value > next_best[row]:
                    second[row], next_best[row] = point, value


def wide(vectors: np.ndarray) -> np.ndarray:
    """Vectors as float32, rows of one block of memory; float16 loses nothing."""
    return frozen(np.ascontiguousarray(vectors, np.float32))


def lengths_of(vectors: np.ndarray) -> np.ndarray:
    """The lengths of the rows of `wide` vectors, float64; 0 also for one that is not finite: it is no vector."""
    lengths = np.empty(len(vectors))
    _lengths(vectors, lengths)
    return lengths


def scaled(vectors: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The rows at length 1, float32; those of length 0 all zero. For proposals only."""
    whole = lengths > 0
    if not whole.all():
        vectors = np.where(whole[:, None], vectors, np.float32(0))
    return np.asarray(vectors * np.where(whole, 1 / np.where(whole, lengths, 1), 0).astype(np.float32)[:, None])


def cosines(
    left: np.ndarray,
    left_lengths: np.ndarray,
    right: np.ndarray,
    right_lengths: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
) -> np.ndarray:
    """The cosine of row `a[i]` of `left` and row `b[i]` of `right` for each i: float32, at most 1.

    Rows as `wide` gives them, lengths as `lengths_of` does, none of them 0; a and b int64. Equal vectors have 1.
    """
    found = np.empty(len(a), np.float32)
    _pairs(left, frozen(left_lengths), right, frozen(right_lengths), _i64(a), _i64(b), found)
    return found


def nearest_two(
    rows: np.ndarray, lengths: np.ndarray, points: np.ndarray, point_lengths: np.ndarray, proposed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """By row the point of the largest cosine and that cosine, and the second: int32, float32, int32, float32.

    `proposed` is the matrix product of the `scaled` rows and points. Of points equally near the first counts. -1 and 0
    for a row of length 0, and where there is no such point.
    """
    many = len(rows)
    first, second = np.empty(many, np.int32), np.empty(many, np.int32)
    best, next_best = np.empty(many, np.float32), np.empty(many, np.float32)
    matrix = frozen(np.ascontiguousarray(proposed, np.float32))
    _nearest(rows, frozen(lengths), points, frozen(point_lengths), matrix, first, best, second, next_best)
    return first, best, second, next_best


def _i64(values: np.ndarray) -> np.ndarray:
    return frozen(np.ascontiguousarray(values, np.int64))
