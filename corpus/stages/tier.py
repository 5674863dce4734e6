"""Tiers: a policy over signals, scores and percentiles; what a budget leaves out; what is held out for validation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.manifest import Part, Receipt, RowAccount, add_counts
from corpus.parts import Task
from corpus.removals import OVER_BUDGET
from corpus.ruleset.policy import TierPolicy
from corpus.ruleset.tiers import assign, histogram
from corpus.scores.cuts import Cuts
from corpus.slot import Attempt, PartWriters
from corpus.stages.budget import Draw
from corpus.stages.frame import RecordFrame
from corpus.stages.split import Twins, held_out
from corpus.stages.stage_cuts import assign_stages

COUNTS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("category", pa.string()),
        pa.field("column", pa.string()),
        pa.field("bin", pa.int64()),
        pa.field("count", pa.int64()),
    ]
)
LEFT_OUT = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("removed", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class TierFrame:
    """What a tier policy looks at."""

    policy: TierPolicy
    records: RecordFrame

    def read(self, part: Part) -> tuple[np.ndarray, pl.DataFrame]:
        """The standing rows' numbers, and every column that the policy looks at."""
        return self.records.read(part, self.policy.calls, self.policy.stored)


@dataclass(frozen=True)
class ReadHistogram:
    """Counts of the values that percentiles are taken of; sums of parts are exact, whatever the order."""

    frame: TierFrame

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """The counts of one part."""
        _, frame = self.frame.read(part)
        counts = histogram(frame, self.frame.policy).select(COUNTS.names).to_arrow()
        yield from counts.cast(COUNTS).to_batches()


def place_of(policy: TierPolicy, frame: pl.DataFrame, cuts: pl.DataFrame, stages: Cuts | None) -> pl.Series:
    """The place of each record's tier or stage in the policy, Int8."""
    if policy.stages is not None and stages is not None:
        return assign_stages(policy.stages, stages, frame)
    return assign(policy, frame, cuts)


@dataclass(frozen=True)
class AssignTiers:
    """Writes `tiers`, a value for every row of one part: the tier's place in the policy, -1 for rows that are out, and
    whether the row is for validation; and `left_out`, the rows that are over the budget."""

    frame: TierFrame
    cuts: pl.DataFrame
    draw: Draw
    twins: Twins
    attempt: Attempt
    stages: Cuts | None = None
    name: ClassVar[str] = "tier"
    version: ClassVar[int] = 2

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part, policy = task.payload, self.frame.policy
        rows, frame = self.frame.read(part)
        stays = self.draw.stays(policy, frame)
        kept, out = rows[stays], rows[~stays]
        tiers = np.full(part.rows, -1, np.int8)
        tiers[kept] = place_of(policy, frame, self.cuts, self.stages).to_numpy()[stays]
        validation = np.zeros(part.rows, bool)
        validation[kept] = held_out(self.twins.keys(part)[kept], policy.validation)
        writers = PartWriters(self.attempt, part.number)
        keys = self.frame.records.keys.read(part.number, ["id0", "id1"])
        if keys is not None:
            own = keys.append_column("tier", pa.array(tiers)).append_column("validation", pa.array(validation))
            writers.write("tiers", own)
            if len(out):
                ids = keys.take(pa.array(out))
                columns = [out.astype(np.int32), ids.column("id0"), ids.column("id1"), np.ones(len(out), bool)]
                writers.write("left_out", pa.table(columns, schema=LEFT_OUT), digest=("id0", "id1"))
        names = policy.names
        sizes = np.bincount(tiers[kept].astype(np.int64), minlength=len(names))
        dropped = {OVER_BUDGET: len(out)} if len(out) else {}
        held = int(validation.sum())
        return [
            Receipt(
                key=task.key,
                parts=(Part(number=part.number, rows=part.rows, files=writers.close()),),
                accounts={self.name: RowAccount(rows_in=len(rows), kept=len(kept), dropped=dropped)},
                digests=writers.digests(),
                counts={
                    "tiers": add_counts([dict(zip(names, map(int, sizes), strict=True))]),
                    "split": add_counts([{"train": len(kept) - held, "validation": held}]),
                },
            )
        ]
