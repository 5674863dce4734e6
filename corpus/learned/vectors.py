"""Clusters of records: centroids from a sample of their vectors, then for each record the nearest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.embed.hashed import vector_array, vectors_of
from corpus.learned.sample import ORDER, drawn
from corpus.manifest import Part, Receipt, RowAccount
from corpus.parts import Task
from corpus.slot import Attempt, PartWriters, Table

OWN = ("row", "id0", "id1", "rank")
CENTROIDS = "centroids"


def sampled_vectors(vectors: Table, share: float) -> np.ndarray:
    """The vectors of a sample of `share`, ordered by id: float16 (rows, dim). Empty vectors are left out."""
    found = []
    for number in sorted(vectors.files):
        table = vectors.read(number, ["id0", "id1", "rank", "vector"])
        if table is not None:
            mask = drawn(table.column("id0").to_numpy(), table.column("id1").to_numpy(), share)
            found.append(table.filter(pa.array(mask)))
    if not found:
        return np.zeros((0, 1), np.float16)
    some = vectors_of(pa.concat_tables(found).sort_by(ORDER).column("vector"))
    return np.ascontiguousarray(some[some.any(axis=1)])


def centroids_table(centroids: np.ndarray) -> pa.Table:
    """Centroids as `cluster` and `vector`, rounded to float16: what is stored is what records are compared with."""
    numbers = pa.array(np.arange(len(centroids), dtype=np.int32))
    return pa.table({"cluster": numbers, "vector": vector_array(centroids.astype(np.float16))})


def centroids_of(table: pa.Table) -> np.ndarray:
    """float32 (clusters, dim) in the order of their numbers."""
    return vectors_of(table.sort_by("cluster").combine_chunks().column("vector")).astype(np.float32)


@dataclass(frozen=True)
class AssignClusters:
    """Writes `clusters`: for each record that has a vector the nearest cluster, and the cosine to its centroid.

    A record whose text gave no vector has no cluster.
    """

    vectors: Table
    centroids: Table
    attempt: Attempt
    name: ClassVar[str] = "cluster"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        from corpus.cluster.kmeans import assign

        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        table = self.vectors.read(part.number)
        rows, sizes = 0, np.zeros(0, np.int64)
        stored = next((self.centroids.read(number) for number in self.centroids.files), None)
        if table is not None and stored is not None:
            vectors = vectors_of(table.column("vector"))
            some = np.flatnonzero(vectors.any(axis=1))
            cluster, similarity = assign(vectors[some], centroids_of(stored))
            own = table.select(list(OWN)).take(pa.array(some))
            own = own.append_column("cluster", pa.array(cluster.astype(np.int32)))
            own = own.append_column("similarity", pa.array(similarity.astype(np.float32)))
            writers.write("clusters", own, digest=("id0", "id1", "rank", "cluster"))
            rows, sizes = table.num_rows, np.bincount(cluster)
        account = RowAccount(rows_in=rows, kept=rows)
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        counts = {"sizes": {str(number): int(size) for number, size in enumerate(sizes) if size}}
        accounts = {self.name: account}
        return [Receipt(key=task.key, parts=(written,), accounts=accounts, digests=writers.digests(), counts=counts)]


def clusters_of(sample: pa.Table, numbers: Sequence[int], clusters: Table) -> np.ndarray:
    """The cluster of each sampled row (int32, -1 without one); `numbers` are the parts that may hold them.

    Clusters are read part by part; what is held is the sample.
    """
    own = ["id0", "id1", "rank"]
    wanted: Any = pl.from_arrow(sample.select(own))
    found = [wanted.clear().with_columns(cluster=pl.lit(0, pl.Int32))]
    for number in numbers:
        table = clusters.read(number, [*own, "cluster"])
        if table is not None:
            found.append(pl.DataFrame(table).join(wanted, on=own, how="semi"))
    joined = wanted.join(pl.concat(found), on=own, how="left", maintain_order="left")
    return np.asarray(joined["cluster"].fill_null(-1).to_numpy(), np.int32)
