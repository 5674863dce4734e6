"""Values with the rows that have them, sorted, in one Parquet file: found by opening the row groups they may be in.

A file has sections, one after the other; each is sorted by value and then by row, and cut into row groups of a bounded
size whose bounds stand in the footer. So few values read few row groups, many read each once, and memory is that of
one row group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import storage

GROUP = 1 << 16
"""Rows of a row group."""
SCHEMA = pa.schema([pa.field("value", pa.uint64()), pa.field("row", pa.int32())])


def write_sorted(uri: str, sections: Sequence[tuple[np.ndarray, np.ndarray]], low: bool = False) -> int:
    """Write sections of values and rows; all have as many. Returns how many rows the file has.

    Values are uint64 [n] or, with `low`, uint64 [n, 2], whose second half is stored beside the first.
    """
    schema = SCHEMA.insert(1, pa.field("low", pa.uint64())) if low else SCHEMA
    total = 0
    with (
        storage.open_write(uri) as sink,
        pq.ParquetWriter(sink, schema, compression="none", use_dictionary=False, write_statistics=["value"]) as writer,
    ):
        for values, rows in sections:
            first = values[:, 0] if low else values
            order = np.lexsort((rows, first))
            columns = [pa.array(first[order])]
            columns += [pa.array(values[order, 1])] if low else []
            table = pa.table([*columns, pa.array(rows[order].astype(np.int32))], schema=schema)
            if len(table):
                writer.write_table(table, row_group_size=GROUP)
            total += len(table)
    return total


@dataclass(frozen=True)
class SortedFile:
    """A file that `write_sorted` wrote, of so many equal `sections`."""

    uri: str
    sections: int = 1

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(storage.open_read(self.uri))

    @cached_property
    def _bounds(self) -> np.ndarray:
        """The least and the greatest value of each row group; uint64 [groups, 2]."""
        footer = self._file.metadata
        found = [footer.row_group(group).column(0).statistics for group in range(footer.num_row_groups)]
        return np.array([(one.min, one.max) for one in found], np.uint64).reshape(-1, 2)

    def matches(
        self, section: int, values: np.ndarray, low: np.ndarray | None = None, most: int | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Indexes into `values` and the rows that have these values, a row group at a time; int64.

        At most the first `most` rows that have a value, in each row group. With `low`, the second halves must be equal.
        """
        groups = self._file.metadata.num_row_groups // self.sections
        if not groups or not len(values):
            return
        order = np.argsort(values, kind="stable")
        wanted = values[order]
        bounds = self._bounds[section * groups : (section + 1) * groups]
        starts = np.searchsorted(wanted, bounds[:, 0], "left")
        ends = np.searchsorted(wanted, bounds[:, 1], "right")
        for group in np.flatnonzero(ends > starts):
            table = self._file.read_row_group(section * groups + int(group), use_threads=False)
            here = slice(starts[group], ends[group])
            at, place = _joined(wanted[here], table.column("value").to_numpy(), most)
            if low is not None:
                same = low[order[here]][at] == table.column("low").to_numpy()[place]
                at, place = at[same], place[same]
            if len(at):
                yield order[here][at], table.column("row").to_numpy()[place].astype(np.int64)


def _joined(wanted: np.ndarray, values: np.ndarray, most: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of indexes with equal values; both arrays ascend."""
    start = np.searchsorted(values, wanted, "left")
    many = np.searchsorted(values, wanted, "right") - start
    if most is not None:
        many = np.minimum(many, most)
    at = np.repeat(np.arange(len(wanted)), many)
    within = np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)
    return at, start[at] + within
