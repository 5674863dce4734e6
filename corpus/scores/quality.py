"""From a quality policy and columns to one number: parts from 0 to 1, put together by their declared weights.

Ranks come from histograms, as the percentiles of tiers do (`corpus.ruleset.tiers`): each piece of a corpus counts its
values in bins, the counts add up exactly, and the rank of a value is read off the sum. So a score depends on neither
the order of the rows nor on how they were cut up.

Of the parts v with weights w that a record has, `quality` is the mean m = sum(w v) / sum(w) and `quality_disagreement`
the standard deviation sqrt(sum(w (v - m)^2) / sum(w)): 0 where they agree, 0.5 at most. A part without a value is left
out; `quality_known` is the share of the weights that had one, and a record without any has no quality.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from corpus.errors import ContractError
from corpus.ruleset.compile import primary_lang
from corpus.ruleset.quality import Knots, QualityPart, QualityPolicy
from corpus.ruleset.tiers import bins

STEPS = 4096
"""Ranks are kept to one in so many: a curve has as many points at most, however many bins there are."""
HISTOGRAM = {
    "source": pl.String(),
    "lang": pl.String(),
    "column": pl.String(),
    "bin": pl.Int64(),
    "count": pl.Int64(),
}
CURVES = {
    "scope": pl.String(),
    "source": pl.String(),
    "lang": pl.String(),
    "column": pl.String(),
    "bin": pl.Int64(),
    "rank": pl.Float64(),
    "upto": pl.Float64(),
    "rows": pl.Int64(),
}
SCORES = {"quality": pl.Float32(), "quality_disagreement": pl.Float32(), "quality_known": pl.Float32()}
_AXIS = 1 << 32
_SCOPES: dict[str, list[str]] = {"source": ["source", "lang"], "lang": ["lang"], "all": []}


def histogram(frame: pl.DataFrame, policy: QualityPolicy) -> pl.DataFrame:
    """Counts by source, language, column and bin of the columns whose ranks `policy` asks for.

    `frame` has `source`, `lang` and the signals' columns; a stored column that it has not counts nothing. Give it the
    records that will be scored. Null and not a number are not counted. Sums of histograms of parts, added up by
    `source`, `lang`, `column` and `bin`, equal the histogram of the whole.
    """
    _need(frame, policy)
    groups = _groups(frame)
    counted = [
        groups.with_columns(pl.lit(name).alias("column"), bins(frame[name]).alias("bin"))
        .drop_nulls("bin")
        .group_by("source", "lang", "column", "bin")
        .agg(pl.len().cast(pl.Int64).alias("count"))
        for name in policy.ranked
        if name in frame.columns
    ]
    return _summed(pl.concat([pl.DataFrame(schema=HISTOGRAM), *counted]), ["source", "lang", "column", "bin"])


def curves(histogram_sum: pl.DataFrame, policy: QualityPolicy) -> pl.DataFrame:
    """The ranks at the bins: `rank` in the middle of a bin's rows, `upto` with all of them, from 0 to 1.

    By (source, language) where the policy ranks within sources, by language, and over all; groups below `min_group`
    rows are left out of all but the last.
    """
    scopes = [scope for scope in _SCOPES if scope != "source" or policy.within == "source"]
    found = [_scope_curves(histogram_sum, scope, policy.min_group) for scope in scopes]
    return pl.concat([pl.DataFrame(schema=CURVES), *found])


def _scope_curves(counts: pl.DataFrame, scope: str, min_group: int) -> pl.DataFrame:
    group = [*_SCOPES[scope], "column"]
    running = _summed(counts, [*group, "bin"]).with_columns(
        pl.col("count").cum_sum().over(group).alias("sum"), pl.col("count").sum().over(group).alias("rows")
    )
    if scope != "all":
        running = running.filter(pl.col("rows") >= min_group)
    ranks = running.with_columns(
        rank=(pl.col("sum") - pl.col("count") / 2) / pl.col("rows"), upto=pl.col("sum") / pl.col("rows")
    )
    step = (pl.col("rank") * STEPS).floor()
    kept = ranks.filter((step != step.shift(1).over(group)).fill_null(value=True))
    absent = [pl.lit(None, pl.String).alias(name) for name in ("source", "lang") if name not in group]
    return kept.with_columns(*absent, pl.lit(scope).alias("scope")).select(
        pl.col(name).cast(kind) for name, kind in CURVES.items()
    )


def quality(frame: pl.DataFrame, policy: QualityPolicy, found: pl.DataFrame) -> pl.DataFrame:
    """`quality`, `quality_disagreement` and `quality_known`, float32, row for row; see the module.

    `frame` is as for `histogram`, `found` what `curves` gave. ContractError where a signal's column is missing.
    """
    values = parts(frame, policy, found)
    shape = (frame.height,)
    weight, total, asked = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    lang = _groups(frame)["lang"]
    known = {part.name: values[part.name].fill_null(float("nan")).to_numpy() for part in policy.parts}
    # Part by part in the policy's order, element by element: a row's numbers do not depend on the rows beside it.
    for part in policy.parts:
        value = known[part.name]
        has = ~np.isnan(value)
        asked += np.where(_spoken(part, lang), part.weight, 0.0)
        weight += np.where(has, part.weight, 0.0)
        total += np.where(has, part.weight * value, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = total / weight
        spread = _disagreement(known, policy, score, weight)
        share = weight / asked
    columns = {"quality": score, "quality_disagreement": spread, "quality_known": np.nan_to_num(share)}
    return pl.DataFrame(columns).select(pl.col(name).fill_nan(None).cast(kind) for name, kind in SCORES.items())


def _disagreement(
    known: dict[str, np.ndarray], policy: QualityPolicy, mean: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    square = np.zeros(len(weight))
    for part in policy.parts:
        off = known[part.name] - mean
        square += np.nan_to_num(off * off) * part.weight
    return np.asarray(np.sqrt(square / weight))


def parts(frame: pl.DataFrame, policy: QualityPolicy, found: pl.DataFrame) -> pl.DataFrame:
    """The value of every part, from 0 to 1, float64, a column for each under its name; null where a record has none."""
    _need(frame, policy)
    groups = _groups(frame)
    columns = []
    for part in policy.parts:
        if part.column not in frame.columns:
            columns.append(pl.Series(part.name, [None] * frame.height, dtype=pl.Float64))
            continue
        value = np.full(frame.height, np.nan)
        if part.curve:
            value = _read(frame[part.column], part.curve)
        if part.rank_curve:
            rank = _rank(frame[part.column], part.column, groups, found)
            value = np.fmax(value, _read(rank, part.rank_curve))
        value[~_spoken(part, groups["lang"])] = np.nan
        columns.append(pl.Series(part.name, value).fill_nan(None))
    return pl.DataFrame(columns)


def _read(values: pl.Series, curve: Knots) -> np.ndarray:
    """The curve at the values; not a number where there is none."""
    at = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    x, y = (np.array(one) for one in zip(*curve, strict=True))
    return np.asarray(np.where(np.isnan(at), np.nan, np.interp(at, x, y)))


def _rank(values: pl.Series, name: str, groups: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """The rank of each value in its group, else in the next wider one; null where there is none."""
    place = bins(values)
    asked = place.fill_null(0).to_numpy()
    ranks = np.full(len(place), np.nan)
    for scope, keys in _SCOPES.items():
        curve = found.filter((pl.col("scope") == scope) & (pl.col("column") == name))
        if not curve.height:
            continue
        # Groups side by side on one axis of bins, so that one search finds all.
        names = curve.select(keys).unique(maintain_order=True).with_row_index("group") if keys else None
        of_curve, of_row = np.zeros(curve.height, np.int64), np.zeros(len(place), np.int64)
        if names is not None:
            of_curve = (
                curve.join(names, on=keys, how="left", maintain_order="left")["group"].to_numpy().astype(np.int64)
            )
            joined = groups.join(names, on=keys, how="left", maintain_order="left")["group"]
            of_row = joined.cast(pl.Int64).fill_null(-1).to_numpy()
        axis = of_curve * _AXIS + curve["bin"].to_numpy()
        order = np.argsort(axis, kind="stable")
        wanted = of_row * _AXIS + asked
        at = np.searchsorted(axis[order], wanted, side="right") - 1
        there = order[np.maximum(at, 0)]
        below = (at < 0) | (of_curve[there] != of_row)
        exact = axis[there] == wanted
        rank = np.where(exact, curve["rank"].to_numpy()[there], curve["upto"].to_numpy()[there])
        rank = np.where(below, 0.0, rank)
        ranks = np.where(np.isnan(ranks) & (of_row >= 0), rank, ranks)
    return pl.select(pl.when(place.is_not_null()).then(pl.Series(ranks))).to_series().fill_nan(None)


def _spoken(part: QualityPart, lang: pl.Series) -> np.ndarray:
    """Whether a part is asked of each record."""
    if not part.lang:
        return np.ones(len(lang), bool)
    return lang.is_in(list(part.lang)).to_numpy()


def _groups(frame: pl.DataFrame) -> pl.DataFrame:
    """Source and language of each record; an unknown language is a group of its own, the empty one."""
    return frame.select(pl.col("source").cast(pl.String).fill_null(""), primary_lang().fill_null("").alias("lang"))


def _summed(counts: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return counts.group_by(keys).agg(pl.col("count").sum()).sort(keys)


def _need(frame: pl.DataFrame, policy: QualityPolicy) -> None:
    missing = [
        name for name in (*(call.column for call in policy.calls), "source", "lang") if name not in frame.columns
    ]
    if missing:
        raise ContractError(f"quality: needs columns that are not there: {', '.join(missing)}")
