"""Which records are worth paying for: by URL, language, date, keyword and seeded share."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import config
from corpus.identity import halves
from corpus.schema import Contract
from corpus.stage import DROPPED


@dataclass(frozen=True)
class Select:
    """Drops what the pipeline does not want, under the first reason that holds: `select.language`, `select.url`,
    `select.date`, `select.keyword`, `select.sample`.

    URL patterns are shell wildcards over the whole URL (`*` crosses slashes); a pattern without one matches anywhere.
    Keywords are plain text found anywhere. The share is decided by the record's id and the seed alone.
    """

    wanted: config.Select
    name: ClassVar[str] = "select"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(
        reads={"doc_id": pa.string(), "url": pa.string(), "lang": pa.string(), "text": pa.large_string()},
        adds={DROPPED: pa.string()},
        keeps_rows=False,
    )

    def settings(self) -> Any:
        """All criteria."""
        return self.wanted.model_dump(mode="json", by_alias=True, exclude={"sources"})

    @property
    def idle(self) -> bool:
        """Whether everything is wanted."""
        return self.wanted.model_copy(update={"sources": config.Patterns()}) == config.Select()

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its `dropped` column."""
        if self.idle:
            return batch.append_column(DROPPED, pa.nulls(batch.num_rows, pa.string()))
        frame = pl.DataFrame({name: batch.column(name) for name in ("url", "lang", "date", "text")})
        reasons = [
            pl.when(unwanted).then(pl.lit(f"select.{name}"))
            for name, unwanted in (
                ("language", _outside(pl.col("lang"), self.wanted.languages, _globs)),
                ("url", _outside(pl.col("url"), self.wanted.urls, _url_globs)),
                ("date", _outside_dates(self.wanted.dates)),
                ("keyword", _outside_keywords(self.wanted.keywords)),
                ("sample", pl.lit(self._unsampled(batch.column("doc_id")))),
            )
        ]
        dropped = frame.select(pl.coalesce(*reasons, pl.lit(None, pl.String)).alias(DROPPED))
        return batch.append_column(DROPPED, dropped.to_series().to_arrow().cast(pa.string()))

    def _unsampled(self, ids: pa.Array) -> pl.Series:
        sample = self.wanted.sample
        if sample.share >= 1:
            return pl.Series([False]).new_from_index(0, len(ids))
        high, low = halves(ids)
        return pl.Series(_mixed(high.view(np.uint64) ^ low.view(np.uint64), sample.seed) >= sample.share)


def _mixed(values: np.ndarray, seed: int) -> np.ndarray:
    """Uniform numbers in [0, 1) from ids and a seed: the finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    with np.errstate(over="ignore"):
        z = values + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % (1 << 64))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _globs(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{_plain(fnmatch.translate(pattern))})" for pattern in patterns)


def _url_globs(patterns: Sequence[str]) -> str:
    return _globs([pattern if any(mark in pattern for mark in "*?[") else f"*{pattern}*" for pattern in patterns])


def _plain(regex: str) -> str:
    """A translated glob without Python's atomic groups and \\Z, which Rust's dialect lacks."""
    return "^" + regex.replace("(?>", "(?:").replace(r"\Z", "").replace(r"\z", "") + "$"


def _outside(column: pl.Expr, patterns: config.Patterns, translate: Any) -> pl.Expr:
    unwanted = pl.lit(False)
    if patterns.include:
        unwanted = column.str.contains(translate(patterns.include)).fill_null(False).not_()
    if patterns.exclude:
        unwanted = unwanted | column.str.contains(translate(patterns.exclude)).fill_null(False)
    return unwanted


def _outside_keywords(patterns: config.Patterns) -> pl.Expr:
    unwanted = pl.lit(False)
    if patterns.include:
        unwanted = pl.col("text").str.contains_any(list(patterns.include)).not_()
    if patterns.exclude:
        unwanted = unwanted | pl.col("text").str.contains_any(list(patterns.exclude))
    return unwanted


def _outside_dates(dates: config.Dates) -> pl.Expr:
    """ISO dates compare as text once cut to the bound's length; what is no ISO date counts as undated."""
    if dates.start is None and dates.end is None and not dates.required:
        return pl.lit(False)
    date = pl.when(pl.col("date").str.contains(r"^\d{4}(-\d\d(-\d\d)?)?")).then(pl.col("date"))
    unwanted = date.is_null() if dates.required else pl.lit(False)
    if dates.start is not None:
        unwanted = unwanted | (date.str.slice(0, len(dates.start)) < dates.start).fill_null(False)
    if dates.end is not None:
        unwanted = unwanted | (date.str.slice(0, len(dates.end)) > dates.end).fill_null(False)
    return unwanted
