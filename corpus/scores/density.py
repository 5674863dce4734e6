"""The density of scores on a lattice of values: the grid they were given on, or fine bins where there is none.

Judges score in steps of a half, a quarter or a tenth. A kernel narrower than the step sees a spike at each value, so
the density is not one of a line but of the lattice itself: a count for each value, smoothed over its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = (1.0, 0.5, 0.25, 0.2, 0.125, 0.1, 0.05, 0.025, 0.02, 0.01)
"""Steps a scale may have, coarse to fine."""
ON_GRID = 0.9
"""The share of rows that must lie on a grid; the mean of several sub-scores puts the rest between."""
MOST_POINTS, LEAST_POINTS = 128, 3
BINS = 256
TAIL = 0.001
"""The share of rows at either end that does not widen the bins of a scale without a grid."""
LEAST_WIDTH = 0.6
"""Steps of the grid, at least: at 0.6 the ripple of a Gaussian comb, 2 exp(-2 pi^2 h^2), is below 0.2 %."""
WIDEST = 2.0
"""How many times the bandwidth a kernel is at most, and 1 / WIDEST**2 of it at least."""


@dataclass(frozen=True)
class Lattice:
    """Values `first + step * i` for i below `points`. `grid`: the scores were given on it; else it is made of bins."""

    first: float
    step: float
    points: int
    grid: bool

    def values(self) -> np.ndarray:
        """The values, float64, ascending; each the nearest number to a multiple of the step."""
        return np.asarray(np.round(self.first + self.step * np.arange(self.points), 9))

    def places(self, scores: np.ndarray) -> np.ndarray:
        """The place of each score: that of the greatest value not above it, the first and the last take what is
        beyond. A score a thousandth of a step below a value is taken as that value."""
        found = np.floor((scores - self.first) / self.step + 1e-3)
        return np.asarray(np.clip(found, 0, self.points - 1).astype(np.int64))


def lattice_of(scores: np.ndarray) -> Lattice:
    """The lattice of finite `scores`, of which there is at least one.

    The coarsest of STEPS on which ON_GRID of the rows lie, if it has from LEAST_POINTS to MOST_POINTS values; else BINS
    between the 0.1 and the 99.9 percentile.
    """
    low, high = float(scores.min()), float(scores.max())
    for step in STEPS:
        first, last = np.floor(low / step + 1e-6), np.floor(high / step + 1e-6)
        points = int(last - first) + 1
        if points > MOST_POINTS:
            break
        turns = scores / step
        if points >= LEAST_POINTS and float((np.abs(turns - np.round(turns)) < 1e-3).mean()) >= ON_GRID:
            return Lattice(float(first * step), step, points, True)
    low, high = (float(one) for one in np.quantile(scores, (TAIL, 1 - TAIL)))
    if not high > low:
        low, high = float(scores.min()), float(scores.max())
    return Lattice(low, max((high - low) / BINS, 1e-12), BINS, False)


def bandwidth(counts: np.ndarray, lattice: Lattice) -> float:
    """In steps: half of 0.9 min(sd, IQR / 1.349) n^(-1/5) (Silverman 1986), at least LEAST_WIDTH.

    His rule is for one normal distribution; with the spread of several modes it fills the valleys between them.
    """
    rows = float(counts.sum())
    places = np.arange(len(counts))
    middle = float((counts * places).sum()) / rows
    deviation = float(np.sqrt((counts * (places - middle) ** 2).sum() / rows))
    shares = np.cumsum(counts) / rows
    spread = float(np.searchsorted(shares, 0.75) - np.searchsorted(shares, 0.25)) / 1.349
    narrow = min(deviation, spread) if spread > 0 else deviation
    return max(LEAST_WIDTH, 0.45 * narrow * rows**-0.2)


def smoothed(counts: np.ndarray, width: float) -> np.ndarray:
    """`counts` (values by resamples, or values alone) smoothed with Gaussian kernels of about `width` steps.

    The kernel of a value is as wide as the square root of its density is low (Abramson 1982), judged on a first
    smoothing of the first column: the mass of a high spike does not fill the valley beside it, and sparse values are
    averaged over more neighbours. Each kernel is normalised on the lattice, so no mass leaves at its ends and columns
    keep their sums.
    """
    first = counts if counts.ndim == 1 else counts[:, 0]
    filled = _kernels(np.full(len(first), width)) @ first
    known = filled[first > 0]
    mean = float(np.exp(np.log(known).mean())) if known.size else 1.0
    factor = np.sqrt(mean / np.maximum(filled, 1e-12))
    return np.asarray(_kernels(width * np.clip(factor, WIDEST**-2, WIDEST)) @ counts)


def _kernels(widths: np.ndarray) -> np.ndarray:
    """Column i: the kernel around value i, with the sum 1."""
    places = np.arange(len(widths))
    found = np.exp(-0.5 * ((places[:, None] - places[None, :]) / widths[None, :]) ** 2)
    return np.asarray(found / found.sum(axis=0))
