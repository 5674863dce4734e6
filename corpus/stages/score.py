"""Quality: the parts of a policy over signals and stored columns, put together; never sees the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.columns import EVOL
from corpus.manifest import Part, Receipt, RowAccount
from corpus.parts import Task
from corpus.ruleset.quality import QualityPolicy
from corpus.scores import quality
from corpus.scores.conversation import product
from corpus.slot import Attempt, PartWriters
from corpus.stages.frame import RecordFrame

COUNTS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("column", pa.string()),
        pa.field("bin", pa.int64()),
        pa.field("count", pa.int64()),
    ]
)
DIFFICULTY = "difficulty"
QUALITY = ("quality", "quality_disagreement", "quality_known")


@dataclass(frozen=True)
class QualityFrame:
    """What a quality policy looks at."""

    policy: QualityPolicy
    records: RecordFrame

    def read(self, part: Part) -> tuple[np.ndarray, pl.DataFrame]:
        """The standing rows' numbers, and every column that the policy looks at and that is there."""
        stored = {column.name for column in self.records.columns}
        wanted = [name for name in (*self.policy.columns, DIFFICULTY) if name in stored]
        return self.records.read(part, self.policy.calls, list(dict.fromkeys(wanted)))


@dataclass(frozen=True)
class ReadQuality:
    """Counts of the values that are ranked; sums of parts are exact."""

    frame: QualityFrame

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """The counts of one part."""
        _, frame = self.frame.read(part)
        yield from quality.histogram(frame, self.frame.policy).select(COUNTS.names).to_arrow().cast(COUNTS).to_batches()


@dataclass(frozen=True)
class ScoreQuality:
    """Writes `quality`, a value for every row of one part: null for rows that are out, and where nothing is known.

    With a difficulty the product of both stands beside it.
    """

    frame: QualityFrame
    curves: pl.DataFrame
    attempt: Attempt
    name: ClassVar[str] = "quality"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        rows, frame = self.frame.read(part)
        scored = quality.quality(frame, self.frame.policy, self.curves)
        place = np.full(part.rows, -1, np.int64)
        place[rows] = np.arange(len(rows))
        at = pa.array(place, mask=place < 0)
        keys = self.frame.records.keys.read(part.number, ["id0", "id1"])
        writers = PartWriters(self.attempt, part.number)
        if keys is not None:
            table = keys
            columns = {name: scored[name] for name in QUALITY}
            if DIFFICULTY in frame.columns:
                values = (scored["quality"].to_numpy(), frame[DIFFICULTY].fill_null(float("nan")).to_numpy())
                columns[EVOL] = pl.Series(product(*values)).fill_nan(None)
            for name, values_of in columns.items():
                table = table.append_column(name, values_of.to_arrow().take(at).cast(pa.float32()))
            writers.write("quality", table)
        known = int(scored["quality"].is_not_null().sum())
        return [
            Receipt(
                key=task.key,
                parts=(Part(number=part.number, rows=part.rows, files=writers.close()),),
                accounts={self.name: RowAccount(rows_in=len(rows), kept=len(rows))},
                digests=writers.digests(),
                counts={"quality": {"scored": known, "unknown": len(rows) - known}},
            )
        ]
