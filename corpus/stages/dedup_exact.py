"""Exact duplicates on the folded text: one survivor a key, chosen the same way whatever the order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.manifest import Part
from corpus.slot import Table
from corpus.stages.identify import ranks
from corpus.standing import Standing

READS = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("key0", pa.int64()),
        pa.field("key1", pa.int64()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("priority", pa.int32()),
        pa.field("characters", pa.int32()),
    ]
)
DECIDES = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("removed", pa.bool_()),
        pa.field("survivor0", pa.int64()),
        pa.field("survivor1", pa.int64()),
        pa.field("survivor_rank", pa.int32()),
        pa.field("cluster_size", pa.int32()),
    ]
)


@dataclass(frozen=True)
class DedupExact:
    """Keeps the first record of each key by the keep policy, then by id; the others name it as their survivor."""

    keep: tuple[str, ...]
    name: ClassVar[str] = "dedup-exact"
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("key0", "key1")
    reads: ClassVar[pa.Schema] = READS
    decides: ClassVar[pa.Schema] = DECIDES
    identity: ClassVar[tuple[str, ...]] = tuple(DECIDES.names[2:])

    def settings(self) -> Any:
        """The keep policy."""
        return {"keep": list(self.keep)}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """A row for each member of a cluster of two or more, the survivor among them with `removed` false."""
        frame: Any = pl.from_arrow(rows)
        policy = {"priority": -pl.col("priority"), "length": -pl.col("characters")}
        members = frame.filter(pl.len().over(self.key) > 1).sort(
            *self.key, *(policy[name] for name in self.keep), "id0", "id1", "rank"
        )
        decided = members.with_columns(
            removed=pl.int_range(pl.len()).over(self.key) > 0,
            survivor0=pl.col("id0").first().over(self.key),
            survivor1=pl.col("id1").first().over(self.key),
            survivor_rank=pl.col("rank").first().over(self.key),
            cluster_size=pl.len().over(self.key),
        )
        return decided.select(DECIDES.names).to_arrow().cast(DECIDES)


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
            schema=READS,
        )


def _taken(table: pa.Table, name: str, at: pa.Array) -> pa.Array:
    taken = table.column(name).take(at)
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken
