"""The texts a run learns from: chosen by the hash of their id, so neither order nor partitions nor workers matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.manifest import Part, Receipt
from corpus.parts import Task
from corpus.slot import Attempt, PartWriters, Table
from corpus.stages.identify import ranks
from corpus.standing import Standing

SAMPLED = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("source", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("text", pa.large_string()),
    ]
)
SOURCES = pa.schema([pa.field("source", pa.string()), pa.field("count", pa.int64())])
IDENTITY = tuple(SAMPLED.names[1:])
ORDER = [(name, "ascending") for name in ("id0", "id1", "rank")]
"""The order in which anything is learned: by id, which no partition and no file changes."""
MOST_CHARACTERS = 20_000
"""Of a longer text only the beginning is learned from, so that one book does not outweigh a thousand pages."""
_SALT, _M1, _M2 = np.uint64(0x5851F42D4C957F2D), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def drawn(id0: np.ndarray, id1: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """True for each record that a sample of `share` (0 to 1, one for all or one each) holds; shape (rows,).

    A record of a smaller sample is in every larger one. The hash is not that of `select.sample`, so a sample of a
    sample is one.
    """
    return np.asarray((mixed_ids(id0, id1) >> np.uint64(11)).astype(np.float64) * 2.0**-53 < share)


def mixed_ids(id0: np.ndarray, id1: np.ndarray) -> np.ndarray:
    """64 even bits of each id; uint64 (rows,). SplitMix64's finaliser (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = (np.ascontiguousarray(id0).view(np.uint64) ^ _SALT) + np.ascontiguousarray(id1).view(np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _M1
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _M2
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))


@dataclass(frozen=True)
class ReadSources:
    """Rows of each source that stand in a part."""

    keys: Table
    standing: Standing

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """SOURCES of one part."""
        keys = self.keys.read(part.number, ["source"])
        if keys is not None:
            frame: Any = pl.from_arrow(keys)
            standing = pl.Series(self.standing.mask(part.number, part.rows))
            counts = frame.filter(standing).group_by("source").agg(count=pl.len().cast(pl.Int64))
            yield from counts.select(SOURCES.names).to_arrow().cast(SOURCES).to_batches()


@dataclass(frozen=True)
class SamplePass:
    """Reads each part's text and stores the sampled rows; `shares` says for each source how much of it."""

    text: Table
    keys: Table
    ids: Table
    standing: Standing
    shares: Mapping[str, float]
    attempt: Attempt
    name: ClassVar[str] = "sample"
    version: ClassVar[int] = 1

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """One receipt a part."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        keys = self.keys.read(part.number, ["id0", "id1", "source"])
        chosen = np.zeros(part.rows, bool)
        if keys is not None:
            id0, id1 = (keys.column(name).to_numpy() for name in ("id0", "id1"))
            source: Any = pl.from_arrow(keys.column("source"))
            share = source.replace_strict(dict(self.shares), default=0.0, return_dtype=pl.Float64).to_numpy()
            chosen = self.standing.mask(part.number, part.rows) & drawn(id0, id1, share)
            self._write(part, np.flatnonzero(chosen), keys, writers)
        written = Part(number=part.number, rows=part.rows, files=writers.close())
        bytes_in = sum(file.bytes for file in part.files)
        return [Receipt(key=task.key, parts=(written,), digests=writers.digests(), bytes_in=bytes_in)]

    def _write(self, part: Part, rows: np.ndarray, keys: pa.Table, writers: PartWriters) -> None:
        rank = ranks(self.ids, part.number, part.rows)
        first = 0
        for batch in self.text.batches(part.number, ["source", "lang", "text"]):
            low, high = np.searchsorted(rows, [first, first + batch.num_rows])
            here = rows[low:high]
            if len(here):
                taken = batch.take(pa.array(here - first))
                text = pc.utf8_slice_codeunits(taken.column("text"), 0, MOST_CHARACTERS)
                ids = keys.select(["id0", "id1"]).take(pa.array(here))
                columns = {"row": here.astype(np.int32), "rank": rank[here], "text": text}
                columns |= {name: ids.column(name) for name in ("id0", "id1")}
                columns |= {name: taken.column(name) for name in ("source", "lang")}
                table = pa.table([columns[name] for name in SAMPLED.names], names=SAMPLED.names).cast(SAMPLED)
                writers.write("sample", table, digest=IDENTITY)
            first += batch.num_rows


def read_sample(sample: Table, share: float, sources: Iterable[str] | None = None) -> pa.Table:
    """The sampled rows of all parts that a sample of `share` holds, of `sources` if given, ordered by id."""
    wanted = None if sources is None else pa.array(sorted(sources), pa.string())
    found = [SAMPLED.empty_table()]
    for number in sorted(sample.files):
        table = sample.read(number)
        if table is None:
            continue
        mask = drawn(table.column("id0").to_numpy(), table.column("id1").to_numpy(), share)
        if wanted is not None:
            mask &= pc.is_in(table.column("source"), wanted).to_numpy()
        found.append(table.filter(pa.array(mask)).cast(SAMPLED))
    return pa.concat_tables(found).sort_by(ORDER).combine_chunks()
