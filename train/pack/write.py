"""Rows into Parquet: row groups of about a million tokens, files of 64 of them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP_TOKENS = 1_000_000
GROUPS = 64


@dataclass
class Sequences:
    """Sequences end to end: `ids` and `mask` are those of all, `ends` where each ends, `sources` where each is from."""

    ids: np.ndarray[Any, np.dtype[np.int32]]
    mask: np.ndarray[Any, np.dtype[np.bool_]] | None
    ends: np.ndarray[Any, np.dtype[np.int64]]
    sources: np.ndarray[Any, np.dtype[np.int16]]

    @property
    def lengths(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Tokens of each."""
        return np.diff(self.ends, prepend=0)


def table_of(
    some: Sequences, rows: np.ndarray[Any, np.dtype[np.int64]], order: np.ndarray[Any, np.dtype[np.int64]]
) -> pa.Table:
    """Packed rows in `order`, of sequences that lie in `rows`; those of a row in the order in which they came."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    sorted_ = np.argsort(place[rows], kind="stable")
    lengths = some.lengths[sorted_]
    starts = (some.ends - some.lengths)[sorted_]
    total = int(lengths.sum())
    ends = np.cumsum(lengths)
    gather = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    per_row = np.bincount(place[rows], minlength=len(order))
    of_rows = np.concatenate([[0], np.cumsum(per_row)]).astype(np.int32)
    of_tokens = np.concatenate([[0], ends])[of_rows].astype(np.int32)
    columns = {"input_ids": _lists(of_tokens, some.ids[gather])}
    if some.mask is not None:
        columns["loss_mask"] = _lists(of_tokens, some.mask[gather])
    columns["seq_lengths"] = _lists(of_rows, lengths.astype(np.int32))
    columns["seq_sources"] = _lists(of_rows, some.sources[sorted_])
    return pa.table(columns)


def _lists(offsets: Any, values: Any) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values))


@dataclass
class Writer:
    """Files whose paths begin with `name`, below `root`, written as tables come; `files` is what the manifest says of
    them. Each appears whole, so one that is written twice, by two tries of a task, is there once."""

    root: Path
    name: str
    rows_per_group: int
    files: list[dict[str, Any]] = field(default_factory=list)
    _open: pq.ParquetWriter | None = None
    _groups: list[int] = field(default_factory=list)
    _held: pa.Table | None = None

    def add(self, table: pa.Table) -> None:
        """Write whole row groups, and hold back the rest."""
        table = table if self._held is None else pa.concat_tables([self._held, table]).combine_chunks()
        while len(table) >= self.rows_per_group:
            self._write(table.slice(0, self.rows_per_group))
            table = table.slice(self.rows_per_group)
        self._held = table

    def close(self) -> None:
        """Write what is left."""
        if self._held is not None and len(self._held):
            self._write(self._held)
        self._held = None
        self._finish()

    def _write(self, table: pa.Table) -> None:
        if self._open is None:
            aside = self._aside()
            aside.parent.mkdir(parents=True, exist_ok=True)
            self._open = pq.ParquetWriter(aside, table.schema, compression="zstd")
        self._open.write_table(table, row_group_size=len(table))
        self._groups.append(len(table))
        if len(self._groups) == GROUPS:
            self._finish()

    def _path(self) -> str:
        return f"{self.name}-{len(self.files):02d}.parquet"

    def _aside(self) -> Path:
        path = self.root / self._path()
        return path.with_name(f".{path.name}.{os.getpid()}")

    def _finish(self) -> None:
        if self._open is not None:
            self._open.close()
            path, aside = self._path(), self._aside()
            with aside.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            aside.replace(self.root / path)
            self.files.append({"path": path, "rows_in_groups": self._groups, "sha256": digest})
            self._open, self._groups = None, []
