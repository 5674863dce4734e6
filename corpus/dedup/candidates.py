"""Which records to compare: pairs that share a band, less those whose signatures already tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.config import Near
from corpus.dedup.blocks import cut_blocks
from corpus.dedup.members import MEMBER, address, part_and_row
from corpus.graph.candidates import Buckets, PairSet, bucket_pairs
from corpus.graph.components import connected
from corpus.graph.resolve import By, keep_order
from corpus.kernels.minhash import estimate_pairs
from corpus.manifest import Part
from corpus.parts import Read
from corpus.stages.sign import grid

SIGNED = ("shingles", "bands", "sketch", "key", "masked")
EXACT_SHINGLES = 4096
"""Up to so many shingles a record is compared by all of them, above by the ones with the smallest hashes."""
BLOCK_BYTES = 256 << 20
DOUBT = 5.0
"""Standard errors of the sketch's estimate below the threshold at which a pair is not worth comparing."""
CANDIDATE = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("blocks", pa.list_(pa.int32())),
        pa.field("partners", pa.list_(pa.int64())),
        pa.field("partner_blocks", pa.list_(pa.int32())),
    ]
)
"""A record of a pair: the blocks it is needed in, and the addresses of those earlier in the keep order that it is to be
compared with, each with the block where that happens. A record has few of these, however large its bucket: of a star
the centre and one neighbour."""


@dataclass(frozen=True)
class Members:
    """Records in the order of their addresses; all arrays have one value a record, `order` their keep ranks."""

    table: pa.Table
    addresses: np.ndarray
    order: np.ndarray

    def __len__(self) -> int:
        return len(self.addresses)

    def values(self, name: str) -> np.ndarray:
        """A column without nulls."""
        return np.asarray(self.table.column(name).to_numpy())


def load_members(parts: Sequence[Part], read: Read, keep: Sequence[str]) -> Members:
    """The records of `parts` that `read` gives, with their ranks by the keep policy."""
    batches = [batch for part in parts for batch in read(part)]
    if not batches:
        empty = MEMBER.empty_table()
        return Members(empty, np.zeros(0, np.int64), np.zeros(0, np.int64))
    return ranked(pa.Table.from_batches(batches), keep)


def ranked(table: pa.Table, keep: Sequence[str]) -> Members:
    """Rows of MEMBER columns, in any order, with their ranks by the keep policy."""
    addresses = address(table.column("part").to_numpy(), table.column("row").to_numpy())
    if (addresses[1:] < addresses[:-1]).any():  # parts are read in order: a sort would only copy the signatures
        table = table.sort_by([("part", "ascending"), ("row", "ascending")])
        addresses = np.sort(addresses)
    halves = (table.column(name).to_numpy() for name in ("id0", "id1", "rank"))
    return Members(table, addresses, keep_order(keep_columns(table, keep), *halves))


def keep_columns(table: pa.Table, keep: Sequence[str]) -> list[By]:
    """What the keep policy compares: the highest priority, the most characters, the latest date come first."""
    columns = {
        "priority": table.column("priority"),
        "length": table.column("characters"),
        "date": table.column("time").fill_null(-(2**62)),
    }
    return [By(columns[name].to_numpy()) for name in keep]


@dataclass(frozen=True)
class Pairs:
    """Indexes of two members each, `a` before `b` in the keep order, and how they were found."""

    a: np.ndarray
    b: np.ndarray
    counts: dict[str, int]


def find_pairs(members: Members, near: Near) -> Pairs:
    """The pairs of `members` that are worth comparing."""
    bands = grid(_joined(members.table.column("bands")), "<u8")
    found, seen = PairSet(len(members)), Buckets()
    for band in range(near.bands):
        pairs = bucket_pairs(bands[:, band], members.order)
        found.add(pairs.a, pairs.b)
        seen += pairs.counts
    a, b = found.arrays()
    counts = {**asdict(seen), "pairs": len(a)}
    a, b = _apart_by_numbers(members, near, a, b, counts)
    a, b = _apart_by_sketch(members, near, a, b, counts)
    return Pairs(a, b, counts)


def _apart_by_numbers(
    members: Members, near: Near, a: np.ndarray, b: np.ndarray, counts: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Without the pairs whose keys differ in their numbers alone."""
    if near.numbers == "ignore" or not len(a):
        return a, b
    key, masked = members.values("key"), members.values("masked")
    numbers_only = (masked[a] == masked[b]) & (key[a] != key[b])
    counts["numbers_only"] = int(numbers_only.sum())
    return a[~numbers_only], b[~numbers_only]


def _apart_by_sketch(
    members: Members, near: Near, a: np.ndarray, b: np.ndarray, counts: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Without the pairs whose estimated similarity lies far below the threshold; all, where there are no sketches."""
    if near.similarity != "jaccard" or not len(a) or "sketch" not in members.table.schema.names:
        return a, b
    involved, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    sketches = grid(_joined(members.table.column("sketch").take(pa.array(involved))), np.uint8)
    estimates = estimate_pairs(sketches, places[: len(a)], places[len(a) :])
    worth = estimates >= sketch_bound(near)
    counts["below_sketch"] = int((~worth).sum())
    return a[worth], b[worth]


def sketch_bound(near: Near) -> float:
    """The estimate below which a pair of the threshold's similarity falls about once in three million times."""
    spread = (near.threshold * (1 - near.threshold) / (near.bands * near.rows)) ** 0.5
    return near.threshold - DOUBT * spread


def _joined(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def candidate_rows(members: Members, pairs: Pairs, block_bytes: int = BLOCK_BYTES) -> pa.Table:
    """One CANDIDATE row for each record of a pair, ordered by part and row."""
    a, b = pairs.a, pairs.b
    component = connected(a, b, len(members))
    weight = 4 * np.minimum(members.values("shingles"), EXACT_SHINGLES).astype(np.int64) + 64
    block = cut_blocks(a, b, component, weight, block_bytes)
    ends = pl.DataFrame({"node": np.concatenate([a, b]), "block": np.concatenate([block, block]).astype(np.int32)})
    needed = ends.unique().sort("node", "block").group_by("node", maintain_order=True).agg(blocks="block")
    compared = pl.DataFrame({"node": b, "partner": members.addresses[a], "partner_block": block.astype(np.int32)})
    listed = compared.sort("node", "partner").group_by("node", maintain_order=True).agg("partner", "partner_block")
    rows = needed.join(listed, on="node", how="left", maintain_order="left")
    nodes = rows["node"].to_numpy()
    part, row = part_and_row(members.addresses[nodes])
    empty: Any = pl.lit([], pl.List(pl.Int64))
    lists = rows.select("blocks", pl.col("partner").fill_null(empty), pl.col("partner_block").fill_null(empty))
    columns: list[Any] = [part, row, *(members.values(name)[nodes] for name in ("id0", "id1"))]
    columns += [lists[name].to_arrow() for name in lists.columns]
    return pa.table(columns, names=CANDIDATE.names).cast(CANDIDATE)


def by_part(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each part of a table that is ordered by part."""
    numbers = table.column("part").to_numpy()
    edges = np.flatnonzero(np.diff(numbers)) + 1
    for start, end in zip([0, *edges], [*edges, len(numbers)], strict=True):
        if end > start:
            yield int(numbers[start]), table.slice(start, end - start)
