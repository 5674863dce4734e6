"""What a block of proposed similarities holds: the pairs over a bound, and the rows that go down the keep order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import F32_OUT, I64, I64_OUT, INT, U8_GRID_OUT, kernel
from corpus.kernels.vectors import F32_GRID, SLACK, cosine_of

_F32 = types.Array(types.float32, 1, "C", readonly=True)
_F64 = types.Array(types.float64, 1, "C", readonly=True)


@kernel(F32_GRID, types.float64, INT)
def _over(proposed: Any, bound: float, same: int) -> Any:
    """The places of values of at least `bound`, row by row; with `same` those above the diagonal only."""
    room, many = 1024, 0
    places = np.empty((2, room), np.int64)
    for row in range(proposed.shape[0]):
        for column in range(row + 1 if same else 0, proposed.shape[1]):
            if proposed[row, column] >= bound:
                if many == room:
                    larger = np.empty((2, 2 * room), np.int64)
                    larger[:, :many] = places
                    places, room = larger, 2 * room
                places[0, many], places[1, many] = row, column
                many += 1
    return places[:, :many]


def over(proposed: np.ndarray, bound: float, same: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns, int64, of the values of `proposed` (float32) that are at least `bound`; with `same`, where rows
    and columns are the same things, each pair once and none with itself."""
    places = _over(frozen(np.ascontiguousarray(proposed, np.float32)), float(bound), int(same))
    return np.ascontiguousarray(places[0]), np.ascontiguousarray(places[1])


@kernel(I64, F32_GRID, _F64, I64, F32_GRID, _F64, F32_GRID, INT, _F32, U8_GRID_OUT, I64_OUT, F32_OUT)
def mark_alike(
    rows: Any,
    vectors: Any,
    lengths: Any,
    others: Any,
    other_vectors: Any,
    other_lengths: Any,
    proposed: Any,
    same: int,
    bounds: Any,
    kept: Any,
    survivor: Any,
    best: Any,
) -> None:
    """Unmark in `kept[threshold, row]` the `rows` that a kept one of `others` is like by at least `bounds[threshold]`.

    Both stand in keep order, all of `others` before all of `rows`, or with `same` they are the same. For the first
    threshold `survivor` and `best` have the most similar kept one so far, of equal ones the first.
    """
    many = len(bounds)
    low = bounds[0]
    for threshold in range(many):
        low = min(low, bounds[threshold])
    low = low - np.float32(SLACK)
    for i in range(len(rows)):
        row = rows[i]
        if lengths[i] == 0.0:
            continue
        for j in range(i if same else len(others)):
            near = proposed[i, j]
            if near < low or other_lengths[j] == 0.0:
                continue
            other = others[j]
            wanted = False
            for threshold in range(many):
                if kept[threshold, other] and near >= bounds[threshold] - np.float32(SLACK):
                    wanted = wanted or kept[threshold, row] or threshold == 0
            if not wanted:
                continue
            value = cosine_of(vectors, i, lengths[i], other_vectors, j, other_lengths[j])
            for threshold in range(many):
                if kept[threshold, other] and value >= bounds[threshold]:
                    kept[threshold, row] = 0
                    if threshold == 0 and (survivor[row] < 0 or value > best[row]):
                        survivor[row], best[row] = other, value
