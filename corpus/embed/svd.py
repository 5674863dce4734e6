"""Randomised truncated SVD of a sparse matrix (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1), in numpy.

All sums are taken in a fixed order by kernels, not by BLAS, whose order depends on how many threads it has; only the
eigenvectors of matrices of `rank` columns and rows come from LAPACK.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.hashed_grams import F32, F32_GRID, F32_GRID_OUT, I32
from corpus.kernels.numba_cache import I64, kernel

_F64_GRID_OUT = types.Array(types.float64, 2, "C")
MORE = 16
"""Columns beyond those wanted, which make the wanted ones exact sooner."""
ROUNDS = 2
"""Power iterations."""
_NOTHING = 1e-10
"""An eigenvalue below this share of the largest is rounding."""


@dataclass(frozen=True)
class Sparse:
    """A matrix by rows: the values of row i are `values[offsets[i]:offsets[i + 1]]`, float32, in `columns`, int32."""

    offsets: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    width: int


@kernel(I64, I32, F32, F32_GRID, F32_GRID_OUT)
def _times(offsets: Any, columns: Any, values: Any, dense: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        for item in range(offsets[row], offsets[row + 1]):
            column, value = columns[item], values[item]
            for index in range(dense.shape[1]):
                out[row, index] += value * dense[column, index]


@kernel(I64, I32, F32, F32_GRID, F32_GRID_OUT)
def _transposed_times(offsets: Any, columns: Any, values: Any, dense: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        for item in range(offsets[row], offsets[row + 1]):
            column, value = columns[item], values[item]
            for index in range(dense.shape[1]):
                out[column, index] += value * dense[row, index]


@kernel(F32_GRID, F32_GRID, F32_GRID_OUT)
def _dense_times(left: Any, right: Any, out: Any) -> None:
    for row in range(left.shape[0]):
        for middle in range(left.shape[1]):
            value = left[row, middle]
            for index in range(right.shape[1]):
                out[row, index] += value * right[middle, index]


@kernel(F32_GRID, _F64_GRID_OUT)
def _gram(tall: Any, out: Any) -> None:
    """The lower half of tall.T @ tall."""
    for row in range(tall.shape[0]):
        for first in range(tall.shape[1]):
            value = np.float64(tall[row, first])
            for second in range(first + 1):
                out[first, second] += value * np.float64(tall[row, second])


def _right(matrix: Sparse, dense: np.ndarray) -> np.ndarray:
    """matrix @ dense."""
    out = np.zeros((len(matrix.offsets) - 1, dense.shape[1]), np.float32)
    _times(frozen(matrix.offsets), frozen(matrix.columns), frozen(matrix.values), frozen(dense), out)
    return out


def _left(matrix: Sparse, dense: np.ndarray) -> np.ndarray:
    """matrix.T @ dense."""
    out = np.zeros((matrix.width, dense.shape[1]), np.float32)
    _transposed_times(frozen(matrix.offsets), frozen(matrix.columns), frozen(matrix.values), frozen(dense), out)
    return out


def _axes(tall: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The `most` largest singular values of `tall`, descending, and `tall` turned and scaled to columns of length 1
    along them."""
    gram = np.zeros((tall.shape[1], tall.shape[1]))
    _gram(frozen(tall), gram)
    powers, turned = np.linalg.eigh(gram, UPLO="L")
    powers, turned = powers[::-1][:most], turned[:, ::-1][:, :most]
    wanted = powers > max(float(powers[0]), 1e-30) * _NOTHING
    lengths = np.sqrt(powers[wanted])
    # The sign of an eigenvector is LAPACK's whim: its largest item is made positive.
    turned = turned[:, wanted]
    turned = turned * np.sign(turned[np.abs(turned).argmax(axis=0), np.arange(turned.shape[1])])
    out = np.zeros((len(tall), len(lengths)), np.float32)
    _dense_times(frozen(tall), frozen(np.ascontiguousarray(turned / lengths, np.float32)), out)
    return lengths, out


def truncated_svd(matrix: Sparse, rank: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest singular values, float64 descending, and their right vectors, float32 (width, values).

    At most `rank`, fewer where the matrix has fewer. The same for the same matrix and seed.
    """
    rows = len(matrix.offsets) - 1
    tries = min(rank + MORE, rows, matrix.width)
    if tries == 0 or len(matrix.values) == 0:
        return np.zeros(0), np.zeros((matrix.width, 0), np.float32)
    start = np.random.default_rng(seed).standard_normal((matrix.width, tries), np.float32)
    _, found = _axes(_right(matrix, start), tries)
    for _ in range(ROUNDS):
        # Between the two products nothing is made orthogonal: one square of the spectrum is well within float32.
        _, found = _axes(_right(matrix, _left(matrix, found)), tries)
    return _axes(_left(matrix, found), rank)
