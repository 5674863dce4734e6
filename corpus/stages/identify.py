"""Records that claim one id within a source are told apart, the same way whatever the order they were read in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.manifest import Part
from corpus.slot import Table

READS = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("content0", pa.int64()),
        pa.field("content1", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Identify:
    """Ranks the records of each repeated id by their content's hash; the first keeps the id, the others get new ones.

    Records equal in id and content are alike, so it does not matter which of them gets which rank.
    """

    name: ClassVar[str] = "identify"
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("id0", "id1")
    reads: ClassVar[pa.Schema] = READS
    decides: ClassVar[pa.Schema] = pa.schema([*list(READS)[:4], pa.field("rank", pa.int32())])
    identity: ClassVar[tuple[str, ...]] = ("id0", "id1", "rank")

    def settings(self) -> Any:
        """None."""
        return {}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """`part, row, id0, id1, rank` of every record that is not the first of its id; rank counts from 1."""
        frame: Any = pl.from_arrow(rows)
        ranked = (
            frame.filter(pl.len().over(self.key) > 1)
            .sort("id0", "id1", "content0", "content1")
            .with_columns(rank=pl.int_range(pl.len(), dtype=pl.Int32).over(self.key))
            .filter(pl.col("rank") > 0)
        )
        return ranked.select(self.decides.names).to_arrow().cast(self.decides)


@dataclass(frozen=True)
class ReadIds:
    """The narrow columns of records that came with an id of their own; positions in a file cannot repeat."""

    keys: Table

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch a part."""
        table = self.keys.read(part.number, ["own_key", "id0", "id1", "content0", "content1"])
        if table is None:
            return
        own = np.flatnonzero(table.column("own_key").to_numpy())
        taken = table.take(pa.array(own)).combine_chunks()
        columns = [taken.column(name).combine_chunks() for name in ("id0", "id1", "content0", "content1")]
        yield pa.RecordBatch.from_arrays(
            [pa.array(np.full(len(own), part.number, np.int64)), pa.array(own.astype(np.int32)), *columns],
            schema=READS,
        )


def ranks(ids: Table | None, number: int, rows: int) -> np.ndarray:
    """The rank of every row of a part: 0 where its id is its own; shape (rows,), int32."""
    found = np.zeros(rows, np.int32)
    table = None if ids is None else ids.read(number, ["row", "rank"])
    if table is not None:
        found[table.column("row").to_numpy()] = table.column("rank").to_numpy()
    return found
