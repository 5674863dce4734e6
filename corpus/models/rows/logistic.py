"""Logistic regression over sparse and dense features, by L-BFGS (Liu and Nocedal 1989); sums in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types

from corpus.embed.svd import Sparse
from corpus.kernels.buffers import frozen
from corpus.kernels.hashed_grams import F32, I32
from corpus.kernels.numba_cache import F64_OUT, I64, kernel

_F64 = types.Array(types.float64, 1, "C", readonly=True)
ROUNDS = 300
_KEPT = 10
_SLOPE = 1e-4
_DONE = 1e-5


@kernel(I64, I32, F32, _F64, F64_OUT)
def _times(offsets: Any, columns: Any, values: Any, weights: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        total = 0.0
        for item in range(offsets[row], offsets[row + 1]):
            total += np.float64(values[item]) * weights[columns[item]]
        out[row] = total


@kernel(I64, I32, F32, _F64, F64_OUT)
def _transposed(offsets: Any, columns: Any, values: Any, rows: Any, out: Any) -> None:
    for row in range(len(offsets) - 1):
        for item in range(offsets[row], offsets[row + 1]):
            out[columns[item]] += np.float64(values[item]) * rows[row]


@dataclass(frozen=True)
class Logistic:
    """The log-odds of a row are `sparse . n-grams + dense . form + bias`; all float64."""

    sparse: np.ndarray
    dense: np.ndarray
    bias: float

    def odds(self, grams: Sparse, form: np.ndarray) -> np.ndarray:
        """Log-odds of each row, float64; a row does not depend on the rows around it."""
        return times(grams, self.sparse) + (form * self.dense).sum(axis=1) + self.bias


def times(grams: Sparse, weights: np.ndarray) -> np.ndarray:
    """The product of a sparse matrix and a vector, float64."""
    out = np.zeros(len(grams.offsets) - 1)
    _times(frozen(grams.offsets), frozen(grams.columns), frozen(grams.values), frozen(weights), out)
    return out


def fit(grams: Sparse, form: np.ndarray, has: np.ndarray, penalty: float = 1.0) -> Logistic:
    """The weights with the least sum of log losses plus penalty / 2 times their squares; the bias goes free."""
    wide, more = grams.width, form.shape[1]
    sign = np.where(has, 1.0, -1.0)

    def value(point: np.ndarray) -> tuple[float, np.ndarray]:
        weights, dense = point[:wide], point[wide : wide + more]
        odds = sign * (times(grams, weights) + form @ dense + point[-1])
        cost = np.logaddexp(0, -odds).sum() + penalty / 2 * (point[:-1] ** 2).sum()
        pull = -sign / (1 + np.exp(np.clip(odds, -500, 500)))
        slope = np.zeros(len(point))
        _transposed(frozen(grams.offsets), frozen(grams.columns), frozen(grams.values), frozen(pull), slope[:wide])
        slope[wide : wide + more] = form.T @ pull
        slope[:-1] += penalty * point[:-1]
        slope[-1] = pull.sum()
        return float(cost), slope

    start = np.zeros(wide + more + 1)
    share = np.clip(has.mean(), 1e-6, 1 - 1e-6)
    start[-1] = np.log(share / (1 - share))
    found = _least(value, start)
    return Logistic(found[:wide], found[wide : wide + more], float(found[-1]))


def _least(value: Any, point: np.ndarray) -> np.ndarray:
    """The point of the least value of a smooth convex function that gives its value and slope."""
    cost, slope = value(point)
    first = np.abs(slope).max()
    steps: list[tuple[np.ndarray, np.ndarray, float]] = []
    for _ in range(ROUNDS):
        if np.abs(slope).max() <= _DONE * max(1.0, first):
            break
        way = _direction(slope, steps)
        fall, size = float(slope @ way), 1.0
        while size > 1e-10:
            new_cost, new_slope = value(point + size * way)
            if new_cost <= cost + _SLOPE * size * fall:
                break
            size /= 2
        else:
            break
        moved, turned = size * way, new_slope - slope
        if moved @ turned > 1e-12:
            steps = [*steps[-(_KEPT - 1) :], (moved, turned, 1 / float(moved @ turned))]
        point, cost, slope = point + moved, new_cost, new_slope
    return point


def _direction(slope: np.ndarray, steps: list[tuple[np.ndarray, np.ndarray, float]]) -> np.ndarray:
    """Downhill by the curvature of the steps kept (the two loops of L-BFGS)."""
    way, used = -slope, []
    for moved, turned, inverse in reversed(steps):
        amount = inverse * float(moved @ way)
        used.append(amount)
        way = way - amount * turned
    if steps:
        moved, turned, _ = steps[-1]
        way = way * (float(moved @ turned) / float(turned @ turned))
    else:
        way = way / max(1.0, float(np.linalg.norm(slope)))
    for (moved, turned, inverse), amount in zip(steps, reversed(used), strict=True):
        way = way + (amount - inverse * float(turned @ way)) * moved
    return way
