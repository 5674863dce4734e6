"""The columns of an index: who a record is, by what it is recognised, whom it went in favour of, where its text is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.config import Near
from corpus.graph.resolve import By, keep_order
from corpus.identity import halves
from corpus.stages.verdicts import named

KEYS = ("key0", "key1")
SIGNED = ("bands", "sketch", "shingles", "key", "masked")
LOOKED_AT = ("id0", "id1", "priority", "characters")
SURVIVOR = ("survivor0", "survivor1")


def entry(exact: bool, near: Near | None) -> pa.Schema:
    """The columns of an indexed record.

    `id0` and `id1` are the halves of its published doc_id. A record that stands has no `survivor0`; a duplicate names
    the standing record it went in favour of, and how `similarity` had it. `run` counts the runs of the segment; `part`
    and `row` find the cleaned text there.
    """
    integers = ("id0", "id1", *(KEYS if exact else ()))
    signed = (
        []
        if near is None
        else [
            pa.field("bands", pa.binary(8 * near.bands)),
            pa.field("sketch", pa.binary(near.bands * near.rows)),
            pa.field("shingles", pa.int32()),
            pa.field("key", pa.int64()),
            pa.field("masked", pa.int64()),
        ]
    )
    return pa.schema(
        [
            *(pa.field(name, pa.int64()) for name in integers),
            *signed,
            pa.field("source", pa.string()),
            pa.field("priority", pa.int32()),
            pa.field("characters", pa.int32()),
            pa.field("time", pa.int64()),
            *(pa.field(name, pa.int64()) for name in SURVIVOR),
            pa.field("similarity", pa.float32()),
            pa.field("run", pa.int32()),
            pa.field("part", pa.int64()),
            pa.field("row", pa.int32()),
        ]
    )


def identity(schema: pa.Schema) -> list[str]:
    """The columns of a standing record on which what is found depends; its digest is made of them."""
    return [name for name in schema.names if name in {*LOOKED_AT, *KEYS, *SIGNED}]


def final_ids(id0: np.ndarray, id1: np.ndarray, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The halves of published ids: those of records whose id another had first are made anew."""
    high, low = id0.astype(np.int64), id1.astype(np.int64)
    again = np.flatnonzero(rank)
    if len(again):
        ids = [named(int(high[at]), int(low[at]), int(rank[at])) for at in again]
        high, low = high.copy(), low.copy()
        high[again], low[again] = halves(pa.array(ids))
    return high, low


def in_keep_order(rows: pa.Table) -> pa.Table:
    """The rows as they are kept: standing ones first, of these the highest priority, the longest, then by id."""
    stands = standing(rows)
    columns = [By(stands), By(rows.column("priority").to_numpy()), By(rows.column("characters").to_numpy())]
    order = keep_order(columns, rows.column("id0").to_numpy(), rows.column("id1").to_numpy())
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return rows.take(pa.array(places)).combine_chunks()


def standing(rows: pa.Table) -> np.ndarray:
    """Which rows are no duplicates; bool."""
    return np.asarray(rows.column("survivor0").is_null().to_numpy())


def numbers(rows: pa.Table, name: str) -> np.ndarray:
    """A column of integers with 0 for null; same length."""
    column: Any = rows.column(name)
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(0, column.type))
    return np.asarray(column.to_numpy())


def packed(rows: pa.Table, name: str) -> pa.Array:
    """A column of fixed-size binary values, zeros for null, in one piece."""
    column: Any = rows.column(name)
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(bytes(column.type.byte_width), column.type))
    joined = column.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined
