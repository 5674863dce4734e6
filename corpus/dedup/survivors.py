"""Who survives in the end: a record that went in favour of one that went later itself is shown the last survivor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl
import pyarrow as pa

from corpus.manifest import Part
from corpus.removals import HOPS
from corpus.slot import Table

OWN = ("id0", "id1", "rank")
NEXT = ("survivor0", "survivor1", "survivor_rank")
MOVED = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        *(pa.field(name, pa.int32() if name == "rank" else pa.int64()) for name in OWN),
        *(pa.field(name, pa.int32() if name.endswith("rank") else pa.int64()) for name in NEXT),
        pa.field("similarity", pa.float32()),
    ]
)
"""A removed record and its survivor after the stages since; `similarity` is the least on the way."""

READS = pa.schema(
    [
        *MOVED,
        pa.field("points", pa.bool_()),
        *(pa.field(f"key{place}", pa.int64()) for place in range(3)),
    ]
)


@dataclass(frozen=True)
class Hop:
    """Brings each removed record (`points`) together with its survivor's own removal, if there is one."""

    number: int
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("key0", "key1", "key2")
    reads: ClassVar[pa.Schema] = READS
    decides: ClassVar[pa.Schema] = MOVED
    identity: ClassVar[tuple[str, ...]] = tuple(MOVED.names[2:])

    @property
    def name(self) -> str:
        """One stage for each hop."""
        return f"{HOPS}{self.number}"

    def settings(self) -> Any:
        """None."""
        return {}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """MOVED rows of the records whose survivor went."""
        frame: Any = pl.from_arrow(rows)
        gone = frame.filter(~pl.col("points")).select(
            *self.key, **{f"next_{name}": name for name in NEXT}, alike="similarity"
        )
        joined = frame.filter("points").join(gone, on=list(self.key), how="inner")
        moved = joined.with_columns(
            **{name: pl.col(f"next_{name}") for name in NEXT}, similarity=pl.min_horizontal("similarity", "alike")
        )
        return moved.select(MOVED.names).to_arrow().cast(MOVED)


@dataclass(frozen=True)
class ReadHop:
    """Removed records of a part: as pointers to their survivors, and those of `later` stages also as survivors gone.

    `removals` are the tables of all duplicate stages in order; `moved` those of the hops before.
    """

    removals: tuple[Table, ...]
    moved: tuple[Table, ...] = ()

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """One batch for each table that has rows in the part."""
        moved = [table.read(part.number) for table in self.moved]
        latest: dict[int, int] = {}
        for place, table in enumerate(moved):
            if table is not None:
                latest |= dict.fromkeys(table.column("row").to_pylist(), place)
        for place, removal in enumerate(self.removals):
            table = removal.read(part.number)
            if table is None:
                continue
            frame: Any = pl.from_arrow(table)
            removed = frame.filter("removed").with_columns(part=pl.lit(part.number, pl.Int64))
            if place > 0:
                yield from _rows(removed, False, OWN)
            if place + 1 < len(self.removals):
                yield from _rows(removed.filter(~pl.col("row").is_in(list(latest))), True, NEXT)
        for place, table in enumerate(moved):
            if table is not None:
                frame = pl.from_arrow(table)
                current = [row for row, which in latest.items() if which == place]
                shown = frame.with_columns(part=pl.lit(part.number, pl.Int64)).filter(pl.col("row").is_in(current))
                yield from _rows(shown, True, NEXT)


def _rows(frame: pl.DataFrame, points: bool, key: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    keys = {f"key{place}": pl.col(name).cast(pl.Int64) for place, name in enumerate(key)}
    rows = frame.select(*MOVED.names, points=pl.lit(points), **keys)
    yield from rows.to_arrow().cast(READS).combine_chunks().to_batches()
