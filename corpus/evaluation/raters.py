"""How far judges agree beyond chance on the same rows: Cohen's and Fleiss' kappa, Krippendorff's alpha."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Raters:
    """Rows that at least two judges rated; the share of pairs of ratings that agree; `cohen` for each pair of judges
    (rows both rated); `fleiss` over the rows that all rated; `alpha` over all rows, gaps allowed. None where chance
    explains everything or there is nothing to compare. Kappas are None of scores."""

    rows: int
    same: float | None
    cohen: dict[str, float | None]
    fleiss: float | None
    alpha: float | None


def of_verdicts(ratings: Mapping[str, Sequence[str | None]]) -> Raters:
    """Agreement of judges (by name) on words; the sequences are of one length, None is no rating."""
    words = sorted({word for column in ratings.values() for word in column if word is not None})
    codes = {word: float(at) for at, word in enumerate(words)}
    table = np.asarray([[np.nan if word is None else codes[word] for word in column] for column in ratings.values()]).T
    cohen = {
        f"{one} / {other}": cohen_kappa(table[:, a], table[:, b])
        for (a, one), (b, other) in itertools.combinations(enumerate(ratings), 2)
    }
    return Raters(_rows(table), _same(table), cohen, fleiss_kappa(table), krippendorff_alpha(table, interval=False))


def of_scores(ratings: Mapping[str, Sequence[float | None]]) -> Raters:
    """Agreement of judges (by name) on numbers, where near is better than far: alpha with squared differences."""
    table = np.asarray([[np.nan if one is None else one for one in column] for column in ratings.values()], float).T
    return Raters(_rows(table), _same(table), {}, None, krippendorff_alpha(table, interval=True))


def cohen_kappa(one: np.ndarray, other: np.ndarray) -> float | None:
    """(agreement - chance) / (1 - chance) of two raters' codes, chance from their own shares (Cohen 1960)."""
    both = ~(np.isnan(one) | np.isnan(other))
    one, other = one[both], other[both]
    if not len(one):
        return None
    codes = np.union1d(one, other)
    chance = float(sum(np.mean(one == code) * np.mean(other == code) for code in codes))
    return None if chance >= 1 else (float(np.mean(one == other)) - chance) / (1 - chance)


def fleiss_kappa(table: np.ndarray) -> float | None:
    """The same for any number of raters (rows, raters), over the rows that all rated (Fleiss 1971)."""
    whole = table[~np.isnan(table).any(1)]
    raters = table.shape[1]
    if not len(whole) or raters < 2:
        return None
    counts = np.stack([(whole == code).sum(1) for code in np.unique(whole)], 1)
    agreed = float(((counts**2).sum(1) - raters).mean() / (raters * (raters - 1)))
    chance = float(((counts.sum(0) / counts.sum()) ** 2).sum())
    return None if chance >= 1 else (agreed - chance) / (1 - chance)


def krippendorff_alpha(table: np.ndarray, *, interval: bool) -> float | None:
    """1 - observed / expected disagreement over rows with two ratings or more (Krippendorff 1980), from the matrix of
    coincidences. Codes agree or not; with `interval`, disagreement is the squared difference."""
    rows = [row[~np.isnan(row)] for row in table]
    rows = [row for row in rows if len(row) > 1]
    if not rows:
        return None
    codes = np.unique(np.concatenate(rows))
    together = np.zeros((len(codes), len(codes)))
    for row in rows:
        counts = (row[:, None] == codes).sum(0)
        together += (np.outer(counts, counts) - np.diag(counts)) / (len(row) - 1)
    apart = (codes[:, None] - codes) ** 2 if interval else (codes[:, None] != codes).astype(float)
    totals = together.sum(0)
    expected = float((np.outer(totals, totals) * apart).sum()) / (totals.sum() - 1)
    return None if not expected else 1 - float((together * apart).sum()) / expected


def _rows(table: np.ndarray) -> int:
    return int(((~np.isnan(table)).sum(1) > 1).sum()) if table.size else 0


def _same(table: np.ndarray) -> float | None:
    pairs = [
        (table[:, a] == table[:, b])[~(np.isnan(table[:, a]) | np.isnan(table[:, b]))]
        for a, b in itertools.combinations(range(table.shape[1]), 2)
    ]
    every = np.concatenate(pairs) if pairs else np.zeros(0)
    return float(every.mean()) if len(every) else None
