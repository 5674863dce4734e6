"""Tiers: a policy over signals and percentiles, per source and language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.kernels.signal import SignalCall
from corpus.manifest import Part, Receipt, RowAccount, add_counts
from corpus.parts import Task
from corpus.ruleset.model import DEMOTED
from corpus.ruleset.policy import TierPolicy
from corpus.ruleset.tiers import assign, histogram
from corpus.slot import Attempt, PartWriters, Table
from corpus.standing import Standing

COUNTS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("call", pa.string()),
        pa.field("bin", pa.int64()),
        pa.field("count", pa.int64()),
    ]
)


@dataclass(frozen=True)
class TierFrame:
    """What a tier policy looks at: signals, source, language and demotion of the rows that are still in."""

    policy: TierPolicy
    keys: Table
    signals: Table
    decisions: Table
    standing: Standing

    def read(self, part: Part, calls: tuple[SignalCall, ...]) -> tuple[np.ndarray, pl.DataFrame]:
        """The standing rows' numbers, and their columns."""
        rows = np.flatnonzero(self.standing.mask(part.number, part.rows))
        frame: Any = pl.from_arrow(self.keys.read(part.number, ["id0", "id1", "source", "lang"]))
        signals = self.signals.read(part.number, [call.column for call in calls])
        if signals is not None:
            frame = frame.hstack(pl.from_arrow(signals))
        demoted = np.zeros(part.rows, bool)
        decisions = self.decisions.read(part.number, ["row", "action"])
        if decisions is not None:
            chosen = decisions.column("action").to_numpy() == DEMOTED
            demoted[decisions.column("row").to_numpy()[chosen]] = True
        return rows, frame.with_columns(demoted=pl.Series(demoted))[rows]


@dataclass(frozen=True)
class ReadHistogram:
    """Counts of the values that percentiles are taken of; sums of parts are exact, whatever the order."""

    frame: TierFrame

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """The counts of one part."""
        _, frame = self.frame.read(part, tuple(self.frame.policy.percentile_calls))
        counts = histogram(frame, self.frame.policy).select(COUNTS.names).to_arrow()
        yield from counts.cast(COUNTS).to_batches()


@dataclass(frozen=True)
class AssignTiers:
    """Writes the tier of every row of one part: its place in the policy, -1 for rows that are out."""

    frame: TierFrame
    cuts: pl.DataFrame
    attempt: Attempt
    name: ClassVar[str] = "tier"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One `tiers` file, a value a row."""
        part = task.payload
        rows, frame = self.frame.read(part, self.frame.policy.calls)
        tiers = np.full(part.rows, -1, np.int8)
        tiers[rows] = assign(self.frame.policy, frame, self.cuts).to_numpy()
        keys = self.frame.keys.read(part.number, ["id0", "id1"])
        writers = PartWriters(self.attempt, part.number)
        if keys is not None:
            writers.write("tiers", keys.append_column("tier", pa.array(tiers)))
        names = [tier.name for tier in self.frame.policy.tiers]
        sizes = np.bincount(tiers[rows].astype(np.int64), minlength=len(names))
        return [
            Receipt(
                key=task.key,
                parts=(Part(number=part.number, rows=part.rows, files=writers.close()),),
                accounts={self.name: RowAccount(rows_in=len(rows), kept=len(rows))},
                digests=writers.digests(),
                counts={"tiers": add_counts([dict(zip(names, map(int, sizes), strict=True))])},
            )
        ]
