"""`corpus coverage`: tokens by tag of a run or of Parquet files, against a target or what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from corpus import storage
from corpus.errors import ConfigError, UsageError
from corpus.inspect.files import scan
from corpus.rundir import RunDir
from corpus.tags.coverage import Counts, Coverage, Target, compare, load_target, wanted_shares
from corpus.tags.load import load_tags, shipped_names
from corpus.tags.model import TagSet


def coverage(
    where: str,
    *,
    column: str = "tag_domain",
    target: str | None = None,
    natural: str | None = None,
    tolerance: float = 0.2,
    epochs: float = 4.0,
) -> Coverage:
    """Tokens of each tag in `column` of what is published at `where` (a run, or Parquet files), against `target` (a
    YAML file) or, without one, the natural distribution: that of `natural`, another run or files, else of all records
    that the run read, removed ones too.

    The natural distribution of a run's own records is by rows, as tokens of what was removed are not counted.
    UsageError when there is no such column, or files are given and neither `target` nor `natural`.
    """
    run = _run(where)
    counts = _counts(_published(where, run, column), column, where)
    taxonomy = _leaves(run, column)
    base, by = _natural(where, run, natural, column)
    names = list(dict.fromkeys([*taxonomy, *counts.tokens, *base]))
    spread = {name: base.get(name, 0.0) for name in names}
    if target is not None:
        wanted = wanted_shares(load_target(target, taxonomy), spread if base else _padded(counts, names))
        return compare(counts, wanted, column=column, against=target, tolerance=tolerance, epochs=epochs)
    if not base:
        raise UsageError(f"{where}: give --target, or --natural with another run or files to compare with")
    wanted = wanted_shares(Target(shares=spread, rest="nothing"), spread)
    return compare(counts, wanted, column=column, against=by, tolerance=tolerance, epochs=epochs)


def _padded(counts: Counts, names: Sequence[str]) -> dict[str, float]:
    return {name: counts.tokens.get(name, 0.0) for name in names}


def _run(where: str) -> RunDir | None:
    """The run at `where`; None where it is Parquet: a file, a directory without a run, or a glob."""
    return RunDir.open(where) if storage.exists(storage.join(where, "run.json")) else None


def _published(where: str, run: RunDir | None, column: str) -> pl.LazyFrame:
    if run is not None:
        frame = scan(run.need_published()["publish"], "dataset")
        if frame is None:
            raise UsageError(f"{where}: has published no record")
    else:
        frame = pl.scan_parquet(_parquet(where), hive_partitioning=False)
    have = frame.collect_schema().names()
    for name in (column, "tokens"):
        if name not in have:
            hint = f"; there are {', '.join(one for one in have if one.startswith('tag_'))}" if column == name else ""
            raise UsageError(f"{where}: no column {name!r} is published{hint or '; ask for tags in the pipeline'}")
    return frame.select(column, "tokens")


def _parquet(where: str) -> list[str]:
    path = Path(where)
    found = sorted(map(str, path.glob("**/*.parquet"))) if path.is_dir() else [where] if path.is_file() else []
    if not found:
        raise UsageError(f"{where}: is neither a run nor a Parquet file nor a directory of them")
    return found


def _counts(frame: pl.LazyFrame, column: str, where: str) -> Counts:
    kind = frame.collect_schema()[column]
    if isinstance(kind, pl.List):
        parts = pl.max_horizontal(pl.col(column).list.len(), 1)
        frame = frame.with_columns(tokens=pl.col("tokens") / parts).explode(column)
    elif kind != pl.String:
        raise UsageError(f"{where}: column {column!r} holds {kind}, not tags")
    sums = frame.group_by(column).agg(pl.col("tokens").cast(pl.Float64).sum(), pl.len().alias("rows"))
    tokens, rows = {}, {}
    for name, many, count in sums.sort(column).collect().iter_rows():
        tokens[name], rows[name] = float(many), int(count)
    none, none_rows = tokens.pop(None, 0.0), rows.pop(None, 0)
    return Counts(tokens, rows, none, none_rows)


def _leaves(run: RunDir | None, column: str) -> tuple[str, ...]:
    """The tags that the column can have: of the run's own taxonomies, else of the shipped ones; empty where no
    taxonomy has the column."""
    sets: list[TagSet] = []
    if run is not None and run.settings.tags:
        try:
            sets.append(load_tags(run.settings.tags))
        except ConfigError:
            return ()
    sets.append(load_tags(shipped_names()))
    return next((one.leaves for some in sets for one in some.taxonomies if one.column == column), ())


def _natural(where: str, run: RunDir | None, natural: str | None, column: str) -> tuple[dict[str, float], str]:
    if natural is not None:
        other = _counts(_published(natural, _run(natural), column), column, natural)
        return dict(other.tokens), natural
    if run is None or "tag" not in run.published:
        return {}, ""
    frame = scan(run.published["tag"], "tags")
    if frame is None or column not in frame.collect_schema().names():
        return {}, ""
    frame = frame.select(column, tokens=pl.lit(1.0))
    return dict(_counts(frame, column, where).tokens), "all records that were read, by rows"
