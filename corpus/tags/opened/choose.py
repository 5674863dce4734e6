"""What tags say of a set of rows: how much each asks, how much all cover; and a selection by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from corpus.errors import UsageError
from corpus.kernels.buffers import large
from corpus.kernels.cover import cover
from corpus.kernels.digest import hash_strings


@dataclass(frozen=True)
class Spread:
    """`rows` with a tag, `complexity` the mean of their tags, `diversity` the different tags, `coverage` the share of
    the vocabulary they have, `evenness` the entropy of the tags over its greatest value (1: all as frequent)."""

    rows: int
    complexity: float
    diversity: int
    coverage: float
    evenness: float


def spread(rows: pl.DataFrame, vocabulary: int) -> Spread:
    """Of `row`, `tag` pairs, each once; `vocabulary` is the number of tags there are."""
    counts = rows.group_by("tag").len()["len"].to_numpy().astype(np.float64)
    many, different = rows["row"].n_unique(), len(counts)
    share = np.sort(counts) / max(1.0, counts.sum())
    entropy = float(-(share * np.log(share)).sum()) if different > 1 else 0.0
    return Spread(
        rows=many,
        complexity=len(rows) / many if many else 0.0,
        diversity=different,
        coverage=different / vocabulary if vocabulary else 0.0,
        evenness=entropy / np.log(different) if different > 1 else float(different),
    )


def choose(keys: pl.Series, rows: pl.DataFrame, budget: int, sizes: np.ndarray | None = None) -> pl.Series:
    """Whether each row is chosen, complexity first and diverse (`kernels.cover`), to a budget of rows, or of `sizes`.

    `keys` are the rows' ids: rows with as many tags come in the order of their keys' hashes, so the choice does not
    depend on the order of the rows. UsageError for a budget below 1.
    """
    if budget < 1:
        raise UsageError(f"a budget of {budget} chooses nothing")
    many = len(keys)
    numbers = rows["tag"].cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
    order = np.argsort(rows["row"].to_numpy(), kind="stable")
    counts = np.bincount(rows["row"].to_numpy(), minlength=many)
    high, low = hash_strings(large(keys))
    best = np.lexsort((np.asarray(low), np.asarray(high), -counts))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    taken = cover(best, offsets, numbers[order], np.ones(many, np.int64) if sizes is None else sizes, budget)
    return pl.Series("selected", taken > 0)
