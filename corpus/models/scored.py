"""Rows of files with what a model says of each, as Parquet; what cannot be read is written beside them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from corpus import config
from corpus.errors import UsageError
from corpus.models.examples import chunks
from corpus.quarantine import Quarantined, to_table
from corpus.schema import QUARANTINE

SCORED, UNREADABLE = "scored.parquet", "quarantine.parquet"
Columns = Callable[[pa.RecordBatch], Sequence[pa.Array]]
"""From rows as the readers give them to the columns that are written."""


@dataclass(frozen=True)
class Written:
    """Rows scored, rows that could not be read by reason, and the files."""

    rows: int
    unreadable: dict[str, int]
    files: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """All rows."""
        return self.rows + sum(self.unreadable.values())


def must_be_absent(out: Path, names: Sequence[str]) -> None:
    """UsageError when one of the files is in the directory `out`."""
    there = [str(out / name) for name in names if (out / name).exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: is there already; name another directory, nothing is overwritten")


@contextmanager
def appearing(out: Path, names: Sequence[str]) -> Iterator[list[Path]]:
    """Where to write the files `names` of the directory `out`: those written get their names at the end, none when it
    fails. UsageError when one is there already."""
    must_be_absent(out, names)
    out.mkdir(parents=True, exist_ok=True)
    asides = [out / f".{name}.writing" for name in names]
    try:
        yield asides
        for aside, name in zip(asides, names, strict=True):
            if aside.exists():
                aside.replace(out / name)
    finally:
        for aside in asides:
            aside.unlink(missing_ok=True)


def put_tables(out: Path, tables: Mapping[str, pa.Table], quarantined: Sequence[Quarantined] = ()) -> tuple[str, ...]:
    """Write tables, and what could not be read, as files of the directory `out`; their paths."""
    whole = {**tables, UNREADABLE: to_table(tuple(quarantined))} if quarantined else tables
    with appearing(out, tuple(whole)) as asides:
        for aside, table in zip(asides, whole.values(), strict=True):
            pq.write_table(table, aside, compression="zstd")
    return tuple(str(out / name) for name in whole)


def score_rows(
    paths: Sequence[str], out: Path, schema: pa.Schema, columns: Columns, text_field: str | None = None
) -> Written:
    """Write `columns` of every row of `paths` into `out/scored.parquet`. What cannot be read goes to
    `out/quarantine.parquet`.

    Files appear whole, at the end. UsageError when `out` holds them already or nothing can be read.
    """
    with appearing(out, (SCORED, UNREADABLE)) as (good, bad):
        done = stream_rows(paths, good, bad, schema, columns, text_field)
    return dataclasses.replace(done, files=files_of(out))


def files_of(out: Path) -> tuple[str, ...]:
    """What was written into `out`."""
    return tuple(str(out / name) for name in (SCORED, UNREADABLE) if (out / name).exists())


def stream_rows(
    paths: Sequence[str], good: Path, bad: Path, schema: pa.Schema, columns: Columns, text_field: str | None = None
) -> Written:
    """Write `columns` of every row of `paths` to `good`, and what cannot be read to `bad`, which is there only where
    something cannot. UsageError when nothing can be read."""
    rows, unreadable = 0, Counter[str]()
    with pq.ParquetWriter(good, schema, compression="zstd") as kept, pq.ParquetWriter(bad, QUARANTINE) as refused:
        for chunk in chunks(paths, config.Fields(text=text_field)):
            if chunk.quarantined:
                unreadable.update(str(row.reason) for row in chunk.quarantined)
                refused.write_table(to_table(chunk.quarantined))
            if chunk.records.num_rows:
                kept.write_batch(pa.RecordBatch.from_arrays([*columns(chunk.records)], schema=schema))
                rows += chunk.records.num_rows
    if not rows:
        raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
    if not unreadable:
        bad.unlink()
    return Written(rows, dict(sorted(unreadable.items())))
