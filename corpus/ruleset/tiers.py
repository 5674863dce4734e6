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
    "category": pl.String(),
    "column": pl.String(),
    "bin": pl.Int64(),
    "count": pl.Int64(),
}
CUTS = {
    "scope": pl.String(),
    "source": pl.String(),
    "lang": pl.String(),
    "category": pl.String(),
    "column": pl.String(),
    "percentile": pl.Float64(),
    "value": pl.Float32(),
    "rows": pl.Int64(),
}
_SCOPES: dict[str, list[str]] = {
    "category": ["source", "lang", "category"],
    "source": ["source", "lang"],
    "lang": ["lang"],
    "all": [],
}
_KEYS = ["source", "lang", "category", "column", "bin"]


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
    """Counts by source, language, category, column and bin for the columns whose percentiles `policy` asks for.

    `frame` has those columns, `source`, `lang` and the policy's category; give it the records that will be tiered, not
    those that were dropped. Null values are not counted. Sums of histograms of parts equal the histogram of the whole.
    """
    _need(frame, [*policy.percentiles, "source", "lang"])
    groups = _groups(frame, policy)
    counted = [
        groups.with_columns(pl.lit(column).alias("column"), bins(frame[column]).alias("bin"))
        .drop_nulls("bin")
        .group_by(_KEYS)
        .agg(pl.len().cast(pl.Int64).alias("count"))
        for column in policy.percentiles
    ]
    return _summed(pl.concat([pl.DataFrame(schema=HISTOGRAM), *counted]), _KEYS)


def cut_points(histogram_sum: pl.DataFrame, policy: TierPolicy) -> pl.DataFrame:
    """The value at each percentile, by (source, language), by language and over all, and with a category by (source,
    language, category); groups below `min_group` are left out.

    The cut at percentile p is the lower edge of the bin that holds the value of rank ceil(p/100 * rows).
    """
    wanted = pl.DataFrame(
        [(column, percentile) for column, all_of in policy.percentiles.items() for percentile in all_of],
        schema={"column": pl.String, "percentile": pl.Float64},
        orient="row",
    )
    scopes = [scope for scope in _SCOPES if scope != "category" or policy.category is not None]
    return pl.concat([_scope_cuts(histogram_sum, wanted, scope, policy.min_group) for scope in scopes])


def _scope_cuts(counts: pl.DataFrame, wanted: pl.DataFrame, scope: str, min_group: int) -> pl.DataFrame:
    group = [*_SCOPES[scope], "column"]
    running = _summed(counts, [*group, "bin"]).with_columns(
        pl.col("count").cum_sum().over(group).alias("upto"), pl.col("count").sum().over(group).alias("rows")
    )
    if scope != "all":
        running = running.filter(pl.col("rows") >= min_group)
    rank = (pl.col("rows") * pl.col("percentile") / 100).ceil().clip(1)
    cuts = (
        running.join(wanted, on="column")
        .filter(pl.col("upto") >= rank)
        .group_by(*group, "percentile", "rows")
        .agg(pl.col("bin").min())
        .sort(*group, "percentile")
    )
    absent = [pl.lit(None, pl.String).alias(name) for name in ("source", "lang", "category") if name not in group]
    return cuts.with_columns(*absent, pl.lit(scope).alias("scope"), lower_edges(cuts["bin"]).alias("value")).select(
        pl.col(name).cast(kind) for name, kind in CUTS.items()
    )


def assign(policy: TierPolicy, frame: pl.DataFrame, cuts: pl.DataFrame | Mapping[str, Any]) -> pl.Series:
    """The place of each record's tier in `policy.tiers`, 0 the best, as Int8 named `tier`, in the order of the rows.

    `frame` has a column for each of `policy.calls` and `policy.stored`, `source` and `lang`, and may have `demoted`:
    such a record goes one tier lower; what is protected does not go below its tier. `cuts` is what `cut_points` gave,
    as a frame or as columns. Each record is compared with the cut of its category, source and language, else with that
    of a wider group, in the end with that of all; where not even that exists, the condition fails.
    """
    _need(frame, [*(call.column for call in policy.calls), *policy.stored, "source", "lang"])
    table = cuts if isinstance(cuts, pl.DataFrame) else pl.DataFrame(dict(cuts), schema=CUTS)
    groups = _groups(frame, policy)
    tier = np.full(frame.height, len(policy.tiers) - 1, np.int8)
    for place in reversed(range(len(policy.tiers) - 1)):
        holds = np.ones(frame.height, bool)
        for condition in policy.tiers[place].when:
            holds &= _holds(condition, frame, groups, table)
        tier[holds] = place
    if "demoted" in frame.columns:
        tier += frame["demoted"].fill_null(False).to_numpy().astype(np.int8)
    tier = np.minimum(tier, np.int8(len(policy.tiers) - 1))
    for one in policy.protect:
        least = np.int8(policy.names.index(one.tier))
        tier = np.where(is_among(frame[one.column], one.among), np.minimum(tier, least), tier)
    return pl.Series("tier", tier, dtype=pl.Int8)


def protected(policy: TierPolicy, frame: pl.DataFrame) -> np.ndarray:
    """Which records the policy protects; bool (rows,)."""
    found = np.zeros(frame.height, bool)
    for one in policy.protect:
        found |= is_among(frame[one.column], one.among)
    return found


def holding(condition: Condition, frame: pl.DataFrame, policy: TierPolicy, cuts: pl.DataFrame) -> np.ndarray:
    """Whether `condition` of `policy` holds for each record; bool (rows,). Frame and cuts as for `assign`."""
    return _holds(condition, frame, _groups(frame, policy), cuts)


def cut_edges(
    condition: Condition, percentile: float, frame: pl.DataFrame, policy: TierPolicy, cuts: pl.DataFrame
) -> pl.Series:
    """The bin of the cut that each record is compared with at a percentile of a condition; null without one."""
    return _edges(cuts, _groups(frame, policy), condition.column, percentile)


def is_among(labels: pl.Series, among: tuple[str, ...]) -> np.ndarray:
    """Whether a label, or one of a list of labels, is among those named; false for null."""
    wanted = list(among)
    if isinstance(labels.dtype, pl.List):
        held = labels.cast(pl.List(pl.String)).list.eval(pl.element().is_in(wanted).any()).list.first()
        return np.asarray(held.fill_null(value=False).to_numpy(), bool)
    return np.asarray(labels.cast(pl.String).is_in(wanted).fill_null(value=False).to_numpy(), bool)


def _holds(condition: Condition, frame: pl.DataFrame, groups: pl.DataFrame, cuts: pl.DataFrame) -> np.ndarray:
    column = condition.column
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
    mine = cuts.filter((pl.col("column") == column) & (pl.col("percentile") == percentile))
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


def _groups(frame: pl.DataFrame, policy: TierPolicy) -> pl.DataFrame:
    """Source, language and category of each record; what is unknown is a group of its own, the empty one."""
    category = pl.lit("")
    if policy.category is not None:
        is_list = isinstance(frame.schema[policy.category], pl.List)
        label = pl.col(policy.category).list.first() if is_list else pl.col(policy.category)
        category = label.cast(pl.String).fill_null("")
    source = pl.col("source").cast(pl.String).fill_null("")
    return frame.select(source, primary_lang().fill_null("").alias("lang"), category.alias("category"))


def _summed(counts: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return counts.group_by(keys).agg(pl.col("count").sum()).sort(keys)


def _need(frame: pl.DataFrame, columns: list[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ContractError(f"tiers: needs columns that are not there: {', '.join(missing)}")
