"""From a tier policy and signal columns to tiers, with percentiles that do not depend on how the rows are cut up.

Percentiles come from histograms, not from sorting: each part counts its values in bins, the counts of parts add up
exactly, and the cut points are read off the sum. A bin holds the values that agree in sign, exponent and the first 11
bits of the mantissa of their float32, so the lower edge of a bin, which is what a cut point is, lies at most a
relative 2^-11 (0.05 %) below every value in it. Records in one bin fall on the same side of a cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from corpus.errors import ContractError
from corpus.ruleset.compile import outside, primary_lang
from corpus.ruleset.policy import Condition, Tier, TierPolicy, load_tiers

__all__ = [
    "CUTS",
    "HISTOGRAM",
    "Condition",
    "Tier",
    "TierPolicy",
    "assign",
    "bins",
    "cut_points",
    "histogram",
    "load_tiers",
]

DROPPED_BITS = 12
HISTOGRAM = {
    "source": pl.String(),
    "lang": pl.String(),
    "call": pl.String(),
    "bin": pl.Int64(),
    "count": pl.Int64(),
}
CUTS = {
    "scope": pl.String(),
    "source": pl.String(),
    "lang": pl.String(),
    "call": pl.String(),
    "percentile": pl.Float64(),
    "value": pl.Float32(),
    "rows": pl.Int64(),
}
_SCOPES: dict[str, list[str]] = {"source": ["source", "lang"], "lang": ["lang"], "all": []}


def bins(values: pl.Series) -> pl.Series:
    """The bin of each number, as an integer that grows with it; null for null and NaN.

    The bits of a float32 grow with its value once negative numbers are complemented, so cutting bits off the end
    rounds towards minus infinity.
    """
    floats = values.cast(pl.Float32).fill_nan(None)
    known = floats.fill_null(0.0).to_numpy() + np.float32(0.0)  # adding zero turns -0.0 into 0.0
    raw = known.view(np.uint32)
    ordered = np.where(raw >> 31 == 1, ~raw, raw | np.uint32(1 << 31))
    found = pl.Series(values.name, (ordered >> DROPPED_BITS).astype(np.int64))
    return pl.select(pl.when(floats.is_not_null()).then(found)).to_series().rename(values.name)


def lower_edges(found: pl.Series) -> pl.Series:
    """The smallest float32 of each bin."""
    ordered = (found.fill_null(0).to_numpy().astype(np.uint64) << DROPPED_BITS).astype(np.uint32)
    raw = np.where(ordered >> 31 == 1, ordered & np.uint32(0x7FFFFFFF), ~ordered)
    floats = raw.astype(np.uint32).view(np.float32)
    # The bin of minus infinity begins among the NaNs.
    edges = pl.Series(found.name, np.where(np.isnan(floats), np.float32(-np.inf), floats))
    return pl.select(pl.when(found.is_not_null()).then(edges)).to_series().rename(found.name)


def histogram(frame: pl.DataFrame, policy: TierPolicy) -> pl.DataFrame:
    """Counts by source, language, signal and bin for the signals whose percentiles `policy` asks for.

    `frame` has those signals' columns, `source` and `lang`; give it the records that will be tiered, not those that
    were dropped. Null values are not counted. Sums of histograms of parts equal the histogram of the whole.
    """
    _need(frame, [call.column for call in policy.percentile_calls] + ["source", "lang"])
    groups = _groups(frame)
    counted = [
        groups.with_columns(pl.lit(call.column).alias("call"), bins(frame[call.column]).alias("bin"))
        .drop_nulls("bin")
        .group_by("source", "lang", "call", "bin")
        .agg(pl.len().cast(pl.Int64).alias("count"))
        for call in policy.percentile_calls
    ]
    return _summed(pl.concat([pl.DataFrame(schema=HISTOGRAM), *counted]), ["source", "lang", "call", "bin"])


def cut_points(histogram_sum: pl.DataFrame, policy: TierPolicy) -> pl.DataFrame:
    """The value at each percentile, by (source, language), by language and over all; groups below `min_group` left out.

    The cut at percentile p is the lower edge of the bin that holds the value of rank ceil(p/100 * rows).
    """
    wanted = pl.DataFrame(
        [(call.column, percentile) for call, all_of in policy.percentile_calls.items() for percentile in all_of],
        schema={"call": pl.String, "percentile": pl.Float64},
        orient="row",
    )
    return pl.concat([_scope_cuts(histogram_sum, wanted, scope, policy.min_group) for scope in _SCOPES])


def _scope_cuts(counts: pl.DataFrame, wanted: pl.DataFrame, scope: str, min_group: int) -> pl.DataFrame:
    group = [*_SCOPES[scope], "call"]
    running = _summed(counts, [*group, "bin"]).with_columns(
        pl.col("count").cum_sum().over(group).alias("upto"), pl.col("count").sum().over(group).alias("rows")
    )
    if scope != "all":
        running = running.filter(pl.col("rows") >= min_group)
    rank = (pl.col("rows") * pl.col("percentile") / 100).ceil().clip(1)
    cuts = (
        running.join(wanted, on="call")
        .filter(pl.col("upto") >= rank)
        .group_by(*group, "percentile", "rows")
        .agg(pl.col("bin").min())
        .sort(*group, "percentile")
    )
    absent = [pl.lit(None, pl.String).alias(name) for name in ("source", "lang") if name not in group]
    return cuts.with_columns(*absent, pl.lit(scope).alias("scope"), lower_edges(cuts["bin"]).alias("value")).select(
        pl.col(name).cast(kind) for name, kind in CUTS.items()
    )


def assign(policy: TierPolicy, frame: pl.DataFrame, cuts: pl.DataFrame | Mapping[str, Any]) -> pl.Series:
    """The place of each record's tier in `policy.tiers`, 0 the best, as Int8 named `tier`, in the order of the rows.

    `frame` has a column for each of `policy.calls`, `source` and `lang`, and may have `demoted`: such a record goes
    one tier lower. `cuts` is what `cut_points` gave, as a frame or as columns. Each record is compared with the cut
    of its source and language, else of its language, else of all; where not even that exists, the condition fails.
    """
    _need(frame, [call.column for call in policy.calls] + ["source", "lang"])
    table = cuts if isinstance(cuts, pl.DataFrame) else pl.DataFrame(dict(cuts), schema=CUTS)
    groups = _groups(frame)
    tier = np.full(frame.height, len(policy.tiers) - 1, np.int8)
    for place in reversed(range(len(policy.tiers) - 1)):
        holds = np.ones(frame.height, bool)
        for condition in policy.tiers[place].when:
            holds &= _holds(condition, frame, groups, table)
        tier[holds] = place
    if "demoted" in frame.columns:
        tier += frame["demoted"].fill_null(False).to_numpy().astype(np.int8)
    return pl.Series("tier", np.minimum(tier, np.int8(len(policy.tiers) - 1)))


def _holds(condition: Condition, frame: pl.DataFrame, groups: pl.DataFrame, cuts: pl.DataFrame) -> np.ndarray:
    column = condition.signal.column
    kind = frame.schema[column]
    known = pl.col(column).fill_nan(None).is_not_null() if kind.is_float() else pl.col(column).is_not_null()
    inside = (known & ~outside(column, kind, condition.bound)).fill_null(False)
    holds = frame.select(inside).to_series().to_numpy().copy()
    found = bins(frame[column])
    for percentile, low in ((condition.min_percentile, True), (condition.max_percentile, False)):
        if percentile is not None:
            edge = _edges(cuts, groups, column, percentile)
            holds &= ((found >= edge) if low else (found <= edge)).fill_null(False).to_numpy()
    if condition.lang:
        holds |= ~groups["lang"].is_in(list(condition.lang)).to_numpy()
    return holds


def _edges(cuts: pl.DataFrame, groups: pl.DataFrame, column: str, percentile: float) -> pl.Series:
    """The bin of the cut that each record is compared with: of the narrowest group that is large enough."""
    mine = cuts.filter((pl.col("call") == column) & (pl.col("percentile") == percentile))
    mine = mine.with_columns(bins(mine["value"]).alias("bin"))
    joined = groups
    for scope, keys in _SCOPES.items():
        table = mine.filter(pl.col("scope") == scope).select(*keys, pl.col("bin").alias(f"{scope} edge"))
        if keys:
            joined = joined.join(table, on=keys, how="left", maintain_order="left")
        else:
            edge = table.to_series().item() if table.height else None
            joined = joined.with_columns(pl.lit(edge, pl.Int64).alias(f"{scope} edge"))
    return joined.select(pl.coalesce(f"{scope} edge" for scope in _SCOPES)).to_series()


def _groups(frame: pl.DataFrame) -> pl.DataFrame:
    """Source and language of each record; an unknown language is a group of its own, the empty one."""
    return frame.select(pl.col("source").cast(pl.String).fill_null(""), primary_lang().fill_null("").alias("lang"))


def _summed(counts: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return counts.group_by(keys).agg(pl.col("count").sum()).sort(keys)


def _need(frame: pl.DataFrame, columns: list[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ContractError(f"tiers: needs columns that are not there: {', '.join(missing)}")
