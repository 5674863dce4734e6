"""Candidate pairs compared by their shingles: only what is verified may remove a record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from corpus.config import Near
from corpus.dedup.members import part_and_row
from corpus.kernels.setsim import containment_pairs, jaccard_pairs

COMPARED = pa.schema(
    [
        pa.field("address", pa.int64()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("partners", pa.list_(pa.int64())),
        pa.field("shingles", pa.list_(pa.int32())),
    ]
)
EDGE = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("other", pa.int64()),
        pa.field("other0", pa.int64()),
        pa.field("other1", pa.int64()),
        pa.field("similarity", pa.float32()),
    ]
)
"""A verified pair: the record earlier in the keep order, and the address and id of the `other`."""

EDGE_IDENTITY = ("id0", "id1", "other0", "other1", "similarity")


def verify(rows: pa.Table, near: Near) -> tuple[pa.Table, int]:
    """The EDGE rows of one block's pairs that are at least as similar as the threshold, and how many were compared.

    `rows` has the columns of COMPARED, every partner's row among them; partners stand earlier in the keep order.
    """
    rows = rows.sort_by("address").combine_chunks()
    addresses = rows.column("address").to_numpy()
    partners = _list(rows, "partners")
    b = np.repeat(np.arange(len(rows)), np.diff(_offsets(partners)))
    a = np.searchsorted(addresses, partners.flatten().to_numpy())
    shingles = _list(rows, "shingles")
    values = np.ascontiguousarray(shingles.flatten().to_numpy()).view(np.uint32)
    compare: Any = jaccard_pairs if near.similarity == "jaccard" else containment_pairs
    similarity = compare(values, _offsets(shingles), a, b)
    alike = np.flatnonzero(similarity >= np.float32(near.threshold))
    first, second = a[alike], b[alike]
    part, row = part_and_row(addresses[first])
    id0, id1 = rows.column("id0").to_numpy(), rows.column("id1").to_numpy()
    columns: list[Any] = [part, row, id0[first], id1[first], addresses[second], id0[second], id1[second]]
    return pa.table([*columns, similarity[alike]], names=EDGE.names).cast(EDGE), len(a)


def _list(rows: pa.Table, name: str) -> pa.ListArray:
    column = rows.column(name).combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def _offsets(lists: pa.ListArray) -> np.ndarray:
    offsets = lists.offsets.to_numpy().astype(np.int64)
    return np.asarray(offsets - offsets[0])
