"""Exact duplicates on the folded text: one survivor a key, chosen the same way whatever the order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.manifest import Part
from corpus.schema import Contract
from corpus.slot import Table
from corpus.stages.identify import ranks
from corpus.standing import Standing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

READS = "part bigint, row int, key0 bigint, key1 bigint, id0 bigint, id1 bigint, rank int, priority int, characters int"
DECIDED = ("id0", "id1", "rank", "removed", "survivor0", "survivor1", "survivor_rank", "cluster_size")


@dataclass(frozen=True)
class DedupExact:
    """Keeps the first record of each key by the keep policy, then by id; the others name it as their survivor."""

    keep: tuple[str, ...]
    name: ClassVar[str] = "dedup-exact"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(
        reads={"key0": pa.int64(), "key1": pa.int64(), "id0": pa.int64(), "id1": pa.int64()},
        adds={"removed": pa.bool_(), "survivor0": pa.int64(), "survivor1": pa.int64(), "cluster_size": pa.int32()},
    )

    def settings(self) -> Any:
        """The keep policy."""
        return {"keep": list(self.keep)}

    def __call__(self, rows: DataFrame) -> DataFrame:
        """A row for each member of a cluster of two or more, the survivor among them with `removed` false."""
        import pyspark.sql.functions as F
        from pyspark.sql import Window

        columns = {"priority": F.desc("priority"), "length": F.desc("characters")}
        cluster = Window.partitionBy("key0", "key1")
        order = cluster.orderBy(*(columns[name] for name in self.keep), "id0", "id1", "rank")
        first = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
        return (
            rows.withColumn("cluster_size", F.count("*").over(cluster).cast("int"))
            .where("cluster_size > 1")
            .withColumn("removed", F.row_number().over(order) > 1)
            .withColumn("survivor0", F.first("id0").over(first))
            .withColumn("survivor1", F.first("id1").over(first))
            .withColumn("survivor_rank", F.first("rank").over(first))
            .select("part", "row", *DECIDED)
        )


@dataclass(frozen=True)
class ReadKeys:
    """Keys of the rows that are still in and have one."""

    keys: Table
    fingerprints: Table
    ids: Table
    standing: Standing
    priorities: Mapping[str, int]

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch a part."""
        keys = self.keys.read(part.number, ["id0", "id1", "source", "characters"])
        prints = self.fingerprints.read(part.number, ["key0", "key1"])
        if keys is None or prints is None:
            return
        candidates = self.standing.mask(part.number, part.rows)
        candidates &= prints.column("key0").is_valid().to_numpy()
        rows = np.flatnonzero(candidates)
        at = pa.array(rows)
        sources = keys.column("source").combine_chunks().dictionary_encode()
        if isinstance(sources, pa.ChunkedArray):
            sources = sources.combine_chunks()
        by_source = np.array([self.priorities.get(name, 0) for name in sources.dictionary.to_pylist()], np.int32)
        priority = by_source[sources.indices.to_numpy()[rows]] if len(rows) else np.zeros(0, np.int32)
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(np.full(len(rows), part.number, np.int64)),
                pa.array(rows.astype(np.int32)),
                _taken(prints, "key0", at),
                _taken(prints, "key1", at),
                _taken(keys, "id0", at),
                _taken(keys, "id1", at),
                pa.array(ranks(self.ids, part.number, part.rows)[rows]),
                pa.array(priority),
                _taken(keys, "characters", at),
            ],
            names=["part", "row", "key0", "key1", "id0", "id1", "rank", "priority", "characters"],
        )


def _taken(table: pa.Table, name: str, at: pa.Array) -> pa.Array:
    taken = table.column(name).take(at)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken
