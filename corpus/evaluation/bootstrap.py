"""Confidence intervals by resampling questions (Efron 1979): seeded, paired, the same whatever the order of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES, SEED, LEVEL = 2000, 0, 0.95
_CELLS = 4_000_000
"""Counts held at once."""


@dataclass(frozen=True)
class Resampling:
    """How often questions are drawn anew, with which seed, and the share of resamples inside an interval."""

    resamples: int = RESAMPLES
    seed: int = SEED
    level: float = LEVEL


@dataclass(frozen=True)
class Interval:
    """A figure, and the bounds between which `level` of the resamples lie (percentiles). With fewer than two
    questions, or no resamples, there are no bounds."""

    value: float
    low: float | None
    high: float | None


def draws(rows: int, how: Resampling, stratum: int = 0) -> Iterator[np.ndarray]:
    """How often each of `rows` questions is drawn in each resample: blocks of (resamples, rows) counts, every row of
    which sums to `rows`. `stratum` numbers groups that are drawn apart from each other."""
    chance = np.full(rows, 1.0 / rows)
    random = np.random.default_rng([how.seed, stratum, rows])
    block = max(1, _CELLS // max(1, rows))
    for start in range(0, how.resamples, block):
        yield random.multinomial(rows, chance, size=min(block, how.resamples - start))


def resampled_means(values: np.ndarray, how: Resampling, stratum: int = 0) -> np.ndarray:
    """Means of each column of `values` (rows, columns) in each resample: (resamples, columns). Columns of one question
    are drawn together, so differences between columns are paired."""
    rows = len(values)
    if not how.resamples:
        return np.zeros((0, values.shape[1]))
    return np.concatenate([counts @ values for counts in draws(rows, how, stratum)]) / rows


def interval(value: float, resampled: np.ndarray, rows: int, how: Resampling) -> Interval:
    """The interval of a figure whose resamples are given."""
    if rows < 2 or not len(resampled):
        return Interval(value, None, None)
    tail = 50 * (1 - how.level)
    low, high = np.percentile(resampled, [tail, 100 - tail])
    return Interval(value, float(low), float(high))


def mean_interval(values: Sequence[float] | np.ndarray, how: Resampling) -> Interval | None:
    """The mean of values with its interval; None of no values."""
    column = np.asarray(values, np.float64).reshape(-1, 1)
    if not len(column):
        return None
    return interval(float(column.mean()), resampled_means(column, how)[:, 0], len(column), how)


def beyond(resampled: np.ndarray) -> float | None:
    """A two-sided probability that a difference is chance: twice the share of resamples on the other side of nothing
    (those at nothing count half), at most 1; None without resamples."""
    if not len(resampled):
        return None
    below = float(np.mean(resampled < 0) + 0.5 * np.mean(resampled == 0))
    return min(1.0, 2 * min(below, 1 - below))
