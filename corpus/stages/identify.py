"""Records that claim one id within a source are told apart, the same way whatever the order they were read in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.manifest import Part
from corpus.schema import Contract
from corpus.slot import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

READS = "part bigint, row int, id0 bigint, id1 bigint, content0 bigint, content1 bigint"
DECIDED = ("id0", "id1", "rank")


@dataclass(frozen=True)
class Identify:
    """Ranks the records of each repeated id by their content's hash; the first keeps the id, the others get new ones.

    Records equal in id and content are alike, so it does not matter which of them gets which rank.
    """

    name: ClassVar[str] = "identify"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(
        reads={name: pa.int64() for name in ("id0", "id1", "content0", "content1")}, adds={"rank": pa.int32()}
    )

    def settings(self) -> Any:
        """None."""
        return {}

    def __call__(self, rows: DataFrame) -> DataFrame:
        """`part, row, id0, id1, rank` of every record that is not the first of its id; rank counts from 1."""
        import pyspark.sql.functions as F
        from pyspark.sql import Window

        order = Window.partitionBy("id0", "id1").orderBy("content0", "content1")
        ranked = rows.withColumn("rank", F.row_number().over(order) - F.lit(1))
        return ranked.where("rank > 0").select("part", "row", "id0", "id1", "rank")


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
            names=["part", "row", "id0", "id1", "content0", "content1"],
        )


def ranks(ids: Table | None, number: int, rows: int) -> np.ndarray:
    """The rank of every row of a part: 0 where its id is its own; shape (rows,), int32."""
    found = np.zeros(rows, np.int32)
    table = None if ids is None else ids.read(number, ["row", "rank"])
    if table is not None:
        found[table.column("row").to_numpy()] = table.column("rank").to_numpy()
    return found
