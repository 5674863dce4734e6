"""What a slow model says of rows, on the disk before the whole is: a command that was killed goes on when repeated."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus.errors import UsageError
from corpus.kernels.digest import row_hashes
from corpus.models.directory import digest_of

FOLDER = ".kept"
EVERY = 30.0
"""Seconds of work that a kill may cost, but for the rows that are under way."""
_KEY = ("high", "low")
Score = Callable[[pa.RecordBatch], pa.RecordBatch]
"""A row of scores for each row. A row's scores depend on nothing but it, or, by rounding, on its neighbours."""


class Kept:
    """Scores by the digest of the row they are of. Of `given` rows `taken` were there already."""

    def __init__(self, folder: Path, settings: str, schema: pa.Schema) -> None:
        self.given = self.taken = 0
        self._folder, self._settings, self._schema = folder, settings, schema
        self._new: list[pa.Table] = []
        self._written = time.monotonic()
        self._known = self._read()

    def of(self, rows: pa.RecordBatch, score: Score, at_once: int) -> pa.RecordBatch:
        """The scores of `rows`: those kept, and of the others what `score` says, `at_once` rows a call."""
        hashes = row_hashes(rows)
        keys = pl.DataFrame({name: hashes[:, place] for place, name in enumerate(_KEY)})
        known = self._known.join(keys, on=_KEY, how="semi")
        if known.is_empty():
            return self._made(rows, keys, score, at_once)
        place = keys.with_row_index("place")
        lacking = place.join(known, on=_KEY, how="anti", maintain_order="left")
        self.taken += place.height - lacking.height
        self.given += place.height - lacking.height
        made = self._made(rows.take(lacking["place"].to_arrow()), lacking.select(_KEY), score, at_once)
        both = pl.concat([known, self._keyed(lacking.select(_KEY), made)]).unique(_KEY, keep="first")
        found = place.join(both, on=_KEY, how="left", maintain_order="left").select(self._schema.names)
        return _batch(found.to_arrow().cast(self._schema))

    def put(self) -> None:
        """Write what is new."""
        if self._new:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{self._settings}-{uuid.uuid4().hex}"
            aside = self._folder / f"{name}.writing"
            pq.write_table(pa.concat_tables(self._new), aside, compression="zstd")
            aside.replace(self._folder / f"{name}.parquet")
            self._new = []
        self._written = time.monotonic()

    def _made(self, rows: pa.RecordBatch, keys: pl.DataFrame, score: Score, at_once: int) -> pa.RecordBatch:
        found = []
        for start in range(0, rows.num_rows, at_once):
            found.append(score(rows.slice(start, at_once)))
            self.given += found[-1].num_rows
            self._new.append(self._keyed(keys.slice(start, at_once), found[-1]).to_arrow())
            if time.monotonic() - self._written >= EVERY:
                self.put()
        return _batch(pa.Table.from_batches(found, self._schema))

    def _keyed(self, keys: pl.DataFrame, scores: pa.RecordBatch) -> pl.DataFrame:
        return keys.hstack(pl.DataFrame(pl.from_arrow(scores)))

    def _read(self) -> pl.DataFrame:
        files = sorted(self._folder.glob(f"{self._settings}-*.parquet"))
        empty = pl.DataFrame({name: pl.Series(dtype=pl.UInt64) for name in _KEY})
        none = self._keyed(empty, pa.Table.from_batches([], self._schema))
        try:
            found = [pl.read_parquet(file) for file in files]
        except (OSError, pl.exceptions.PolarsError) as error:
            raise UsageError(f"{self._folder}: cannot be read ({error}); remove it to begin again") from None
        return pl.concat([none, *found]).unique(_KEY, keep="first")


def _batch(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([one.combine_chunks() for one in table.columns], schema=table.schema)


@contextmanager
def kept(out: Path, settings: Mapping[str, object], schema: pa.Schema) -> Iterator[Kept]:
    """Scores for the files of the directory `out`, in a folder beside them that goes when they are whole.

    A later call finds what was made with the same `settings`, which name all that a score depends on but its row.
    UsageError when what is kept cannot be read.
    """
    said = [f"{name}={value}" for name, value in sorted(settings.items())]
    one = Kept(out / FOLDER, digest_of(*said), schema)
    try:
        yield one
    except BaseException:
        one.put()
        raise
    shutil.rmtree(out / FOLDER, ignore_errors=True)
