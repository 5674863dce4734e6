"""Committed files of a run, read narrowly: the columns asked for, one row group for one row, never a whole data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage
from corpus.manifest import File
from corpus.slot import Committed, Slot

if TYPE_CHECKING:
    import polars as pl
    import pyarrow.dataset as ds


def files_of(stage: Committed, table: str) -> list[File]:
    """The files of one table of a stage, in part order."""
    return [file for file in stage.manifest.files() if file.table == table]


def dataset(slot: Slot, files: Sequence[File]) -> ds.Dataset | None:
    """The files as one Arrow data set, local or remote; None when there are none."""
    import pyarrow.dataset as ds

    if not files:
        return None
    resolved = [storage.resolve(storage.join(slot.root, file.path)) for file in files]
    return ds.dataset([path for _, path in resolved], filesystem=resolved[0][0], format="parquet")


def scan(stage: Committed, table: str, columns: Sequence[str] | None = None) -> pl.LazyFrame | None:
    """The rows of a table as a lazy frame, files in part order; None when the table has no file."""
    import polars as pl

    files = files_of(stage, table)
    if not files:
        return None
    if storage.is_local(stage.slot.root):
        paths = [storage.resolve(storage.join(stage.slot.root, file.path))[1] for file in files]
        frame = pl.scan_parquet(paths, hive_partitioning=False, glob=False)
    else:
        frame = pl.scan_pyarrow_dataset(dataset(stage.slot, files))
    return frame if columns is None else frame.select(columns)


def read_row(slot: Slot, file: File, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """One row of a file: only the row group that holds it is read. IndexError when the file has no such row."""
    with storage.open_read(storage.join(slot.root, file.path)) as stream:
        parquet = pq.ParquetFile(stream)
        first = 0
        for group in range(parquet.num_row_groups):
            rows = parquet.metadata.row_group(group).num_rows
            if row < first + rows:
                found: pa.Table = parquet.read_row_group(group, columns=list(columns), use_threads=False)
                return dict(found.slice(row - first, 1).to_pylist()[0])
            first += rows
    raise IndexError(f"{file.path}: has no row {row}")


def read_rows(slot: Slot, file: File, rows: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
    """These rows of a file (ascending); row groups that hold none of them are not read."""
    wanted = np.asarray(rows, np.int64)
    found: list[dict[str, Any]] = []
    with storage.open_read(storage.join(slot.root, file.path)) as stream:
        parquet = pq.ParquetFile(stream)
        first = 0
        for group in range(parquet.num_row_groups):
            many = parquet.metadata.row_group(group).num_rows
            inside = wanted[(wanted >= first) & (wanted < first + many)] - first
            if len(inside):
                table = parquet.read_row_group(group, columns=list(columns), use_threads=False)
                found += table.take(pa.array(inside)).to_pylist()
            first += many
    return found
