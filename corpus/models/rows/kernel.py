"""Ridge regression with a Gaussian kernel on landmarks (Nystroem; Williams and Seeger 2001), in numpy.

With as many landmarks as rows it is kernel ridge regression. A value is a sum in one order, so that it does not depend
on the points around it; fitting goes through LAPACK, so that another machine's weights may differ by rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import kernel as compiled

LANDMARKS = 4096
"""Training points that are landmarks, at most."""
_BLOCK = 256
_JITTER = 1e-6
_F64_GRID = types.Array(types.float64, 2, "C", readonly=True)
_F64_GRID_OUT = types.Array(types.float64, 2, "C")


@dataclass(frozen=True)
class Kernel:
    """f(x) = sum over landmarks of weight * exp(-width * |x - landmark|^2); `landmarks` float32 (many, numbers),
    `weights` float64."""

    landmarks: np.ndarray
    weights: np.ndarray
    width: float

    def values(self, points: np.ndarray) -> np.ndarray:
        """f of each point, float64."""
        near = _similar(points, self.landmarks.astype(np.float64), self.width)
        parts = [(block * self.weights).sum(axis=1) for block in near]
        return np.concatenate(parts) if parts else np.zeros(0)


def fit(
    points: np.ndarray, wanted: np.ndarray, fold: np.ndarray, width: float, penalty: float
) -> tuple[Kernel, np.ndarray]:
    """The kernel of all points (float64, one a row), and for each point its value by the kernel fitted without its
    `fold` (numbers from 0 up).

    The least squares for `wanted` plus penalty times the norm of f. Landmarks are the first LANDMARKS points.
    """
    marks = points[:LANDMARKS].astype(np.float32)
    wide = marks.astype(np.float64)
    own = np.concatenate(list(_similar(wide, wide, width)))
    root = np.linalg.inv(np.linalg.cholesky(own + _JITTER * np.eye(len(own)))).T
    folds = range(int(fold.max()) + 1)
    sums = [_moments(points[fold == one], wanted[fold == one], wide, width, root) for one in folds]
    gram, pull = (np.sum([one[place] for one in sums], axis=0) for place in range(2))
    unseen = np.zeros(len(points))
    for one in folds:
        weights = root @ _solved(gram - sums[one][0], pull - sums[one][1], penalty)
        unseen[fold == one] = Kernel(marks, weights, width).values(points[fold == one])
    return Kernel(marks, root @ _solved(gram, pull, penalty), width), unseen


def _moments(
    points: np.ndarray, wanted: np.ndarray, marks: np.ndarray, width: float, root: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The Gram matrix of the features of points, and their product with what is wanted of them."""
    gram, pull = np.zeros((root.shape[1],) * 2), np.zeros(root.shape[1])
    for start, block in zip(range(0, len(points), _BLOCK), _similar(points, marks, width), strict=True):
        target = wanted[start : start + _BLOCK]
        seen = block @ root
        gram += seen.T @ seen
        pull += seen.T @ target
    return gram, pull


def _solved(gram: np.ndarray, pull: np.ndarray, penalty: float) -> np.ndarray:
    return np.asarray(np.linalg.solve(gram + penalty * np.eye(len(gram)), pull))


@compiled(_F64_GRID, _F64_GRID, _F64_GRID_OUT)
def _apart(points: Any, turned: Any, out: Any) -> None:
    """Squared distances of points (rows) to marks (columns), a coordinate after the other."""
    for row in range(points.shape[0]):
        for part in range(points.shape[1]):
            value = points[row, part]
            for mark in range(turned.shape[1]):
                off = value - turned[part, mark]
                out[row, mark] += off * off


def _similar(points: np.ndarray, marks: np.ndarray, width: float) -> Iterator[np.ndarray]:
    """exp(-width * squared distance) of points to marks, in blocks of _BLOCK points."""
    turned = frozen(np.ascontiguousarray(marks.T))
    for start in range(0, len(points), _BLOCK):
        block = frozen(np.ascontiguousarray(points[start : start + _BLOCK], np.float64))
        apart = np.zeros((len(block), len(marks)))
        _apart(block, turned, apart)
        yield np.exp(-width * apart)


def scaled(parts: Sequence[tuple[np.ndarray, float]]) -> np.ndarray:
    """Vectors side by side, each part times its scale: float64."""
    return np.concatenate([part.astype(np.float64) * scale for part, scale in parts], axis=1)
