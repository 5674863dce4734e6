"""The second look at the text: the shingles of candidates only, written beside it for the verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from corpus.dedup.candidates import CANDIDATE, EXACT_SHINGLES
from corpus.dedup.members import address
from corpus.kernels.shingles import shingle_hashes
from corpus.manifest import Part, Receipt
from corpus.parts import Task
from corpus.schema import viewed
from corpus.slot import Attempt, PartWriters, Table

SHINGLED = pa.schema(
    [
        *(item for item in CANDIDATE if item.name != "part"),
        pa.field("shingles", pa.list_(pa.int32())),
    ]
)
"""`shingles` are the sorted hashes of the record's shingles, uint32 as int32: all of them, or the smallest 4,096."""


@dataclass(frozen=True)
class ShinglePass:
    """Reads the text of each part that has candidates and stores their shingles."""

    text: Table
    candidates: Table
    attempt: Attempt
    view: str = "text"
    name: ClassVar[str] = "near-shingles"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        wanted = self.candidates.read(part.number)
        if wanted is not None:
            rows = wanted.column("row").to_numpy()
            row = 0
            for batch in self.text.batches(part.number, [self.view]):
                low, high = np.searchsorted(rows, [row, row + batch.num_rows])
                if high > low:
                    text = viewed(batch, self.view).take(pa.array(rows[low:high] - row))
                    writers.write("shingles", shingled(wanted.slice(low, high - low), text), ("id0", "id1"))
                row += batch.num_rows
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        bytes_in = sum(file.bytes for file in part.files) if wanted is not None else 0
        return [Receipt(key=task.key, parts=(written,), digests=writers.digests(), bytes_in=bytes_in)]


def shingled(rows: pa.Table, text: pa.Array) -> pa.Table:
    """SHINGLED rows of candidates, by their texts."""
    values, offsets = shingle_hashes(text, limit=EXACT_SHINGLES)
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(values.view(np.int32)))
    return rows.append_column("shingles", lists).select(SHINGLED.names).cast(SHINGLED)


def in_block(part: int, table: pa.Table, block: int) -> pa.Table | None:
    """The records of one part that are needed in `block`, with the partners that they are compared with there.

    Columns `address, id0, id1, partners, shingles`; None when there are none.
    """
    blocks = table.column("blocks").combine_chunks()
    owners = np.repeat(np.arange(len(table)), np.diff(blocks.offsets.to_numpy()))
    at = np.unique(owners[blocks.flatten().to_numpy() == block])
    if not len(at):
        return None
    chosen = table.take(pa.array(at)).combine_chunks()
    partners, places = chosen.column("partners").combine_chunks(), chosen.column("partner_blocks").combine_chunks()
    here = places.flatten().to_numpy() == block
    offsets = np.concatenate([[0], np.cumsum(here)])[partners.offsets.to_numpy()].astype(np.int32)
    kept = pa.ListArray.from_arrays(pa.array(offsets), partners.flatten().filter(pa.array(here)))
    where = address(np.full(len(chosen), part, np.int64), chosen.column("row").to_numpy())
    return pa.table(
        {
            "address": where,
            "id0": chosen.column("id0"),
            "id1": chosen.column("id1"),
            "partners": kept,
            "shingles": chosen.column("shingles"),
        }
    )
