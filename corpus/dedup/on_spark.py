"""Pairs to compare and pairs verified, for more records than the driver is to hold.

Pairs of addresses travel, and for the comparison the shingles, a block at a time. A bucket is never brought to one
place: a record lists those earlier in the keep order that it is compared with, of which it has few, and a block has
some thousand pairs of one centre at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from corpus import storage
from corpus.config import Near
from corpus.dedup.candidates import CANDIDATE, EXACT_SHINGLES, SIGNED, keep_columns, sketch_bound
from corpus.dedup.members import MEMBER, ROW_BITS, ReadMembers, address
from corpus.dedup.verify import COMPARED, EDGE, EDGE_IDENTITY, verify
from corpus.graph.frames import candidate_pairs
from corpus.graph.resolve import mixed
from corpus.graph.store import Store, Stored
from corpus.kernels.minhash import estimate_pairs
from corpus.manifest import Part, Receipt
from corpus.parts import map_frame, read_frame, write_by_part
from corpus.slot import Attempt, Slot, Table
from corpus.stages.sign import grid

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

BLOCK_BYTES = 64 << 20
"""Shingles that a worker holds at a time, about."""
PAIRS_TOGETHER = 4096
"""Up to so many pairs of one neighbourhood are compared in one block: their shingles take 128 MiB at the most."""
ROWS_PER_PARTITION = 4_000_000
MOST_PARTITIONS = 2000
_DOCS = 4096
SIGNED_MEMBER = pa.schema([*MEMBER, pa.field("shingles", pa.int32())])
PAIR = pa.schema([("a", pa.int64()), ("b", pa.int64())])
NODE = pa.schema(
    [
        ("node", pa.int64()),
        ("id0", pa.int64()),
        ("id1", pa.int64()),
        ("shingles", pa.int32()),
        ("key", pa.int64()),
        ("masked", pa.int64()),
        ("sketch", pa.binary()),
    ]
)
JUDGED = pa.schema([*PAIR, ("weight_a", pa.int64()), ("weight_b", pa.int64()), ("apart", pa.int8())])
GROUPED = pa.schema([*PAIR, ("weight_a", pa.int64()), ("weight_b", pa.int64()), ("group", pa.int64())])
PLACED = pa.schema(
    [
        ("block", pa.int32()),
        ("address", pa.int64()),
        ("id0", pa.int64()),
        ("id1", pa.int64()),
        ("partners", pa.binary()),
        ("shingles", pa.binary()),
    ]
)
"""COMPARED rows on their way, with the block they go to; lists are bytes, which no shuffle looks into."""
TO_COMPARE, NUMBERS_ONLY, BELOW_SKETCH = range(3)


@contextmanager
def frames_beside(attempt: Attempt, spark: SparkSession) -> Iterator[Store]:
    """A place for frames in between, beside what `attempt` writes, deleted at the end.

    After a crash the files stay, and no receipt or manifest names them.
    """
    store = Store(spark, Attempt.begin(Slot(storage.join(attempt.slot.root, f"{attempt.name}-frames"))))
    try:
        yield store
    finally:
        storage.delete_tree(store.attempt.slot.root)


def partitions_of(rows: int) -> int:
    """Partitions for a shuffle of so many narrow rows."""
    return max(2, min(MOST_PARTITIONS, -(-rows // ROWS_PER_PARTITION)))


@dataclass(frozen=True)
class ReadBands:
    """A row for each band of each record, with what makes the keep order, ascending."""

    members: ReadMembers
    keep: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """`band, value, doc` and the columns of the order.

        `mixed` and one half of an id tell the other half, so it stays out: XXH64 of eight bytes is a bijection.
        """
        order = [*self.keep, "mixed", "id0", "rank"]
        return pa.schema([("band", pa.int32()), *((name, pa.int64()) for name in ("value", "doc", *order))])

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Some thousand records at a time."""
        for batch in self.members(part):
            for start in range(0, batch.num_rows, _DOCS):
                yield self._bands(pa.table(batch.slice(start, _DOCS)).combine_chunks())

    def _bands(self, rows: pa.Table) -> pa.RecordBatch:
        bands = grid(_array(rows, "bands"), "<i8")
        id0, id1 = (rows.column(name).to_numpy() for name in ("id0", "id1"))
        where = address(rows.column("part").to_numpy(), rows.column("row").to_numpy())
        policy = [-by.values.astype(np.int64) for by in keep_columns(rows, self.keep)]
        order = [*policy, mixed(id0, id1), id0, rows.column("rank").to_numpy().astype(np.int64)]
        doc, band = np.nonzero(bands)
        columns = [band.astype(np.int32), bands[doc, band], where[doc], *(column[doc] for column in order)]
        return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=self.schema)


@dataclass(frozen=True)
class ReadNodes:
    """NODE rows: what a pair is judged by before its shingles are looked at."""

    members: ReadMembers

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch a part."""
        for batch in self.members(part):
            where = address(batch.column("part").to_numpy(), batch.column("row").to_numpy())
            named = pa.table(batch).append_column("node", pa.array(where))
            yield from named.select(NODE.names).cast(NODE).combine_chunks().to_batches()


def write_candidates(
    store: Store, parts: tuple[Part, ...], read: ReadMembers, near: Near, keep: tuple[str, ...], attempt: Attempt
) -> tuple[list[Receipt], dict[str, int]]:
    """One file a part of the CANDIDATE rows of what `read` gives, which has the columns of SIGNED; and counts."""
    from pyspark.sql import functions as F

    bands = ReadBands(read, keep)
    signed = read_frame(store.spark, parts, bands, bands.schema)
    most = near.bands * sum(part.rows for part in parts)
    found = store.write(candidate_pairs(signed.repartition(partitions_of(most), "band", "value")), "pairs", PAIR)
    ends = store.read(found).select(F.explode(F.array("a", "b")).alias("node")).distinct()
    nodes = read_frame(store.spark, parts, ReadNodes(read), NODE).join(ends, "node", "left_semi")
    involved = store.write(nodes, "nodes", NODE)
    judged = store.write(map_frame(_beside(store, found, involved), Judge(near), JUDGED), "judged", JUDGED)
    counted = store.read(judged).groupBy("apart").count().toArrow().to_pylist()
    apart = {row["apart"]: row["count"] for row in counted}
    grouped = store.write(_neighbourhoods(store.read(judged).where("apart = 0").drop("apart")), "grouped", GROUPED)
    blocks = _blocks(store, grouped)
    rows = _candidate_rows(store, grouped, involved, blocks)
    shuffled = partitions_of(involved.rows * 4)
    receipts = write_by_part(rows, "candidates", attempt, CANDIDATE, ("id0", "id1"), shuffled)
    details = {
        "signed": read_frame(store.spark, parts, replace(read, columns=SIGNED[:1]), SIGNED_MEMBER).count(),
        "candidates": sum(part.rows for receipt in receipts for part in receipt.parts),
        "blocks": blocks if grouped.rows else 0,
        "pairs": found.rows,
        "numbers_only": apart.get(NUMBERS_ONLY, 0),
        "below_sketch": apart.get(BELOW_SKETCH, 0),
        "compared": grouped.rows,
    }
    return receipts, details


def _beside(store: Store, pairs: Stored, involved: Stored) -> DataFrame:
    """Pairs with the NODE columns of both ends."""
    nodes, beside = store.read(involved), store.read(pairs)
    for end in PAIR.names:
        named = {name: f"{name}_{end}" for name in NODE.names if name not in {"id0", "id1"}}
        beside = beside.join(nodes.select(*named).withColumnsRenamed(named).withColumnRenamed(f"node_{end}", end), end)
    return beside


@dataclass(frozen=True)
class Judge:
    """Which pairs are apart already: by their numbers alone, or by their sketches."""

    near: Near

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """JUDGED rows."""
        for batch in batches:
            pairs = pa.table(batch)
            count = pairs.num_rows
            value = {name: pairs.column(name).to_numpy() for name in pairs.column_names if "sketch" not in name}
            apart = np.zeros(count, np.int8)
            if self.near.numbers != "ignore":
                numbers = (value["masked_a"] == value["masked_b"]) & (value["key_a"] != value["key_b"])
                apart[numbers] = NUMBERS_ONLY
            if self.near.similarity == "jaccard" and count:
                sketches = np.concatenate([_sketches(pairs, f"sketch_{end}", self.near) for end in PAIR.names])
                estimates = estimate_pairs(sketches, np.arange(count), count + np.arange(count))
                apart[(apart == TO_COMPARE) & ~(estimates >= sketch_bound(self.near))] = BELOW_SKETCH
            weights = (
                4 * np.minimum(value[f"shingles_{end}"], EXACT_SHINGLES).astype(np.int64) + 64 for end in PAIR.names
            )
            columns = [value["a"], value["b"], *weights, apart]
            yield pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=JUDGED)


def _sketches(rows: pa.Table, name: str, near: Near) -> np.ndarray:
    return grid(_array(rows, name).cast(pa.binary(near.bands * near.rows)), np.uint8)


def _neighbourhoods(pairs: DataFrame) -> DataFrame:
    """GROUPED rows: pairs that have records in common are in one group, mostly, and no group has too many.

    The group of a pair is the smallest record next to its first end, which is one for all pairs of a bucket of which
    all pairs are compared.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    there = F.struct(F.col("a").alias("a"), F.col("b").alias("other"))
    back = F.struct(F.col("b").alias("a"), F.col("a").alias("other"))
    labels = (
        pairs.select(F.inline(F.array(there, back)))
        .groupBy("a")
        .agg(F.min("other").alias("label"))
        .withColumn("label", F.least("a", "label"))
    )
    place = F.row_number().over(Window.partitionBy("label").orderBy("a", "b")) - 1
    chunk = F.floor(place / PAIRS_TOGETHER).cast("bigint")
    return pairs.join(labels, "a").withColumn("group", F.xxhash64("label", chunk)).select(*GROUPED.names)


def _blocks(store: Store, grouped: Stored) -> int:
    """How many blocks of about BLOCK_BYTES hold the groups."""
    from pyspark.sql import functions as F

    ends = (F.struct("group", F.col(end).alias("node"), F.col(f"weight_{end}").alias("weight")) for end in PAIR.names)
    brought = store.read(grouped).select(F.inline(F.array(*ends))).distinct()
    total = brought.agg(F.sum("weight").alias("weight")).toArrow().column("weight").to_pylist()[0]
    return 1 + int(total or 0) // BLOCK_BYTES


def _candidate_rows(store: Store, grouped: Stored, involved: Stored, blocks: int) -> DataFrame:
    from pyspark.sql import functions as F

    block = F.pmod("group", F.lit(blocks).cast("bigint")).cast("int")
    nobody = F.lit(None).cast("bigint")
    first = F.struct(F.col("a").alias("node"), block.alias("block"), nobody.alias("partner"))
    second = F.struct(F.col("b").alias("node"), block.alias("block"), F.col("a").alias("partner"))
    listed = F.when(F.col("partner").isNotNull(), F.struct("partner", "block"))
    rows = (
        store.read(grouped)
        .select(F.inline(F.array(first, second)))
        .groupBy("node")
        .agg(
            F.sort_array(F.collect_set("block")).alias("blocks"),
            F.sort_array(F.collect_list(listed)).alias("compared"),
        )
        .join(store.read(involved).select("node", "id0", "id1"), "node")
    )
    return rows.select(
        F.shiftright("node", ROW_BITS).alias("part"),
        F.col("node").bitwiseAND((1 << ROW_BITS) - 1).cast("int").alias("row"),
        "id0",
        "id1",
        "blocks",
        F.col("compared.partner").alias("partners"),
        F.col("compared.block").alias("partner_blocks"),
    )


@dataclass(frozen=True)
class ReadPlaced:
    """PLACED rows of a part: each record once for each block it is needed in."""

    shingles: Table

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Some records at a time."""
        names = ["row", "id0", "id1", "blocks", "partners", "partner_blocks", "shingles"]
        for batch in self.shingles.batches(part.number, names, _DOCS // 4):
            yield _placed(part.number, batch)


def _placed(part: int, rows: pa.RecordBatch) -> pa.RecordBatch:
    blocks, partners, where = (_lists(rows.column(name)) for name in ("blocks", "partners", "partner_blocks"))
    needed = np.stack([np.repeat(np.arange(len(rows)), np.diff(blocks[1])), blocks[0]])
    listed = np.stack([np.repeat(np.arange(len(rows)), np.diff(where[1])), where[0]])
    order = np.lexsort((partners[0], listed[1], listed[0]))
    width = 1 + int(max(needed[1].max(initial=0), listed[1].max(initial=0)))
    keys = listed[0][order] * width + listed[1][order]
    wanted = needed[0] * width + needed[1]
    # Blocks of a record ascend, so its partners in one block follow those in the block before.
    ends = np.searchsorted(keys, wanted, "right")
    offsets = np.concatenate([[0], ends])
    owner = pa.array(needed[0])
    address_of = address(np.full(len(rows), part, np.int64), rows.column("row").to_numpy())
    shingles = rows.column("shingles").take(owner)
    columns = [
        pa.array(needed[1].astype(np.int32)),
        pa.array(address_of[needed[0]]),
        rows.column("id0").take(owner),
        rows.column("id1").take(owner),
        _bytes(partners[0][order].astype(np.int64), offsets),
        _bytes(*_lists(shingles)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PLACED)


@dataclass(frozen=True)
class Compare:
    """EDGE rows of blocks whose rows come one block after the other."""

    near: Near

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Holds the rows of one block."""
        for rows in runs(batches, "block"):
            columns: dict[str, Any] = {name: rows.column(name) for name in ("address", "id0", "id1")}
            columns["partners"] = _from_bytes(_array(rows, "partners"), np.int64)
            columns["shingles"] = _from_bytes(_array(rows, "shingles"), np.int32)
            edges, _ = verify(pa.table(columns).cast(COMPARED), self.near)
            yield from edges.combine_chunks().to_batches()


def runs(batches: Iterable[pa.RecordBatch], key: str, least: int = 0) -> Iterator[pa.Table]:
    """Batches cut where `key` changes: tables that hold whole runs of its values, of `least` rows where there are."""
    held: list[pa.RecordBatch] = []
    rows = 0
    last: Any = None
    for batch in batches:
        values = batch.column(key).to_numpy()
        if not len(values):
            continue
        starts = np.flatnonzero(np.diff(values)) + 1
        if held and values[0] != last:
            starts = np.concatenate([[0], starts])
        begin = 0
        for start in starts.tolist():
            if rows + start - begin < least:
                continue
            held.append(batch.slice(begin, start - begin))
            yield pa.Table.from_batches(held).combine_chunks()
            held, rows, begin = [], 0, start
        held.append(batch.slice(begin))
        rows += len(values) - begin
        last = values[-1]
    if held:
        yield pa.Table.from_batches(held).combine_chunks()


def write_edges(
    spark: SparkSession, parts: tuple[Part, ...], shingles: Table, blocks: int, near: Near, attempt: Attempt
) -> list[Receipt]:
    """EDGE rows of every pair that is verified, one file a part; `parts` are those that have shingles."""
    placed = read_frame(spark, parts, ReadPlaced(shingles), PLACED)
    together = placed.repartition(max(1, min(blocks, MOST_PARTITIONS)), "block").sortWithinPartitions("block")
    edges = map_frame(together, Compare(near), EDGE)
    return write_by_part(edges, "edges", attempt, EDGE, EDGE_IDENTITY, partitions_of(sum(part.rows for part in parts)))


def _array(rows: pa.Table, name: str) -> pa.Array:
    column = rows.column(name).combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def _lists(lists: pa.ListArray) -> tuple[np.ndarray, np.ndarray]:
    """Values and offsets, from 0."""
    offsets = lists.offsets.to_numpy()
    return lists.flatten().to_numpy(), offsets - offsets[0]


def _bytes(values: np.ndarray, offsets: np.ndarray) -> pa.Array:
    """Lists of numbers as the bytes of each."""
    data = pa.py_buffer(np.ascontiguousarray(values))
    places = pa.py_buffer((offsets * values.itemsize).astype(np.int32))
    return pa.BinaryArray.from_buffers(pa.binary(), len(offsets) - 1, [None, places, data])


def _from_bytes(column: pa.Array, kind: Any) -> pa.ListArray:
    """What `_bytes` packed."""
    data = np.frombuffer(column.buffers()[2] or b"", np.uint8)
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    values = data[offsets[0] : offsets[-1]].view(kind)
    return pa.ListArray.from_arrays(pa.array((offsets - offsets[0]) // values.itemsize), pa.array(values))
