"""The records on both sides of each cut of a tier policy: who just made it, and whom one bound alone kept out."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from corpus.ruleset.policy import Condition, TierPolicy
from corpus.ruleset.tiers import cut_edges, holding, lower_edges

MARGINS = {
    "row": pl.Int64(),
    "tier": pl.String(),
    "condition": pl.String(),
    "value": pl.Float64(),
    "edge": pl.Float64(),
    "inside": pl.Boolean(),
}
"""`row` counts the frame's rows; `inside` is true for a record of the tier, false for one that this alone keeps out."""


def margins(policy: TierPolicy, frame: pl.DataFrame, cuts: pl.DataFrame, tier: pl.Series, most: int) -> pl.DataFrame:
    """Up to `most` records on each side of every edge of every condition, nearest first.

    `tier` and `cuts` are what `assign` gave and took. A record outside is shown where it meets all other conditions of
    the tier. A policy of stages has no conditions, so nothing is beside them.
    """
    found = [pl.DataFrame(schema=MARGINS)]
    if policy.stages is not None:
        return found[0]
    for place, one in enumerate(policy.tiers[:-1]):
        holds = [holding(condition, frame, policy, cuts) for condition in one.when]
        failing = np.sum([~hold for hold in holds], axis=0)
        inside = tier.to_numpy() == place
        for condition, hold in zip(one.when, holds, strict=True):
            value = frame[condition.column].cast(pl.Float64).to_numpy()
            for edge in _edges(condition, frame, policy, cuts):
                for chosen, side in ((inside & hold, True), ((failing == 1) & ~hold & ~inside, False)):
                    rows = _nearest(chosen, value, edge, most)
                    columns: dict[str, Any] = {
                        "row": rows,
                        "tier": [one.name] * len(rows),
                        "condition": [str(condition)] * len(rows),
                        "value": value[rows],
                        "edge": edge[rows],
                        "inside": [side] * len(rows),
                    }
                    found.append(pl.DataFrame(columns, schema=MARGINS))
    return pl.concat(found)


def _edges(condition: Condition, frame: pl.DataFrame, policy: TierPolicy, cuts: pl.DataFrame) -> list[np.ndarray]:
    """What each record's value is compared with: a value, or the cut of its group; float64 (rows,), NaN without one."""
    bounds = (condition.bound.min, condition.bound.max)
    found = [np.full(frame.height, float(bound)) for bound in bounds if bound is not None]
    for percentile in condition.percentiles:
        bins = cut_edges(condition, percentile, frame, policy, cuts)
        found.append(lower_edges(bins).cast(pl.Float64).fill_null(float("nan")).to_numpy())
    return found


def _nearest(chosen: np.ndarray, value: np.ndarray, edge: np.ndarray, most: int) -> np.ndarray:
    rows = np.flatnonzero(chosen & np.isfinite(value) & np.isfinite(edge))
    return np.asarray(rows[np.argsort(np.abs(value[rows] - edge[rows]), kind="stable")[:most]])
