"""Distributions to draw: values counted part by part in fine bins, whose sums are exact, and shown in some forty bars.

The fine bins are those of tier percentiles (corpus.ruleset.tiers): values that agree in the first 12 significant bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from corpus.inspect.files import files_of
from corpus.ruleset.tiers import bins, lower_edges
from corpus.slot import Committed

BARS = 40
OUTER = 0.002
"""The share of values at each end that the first and the last bar take in, wherever they lie."""
REMOVED = "(removed)"
PENDING = 32
"""Counts of parts that wait before they are added up, so that memory follows the bins and not the parts."""
SCHEMA = {"group": pl.Int32(), "bin": pl.Int64(), "count": pl.Int64()}


@dataclass(frozen=True)
class Binned:
    """A histogram: `counts` of each group in the bars between `edges`; the outer bars hold what lies beyond them too.

    `log`: edges grow by a factor. `least`, `median` and `most` are of all values, `missing` the records without one.
    """

    column: str
    edges: tuple[float, ...]
    log: bool
    counts: Mapping[str, tuple[int, ...]]
    missing: int
    least: float
    median: float
    most: float

    @property
    def rows(self) -> int:
        """Records with a value."""
        return sum(map(sum, self.counts.values()))


@dataclass
class Counting:
    """One column while it is counted; `whole`: its values are whole numbers."""

    column: str
    groups: Sequence[str]
    whole: bool = False
    missing: int = 0
    counted: list[pl.DataFrame] = field(default_factory=list)

    def add(self, values: pl.Series, group: np.ndarray) -> None:
        """Count values, each in the group with this number; nulls and NaN are missing."""
        self.whole = self.whole or values.dtype.is_integer()
        frame = pl.DataFrame({"group": group.astype(np.int32), "bin": bins(values)})
        known = frame.drop_nulls()
        self.missing += frame.height - known.height
        self.counted.append(known.group_by("group", "bin").agg(pl.len().cast(pl.Int64).alias("count")))
        if len(self.counted) >= PENDING:
            self.counted = [self._summed()]

    def _summed(self) -> pl.DataFrame:
        """What was counted so far, one row a group and bin."""
        table = pl.concat([pl.DataFrame(schema=SCHEMA), *self.counted])
        return table.group_by("group", "bin").agg(pl.col("count").sum())

    def binned(self, marks: Iterable[float] = (), bars: int = BARS) -> Binned | None:
        """The histogram, its bars reaching to the `marks` that are not far off; None when no record has a value."""
        table = self._summed().sort("bin", "group")
        if not table.height:
            return None
        values = lower_edges(table["bin"]).cast(pl.Float64).to_numpy()
        finite = np.clip(values, -1e30, 1e30)
        counts, group = table["count"].to_numpy(), table["group"].to_numpy()
        below = np.cumsum(counts) / counts.sum()
        low, median, high = (float(finite[np.searchsorted(below, share)]) for share in (OUTER, 0.5, 1 - OUTER))
        positive = float(counts[finite <= 0].sum()) < 0.02 * counts.sum()
        log = positive and high > 50 * max(float(finite[finite > 0].min(initial=np.inf)), median / 20)
        low, high = _reaching(low, high, marks, log)
        edges = _edges(low, high, self.whole, log, bars)
        place = np.clip(np.searchsorted(edges, finite, side="right") - 1, 0, len(edges) - 2)
        found = {
            name: tuple(np.bincount(place[group == code], counts[group == code], len(edges) - 1).astype(int).tolist())
            for code, name in enumerate(self.groups)
        }
        ends = float(finite[0]), median, float(finite[-1])
        return Binned(self.column, tuple(edges.tolist()), log, found, self.missing, *ends)


def _reaching(low: float, high: float, marks: Iterable[float], log: bool) -> tuple[float, float]:
    if log:
        low = max(low, high / 1e6)
        near = [mark for mark in marks if low / 10 <= mark <= high * 10]
    else:
        room = (high - low) or max(abs(high), 1.0)
        near = [mark for mark in marks if low - room <= mark <= high + room]
    return min([low, *near]), max([high, *near])


def _edges(low: float, high: float, whole: bool, log: bool, bars: int) -> np.ndarray:
    if whole and not log and high - low < bars:
        return np.arange(np.floor(low), np.floor(high) + 2) - 0.5
    if log:
        return np.asarray(np.geomspace(low, high * (1 + 1e-6), bars + 1))
    room = (high - low) or max(abs(high), 1.0) / bars
    step = room / bars
    if whole:
        step = np.ceil(step)
        return np.asarray(np.floor(low) - 0.5 + step * np.arange(np.ceil((high - low + 1) / step) + 1))
    return np.asarray(low + step * np.arange(bars + 1))


def signal_histograms(
    stages: Mapping[str, Committed], columns: Sequence[str], marks: Mapping[str, Sequence[float]]
) -> list[Binned]:
    """Histograms of stored signals over all records that reached `measure`, by tier and `(removed)`.

    One part and one column at a time; signals without any value are left out.
    """
    names = [*stages["tier"].manifest.details["tiers"], REMOVED]
    signals, tiers = stages["measure"].table("signals"), stages["tier"].table("tiers")
    counting = {column: Counting(column, names) for column in columns}
    for part in stages["text"].manifest.parts:
        placed = tiers.read(part.number, ["tier"])
        values = signals.read(part.number, list(columns)) if part.rows else None
        if values is None:
            continue
        group = np.full(part.rows, -1) if placed is None else placed.column("tier").to_numpy()
        group = np.where(group < 0, len(names) - 1, group)
        frame: Any = pl.from_arrow(values)
        for column in columns:
            counting[column].add(frame[column], group)
    found = [one.binned(marks.get(column, ())) for column, one in counting.items()]
    return [one for one in found if one is not None]


def published_histograms(
    publish: Committed, columns: Sequence[str], tiers: Sequence[str], marks: Mapping[str, Sequence[float]]
) -> list[Binned]:
    """Histograms of numeric columns of the published rows, by tier; columns that are not there are left out."""
    import pyarrow.parquet as pq

    from corpus import storage
    from corpus.inspect.strata import tier_of

    counting = {column: Counting(column, list(tiers)) for column in columns}
    for file in files_of(publish, "dataset"):
        with storage.open_read(storage.join(publish.slot.root, file.path)) as stream:
            parquet = pq.ParquetFile(stream)
            there = [name for name in columns if name in parquet.schema_arrow.names]
            code = list(tiers).index(tier_of(file))
            for batch in parquet.iter_batches(batch_size=1 << 16, columns=there, use_threads=False) if there else ():
                frame: Any = pl.from_arrow(batch)
                for name in there:
                    counting[name].add(frame[name], np.full(frame.height, code))
    found = [one.binned(marks.get(column, ())) for column, one in counting.items()]
    return [one for one in found if one is not None]
