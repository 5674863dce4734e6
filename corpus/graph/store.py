"""Frames kept between two steps of a computation: Parquet written by the workers, read back as a frame.

A frame that Spark computes twice may come out in another order or be computed again after a crash; what was written is
one thing. The files live in a directory of the computation's own, which its caller deletes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import manifest, parts, storage
from corpus.manifest import Part
from corpus.slot import Attempt, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_BATCH_ROWS = 1 << 17


@dataclass(frozen=True)
class Stored:
    """A frame that was written: its files, how many rows they have, and a digest of the rows in any order."""

    table: Table
    parts: tuple[Part, ...]
    schema: pa.Schema
    digest: str

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """The rows of one part, on a worker."""
        yield from self.table.batches(part.number, self.schema.names, _BATCH_ROWS)

    def pieces(self) -> Iterator[tuple[np.ndarray, ...]]:
        """The columns of each part, here."""
        for part in self.parts:
            rows = self.table.read(part.number, self.schema.names)
            if rows is not None:
                yield tuple(column.to_numpy() for column in rows.columns)

    def nulls(self) -> int:
        """How many values are null, from the footers of the files."""
        total = 0
        for file in self.table.files.values():
            with storage.open_read(storage.join(self.table.slot.root, file.path)) as stream:
                footer = pq.read_metadata(stream)
            groups = [footer.row_group(at) for at in range(footer.num_row_groups)]
            total += sum(group.column(at).statistics.null_count for group in groups for at in range(footer.num_columns))
        return total

    def columns(self) -> list[np.ndarray]:
        """The columns of all parts, here."""
        pieces = list(self.pieces())
        return [np.concatenate([piece[at] for piece in pieces] or [np.empty(0, np.int64)]) for at in range(2)]


@dataclass(frozen=True)
class Store:
    """The directory of one computation."""

    spark: SparkSession
    attempt: Attempt

    @property
    def where(self) -> str:
        """The directory, for messages."""
        return storage.join(self.attempt.slot.root, self.attempt.name)

    def write(self, frame: DataFrame, name: str, schema: pa.Schema) -> Stored:
        """Compute a frame, once, into files of the workers."""
        receipts = parts.write_frame(frame, name, self.attempt)
        digest = manifest.add_digests(receipt.digests for receipt in receipts).get(name, "")
        return self._stored(name, [part for receipt in receipts for part in receipt.parts], schema, digest)

    def put(self, name: str, tables: Iterator[pa.Table], schema: pa.Schema) -> Stored:
        """Write what was made here."""
        written = []
        for number, table in enumerate(tables):
            writer = self.attempt.writer(name, number, schema)
            writer.write(table)
            if (file := writer.close()) is not None:
                written.append(Part(number=number, rows=file.rows, files=(file,)))
        return self._stored(name, written, schema, "")

    def _stored(self, name: str, written: Sequence[Part], schema: pa.Schema, digest: str) -> Stored:
        files = {part.number: file for part in written if (file := part.file(name)) is not None}
        return Stored(Table(self.attempt.slot, files), tuple(written), schema, digest)

    def read(self, stored: Stored) -> DataFrame:
        """What was written, as a frame."""
        return parts.read_frame(self.spark, stored.parts, stored, stored.schema)

    def drop(self, stored: Stored) -> None:
        """Delete files that nothing reads any more."""
        for file in stored.table.files.values():
            storage.delete_file(storage.join(self.attempt.slot.root, file.path))
