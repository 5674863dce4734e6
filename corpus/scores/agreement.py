"""How far scorers agree on the same rows: correlation of ranks, and the tiers that each of them would make."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import polars as pl

from corpus.errors import UsageError
from corpus.located import Strict

SHARES = (0.3, 0.3)
"""High and medium, the rest is low: the shares of Ziya's tiers."""
TIERS = ("high", "medium", "low")


class Pair(Strict):
    """Two scorers on the rows that both have scored.

    `spearman` is the correlation of their ranks, equal values having their mean rank; null where one has a single
    value. `confusion[i][j]`: rows in tier i of `first` and tier j of `second`, in the order of TIERS. `same` is the
    share on the diagonal and `kappa` what of it is beyond chance (Cohen 1960), null where chance explains all.
    """

    first: str
    second: str
    rows: int
    spearman: float | None
    confusion: tuple[tuple[int, ...], ...]
    same: float
    kappa: float | None


def agreement(scores: Mapping[str, np.ndarray], shares: tuple[float, float] = SHARES) -> tuple[Pair, ...]:
    """Every pair of scorers in the order they are given; higher is better for all, not a number is no score.

    UsageError when they are not of one length, or shares are none.
    """
    if len({len(values) for values in scores.values()}) > 1:
        raise UsageError(f"scores of {', '.join(f'{len(v)} rows ({k})' for k, v in scores.items())} do not compare")
    if not (min(shares) > 0 and sum(shares) < 1):
        raise UsageError(f"shares {shares[0]:g} and {shares[1]:g}: each must be above 0 and both together below 1")
    return tuple(
        _pair(one, other, scores[one], scores[other], shares) for one, other in itertools.combinations(scores, 2)
    )


def tiers_of(values: np.ndarray, shares: tuple[float, float] = SHARES) -> np.ndarray:
    """0, 1 or 2 for high, medium, low by the rank of each value; rows of one value are in one tier."""
    rank = _ranks(-values) / max(1, len(values))
    return np.searchsorted(np.cumsum(shares), rank, side="left").astype(np.int64)


def _pair(first: str, second: str, one: np.ndarray, other: np.ndarray, shares: tuple[float, float]) -> Pair:
    both = ~(np.isnan(one) | np.isnan(other))
    one, other = one[both], other[both]
    table = np.zeros((3, 3), np.int64)
    np.add.at(table, (tiers_of(one, shares), tiers_of(other, shares)), 1)
    rows = len(one)
    same = float(np.trace(table)) / rows if rows else 0.0
    chance = float((table.sum(0) * table.sum(1)).sum()) / rows**2 if rows else 1.0
    return Pair(
        first=first,
        second=second,
        rows=rows,
        spearman=_correlation(_ranks(one), _ranks(other)),
        confusion=tuple(tuple(int(cell) for cell in row) for row in table),
        same=round(same, 6),
        kappa=round((same - chance) / (1 - chance), 6) if chance < 1 else None,
    )


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.asarray(pl.Series(values, dtype=pl.Float64).rank("average").to_numpy())


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return round(float(np.corrcoef(one, other)[0, 1]), 6)
