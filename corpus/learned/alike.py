"""Records whose vectors are near: pairs within a cluster, as edges for the resolution that near-duplicates take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.dedup.candidates import ranked
from corpus.dedup.members import MEMBER, ReadMembers
from corpus.dedup.verify import EDGE, EDGE_IDENTITY
from corpus.embed.hashed import vectors_of
from corpus.kernels.minhash import estimate_pairs
from corpus.manifest import Part
from corpus.slot import Table

READS = pa.schema(
    [*MEMBER, pa.field("cluster", pa.int32()), pa.field("vector", pa.binary()), pa.field("sketch", pa.binary())]
)
"""`vector` is the record's float16 values as bytes: Spark knows no lists of half floats. `sketch` is that of its
signature, null where nothing has to be shared or the text is too short to shingle."""


SWEPT = (0.85, 0.9, 0.93, 0.95, 0.97, 0.99)
"""The thresholds that a run tells about beside its own."""


@dataclass(frozen=True)
class ReadVectors:
    """MEMBER columns of the rows that have a cluster, with their cluster and vector."""

    members: ReadMembers
    vectors: Table
    clusters: Table
    signatures: Table | None = None

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch a part."""
        clusters = self.clusters.read(part.number, ["row", "cluster"])
        vectors = self.vectors.read(part.number, ["row", "vector"])
        if clusters is None or vectors is None:
            return
        rows = clusters.column("row").to_numpy()
        place = np.searchsorted(vectors.column("row").to_numpy(), rows)
        raw = vectors_of(vectors.column("vector"))[place]
        for batch in self.members(part):
            own = batch.column("row").to_numpy()
            at = np.searchsorted(rows, own)
            has = np.flatnonzero((at < len(rows)) & (rows[np.minimum(at, len(rows) - 1)] == own))
            taken, where = batch.take(pa.array(has)), at[has]
            cluster = clusters.column("cluster").combine_chunks().take(pa.array(where))
            sketch = self._sketches(part.number, own[has])
            yield pa.RecordBatch.from_arrays([*taken.columns, cluster, _as_bytes(raw[where]), sketch], schema=READS)

    def _sketches(self, number: int, rows: np.ndarray) -> pa.Array:
        table = self.signatures.read(number, ["sketch"]) if self.signatures is not None else None
        if table is None:
            return pa.nulls(len(rows), pa.binary())
        taken = table.column("sketch").take(pa.array(rows)).combine_chunks()
        return (taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken).cast(pa.binary())


def swept(stage: SemanticEdges, batches: Sequence[pa.RecordBatch]) -> dict[str, int]:
    """How many records would go at each of SWEPT and at the stage's threshold, of READS rows of whole clusters."""
    rows = pa.Table.from_batches(batches, READS)
    thresholds = sorted({*SWEPT, stage.threshold})
    return {f"{value:g}": replace(stage, threshold=value)(rows).num_rows for value in thresholds}


def _as_bytes(vectors: np.ndarray) -> pa.Array:
    width = 2 * vectors.shape[1]
    data = pa.py_buffer(np.ascontiguousarray(vectors, np.float16))
    offsets = pa.py_buffer(np.arange(len(vectors) + 1, dtype=np.int32) * np.int32(width))
    return pa.BinaryArray.from_buffers(pa.binary(), len(vectors), [None, offsets, data])


def _as_vectors(column: pa.ChunkedArray) -> np.ndarray:
    found = []
    for chunk in column.chunks:
        if len(chunk):
            offsets = np.frombuffer(chunk.buffers()[1], np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            data = np.frombuffer(chunk.buffers()[2], np.float16)[offsets[0] // 2 : offsets[-1] // 2]
            found.append(data.reshape(len(chunk), -1))
    return np.concatenate(found) if found else np.zeros((0, 1), np.float16)


@dataclass(frozen=True)
class SemanticEdges:
    """For every record that has one of `threshold` or more (cosine) before it in the keep order of its cluster, and
    which stays itself, the pair of the two: in no more pairs than records, however many are alike.

    With `shared` above 0 both must have at least this share of their shingles in common (Jaccard, estimated by 256
    minima, standard error 0.03): vectors of an embedder that only counts words are near for any two texts of one form.
    """

    threshold: float
    keep: Sequence[str]
    shared: float = 0.0
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("cluster",)
    reads: ClassVar[pa.Schema] = READS
    decides: ClassVar[pa.Schema] = EDGE
    identity: ClassVar[tuple[str, ...]] = EDGE_IDENTITY

    @property
    def name(self) -> str:
        """Of the stage."""
        return "semantic-edges"

    def settings(self) -> Any:
        """What decides the pairs and their direction."""
        return [self.threshold, list(self.keep), self.shared]

    def __call__(self, rows: pa.Table) -> pa.Table:
        """EDGE rows."""
        from corpus.cluster.pairs import edges_to_kept

        rows = rows.sort_by([("part", "ascending"), ("row", "ascending")])
        members = ranked(rows.select(MEMBER.names), self.keep)
        vectors = _as_vectors(rows.column("vector"))
        found = edges_to_kept(vectors, rows.column("cluster").to_numpy(), self.threshold, members.order)
        confirmed = np.ones(len(found), bool)
        if self.shared > 0 and len(found):
            confirmed = _in_common(rows.column("sketch"), found.a, found.b) >= np.float32(self.shared)
        a, b = found.a[confirmed], found.b[confirmed]
        columns: list[Any] = [members.values(name)[a] for name in ("part", "row", "id0", "id1")]
        columns += [members.addresses[b], *(members.values(name)[b] for name in ("id0", "id1"))]
        columns += [found.cosine[confirmed]]
        return pa.table(columns, names=EDGE.names).cast(EDGE)


def _in_common(sketches: pa.ChunkedArray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The estimated Jaccard similarity of pairs of rows, float32; 0 where one has no sketch."""
    known = sketches.is_valid().to_numpy()
    found = np.zeros(len(a), np.float32)
    both = np.flatnonzero(known[a] & known[b])
    if len(both):
        used, place = np.unique(np.concatenate([a[both], b[both]]), return_inverse=True)
        raw = b"".join(sketches.take(pa.array(used)).to_pylist())
        grid = np.frombuffer(raw, np.uint8).reshape(len(used), -1)
        found[both] = estimate_pairs(grid, place[: len(both)], place[len(both) :])
    return found
