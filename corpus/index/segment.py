"""One immutable piece of an index: its records, and sorted files by which they are found.

segments/<name>/records.parquet   standing records first, then duplicates, each in keep order; the row is its place
segments/<name>/ids.parquet       the id of every record
segments/<name>/keys.parquet      the exact key of every standing record that has one
segments/<name>/bands.parquet     a section for each band, of standing records that have a signature
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.config import Near
from corpus.index.entries import SIGNED, entry, identity, in_keep_order, numbers, packed, standing
from corpus.index.sorted_file import SortedFile, write_sorted
from corpus.located import Strict
from corpus.manifest import File
from corpus.stages.sign import grid

FOLDER = "segments"
ROW_GROUP = 8192
"""Records of a row group: 2 MB of sketches are read for one that is looked at."""


class Origin(Strict):
    """Where the cleaned text of records is: a run directory, and the slot of its text stage below it."""

    run: str
    text: str


class Segment(Strict):
    """What a generation says of one of its segments. `digest` is of the standing records, in any order."""

    name: str
    rows: int
    standing: int
    digest: str
    origins: tuple[Origin, ...]
    files: tuple[File, ...]

    def path(self, table: str) -> str:
        """Where a table is, below the index."""
        return next(file.path for file in self.files if file.table == table)


def write_segment(root: str, rows: pa.Table, exact: bool, near: Near | None, origins: Sequence[Origin]) -> Segment:
    """Write `rows`, which have the columns of `entry`, below the index at `root`; they belong to it once committed."""
    name = uuid.uuid4().hex[:16]
    rows = in_keep_order(rows.select(entry(exact, near).names))
    stands = standing(rows)
    alive = rows.slice(0, int(stands.sum()))
    everyone = np.arange(len(rows))

    def at(table: str) -> str:
        return f"{FOLDER}/{name}/{table}.parquet"

    files = {"records": _write_records(storage.join(root, at("records")), rows)}
    ids = np.stack([numbers(rows, half).view(np.uint64) for half in ("id0", "id1")], axis=1)
    files["ids"] = write_sorted(storage.join(root, at("ids")), [(ids, everyone)], low=True)
    if exact:
        keyed = np.flatnonzero(alive.column("key0").is_valid().to_numpy())
        keys = np.stack([numbers(alive, half).view(np.uint64) for half in ("key0", "key1")], axis=1)
        files["keys"] = write_sorted(storage.join(root, at("keys")), [(keys[keyed], keyed)], low=True)
    if near is not None:
        signed = np.flatnonzero(alive.column("bands").is_valid().to_numpy())
        bands = grid(packed(alive, "bands"), "<u8")[signed]
        sections = [(np.ascontiguousarray(bands[:, band]), signed) for band in range(near.bands)]
        files["bands"] = write_sorted(storage.join(root, at("bands")), sections)
    return Segment(
        name=name,
        rows=len(rows),
        standing=len(alive),
        digest=digest(alive),
        origins=tuple(origins),
        files=tuple(stored(root, table, at(table), many) for table, many in files.items()),
    )


def _write_records(uri: str, rows: pa.Table) -> int:
    """Hashes gain nothing from compression; the other columns do."""
    plain = {name for name in rows.schema.names if name in {*SIGNED, "id0", "id1", "key0", "key1"}}
    with (
        storage.open_write(uri) as sink,
        pq.ParquetWriter(
            sink,
            rows.schema,
            compression={name: "none" if name in plain else "zstd" for name in rows.schema.names},
            use_dictionary=[name for name in rows.schema.names if name not in plain],
            write_statistics=False,
        ) as writer,
    ):
        writer.write_table(rows, row_group_size=ROW_GROUP)
    return len(rows)


def stored(root: str, table: str, path: str, rows: int) -> File:
    """A finished file as a generation names it."""
    uri = storage.join(root, path)
    return File(table=table, path=path, rows=rows, bytes=storage.size(uri) or 0, sha256=storage.sha256(uri))


def digest(alive: pa.Table) -> str:
    """The sum of 128-bit hashes of standing records, as hex."""
    from corpus.kernels.digest import row_hashes, table_digest

    total = 0
    for batch in alive.select(identity(alive.schema)).to_batches():
        total += table_digest(row_hashes(batch))
    return f"{total & ((1 << 128) - 1):032x}"


@dataclass(frozen=True)
class SegmentFiles:
    """A segment that is open for reading; `gone` are rows that were taken down or moved on since, ascending."""

    root: str
    note: Segment
    bands: int
    gone: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    @cached_property
    def _records(self) -> pq.ParquetFile:
        return pq.ParquetFile(storage.open_read(storage.join(self.root, self.note.path("records"))))

    @cached_property
    def sorted(self) -> Mapping[str, SortedFile]:
        """The sorted files by table."""
        sections = {"bands": self.bands}
        tables = [file.table for file in self.note.files if file.table != "records"]
        return {
            table: SortedFile(storage.join(self.root, self.note.path(table)), sections.get(table, 1))
            for table in tables
        }

    def left(self, rows: np.ndarray) -> np.ndarray:
        """Which of these rows are not gone; bool."""
        return np.asarray(~np.isin(rows, self.gone)) if len(self.gone) else np.ones(len(rows), bool)

    def column(self, name: str) -> Any:
        """One column of all records."""
        return self._records.read(columns=[name], use_threads=False).column(name)

    def take(self, rows: np.ndarray, columns: Sequence[str] | None = None) -> pa.Table:
        """The records at these rows, in their order; only the row groups that hold them are read."""
        chosen, back = np.unique(rows, return_inverse=True)
        group = chosen // ROW_GROUP
        found = [
            self._records.read_row_group(int(number), columns=columns and list(columns), use_threads=False).take(
                pa.array(chosen[group == number] - number * ROW_GROUP)
            )
            for number in np.unique(group)
        ]
        if not found:
            schema = self._records.schema_arrow
            names = list(columns) if columns else schema.names
            return pa.schema([schema.field(name) for name in names]).empty_table()
        return pa.concat_tables(found).combine_chunks().take(pa.array(back))

    def batches(self) -> Iterator[pa.Table]:
        """Every record that is not gone, a row group at a time."""
        for number in range(self._records.num_row_groups):
            table = self._records.read_row_group(number, use_threads=False)
            rows = number * ROW_GROUP + np.arange(len(table))
            yield table.filter(pa.array(self.left(rows)))
