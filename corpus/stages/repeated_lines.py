"""Lines that many records repeat: counted over the corpus, one copy of each found, and the spans to cut marked.

Three passes over the narrow table of line keys. How many records hold a line is summed where parts are read, so a line
of a million records is a million small numbers in a hundred thousand places and never a million rows in one; what
reaches the driver are the keys of frequent lines alone. Workers then look their own lines up among these keys: there
is no join and no shuffle by line.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.cuts import CUTS
from corpus.cuts import IDENTITY as CUT_IDENTITY
from corpus.manifest import File, Part, Receipt, RowAccount, add_counts
from corpus.parts import Task
from corpus.slot import Attempt, PartWriters, Slot, Table
from corpus.stages.identify import ranks
from corpus.standing import Standing

REASON = "repeated_line"
EMPTIED = "repeated_lines"
"""The reason of a cut, and of a record of which cuts leave nothing."""
MOST = 50_000_000
"""Frequent lines that every worker can hold: 1 GB of keys and counts."""
EXAMPLES = 10_000
"""So many of the most frequent lines are stored as text, for people."""

COUNTS = pa.schema([pa.field("hash", pa.int64()), pa.field("documents", pa.int64())])
FREQUENT = pa.schema([*COUNTS, pa.field("held", pa.bool_()), pa.field("shown", pa.bool_())])
"""Lines that enough records hold, ascending by hash; `held`: one copy of it is looked for; `shown`: and is stored."""
HOLDS = pa.schema(
    [
        pa.field("part", pa.int64()),
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("rank", pa.int32()),
        pa.field("hash", pa.int64()),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("priority", pa.int32()),
        pa.field("characters", pa.int32()),
        pa.field("time", pa.int64()),
    ]
)
REMOVED = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("removed", pa.bool_()),
    ]
)
EXAMPLE = pa.schema([*COUNTS, pa.field("example", pa.large_string())])


@dataclass(frozen=True)
class RepeatedLines:
    """When a line is frequent, and which of its copies stays.

    A line is frequent when at least `documents` records hold it, and at least `share` of those that stand. All copies
    go, or all but the first in the best record by `keep`, as exact duplicates have it. Records of `spared` sources are
    counted and never cut.
    """

    documents: int
    share: float
    keep_first: bool
    keep: tuple[str, ...]
    spared: frozenset[str] = frozenset()
    name: ClassVar[str] = "dedup-lines"
    version: ClassVar[int] = 1

    def settings(self) -> Any:
        """What decides the spans."""
        return {
            "documents": self.documents,
            "share": self.share,
            "keep_first": self.keep_first,
            "keep": list(self.keep),
            "spared": sorted(self.spared),
        }

    def bound(self, records: int) -> int:
        """How many of `records` must hold a line."""
        return max(self.documents, int(np.ceil(self.share * records)))


@dataclass(frozen=True)
class StandingLines:
    """The lines of records that are still in; one value a line."""

    lines: Table
    standing: Standing

    def read(self, part: Part, columns: tuple[str, ...] = ("line", "start", "end")) -> tuple[np.ndarray, pl.DataFrame]:
        """The mask of the part's standing rows, and a frame of `row` and `columns` of their lines, in order."""
        mask = self.standing.mask(part.number, part.rows)
        table = self.lines.read(part.number, list(columns))
        if table is None:
            return mask, pl.DataFrame(schema={"row": pl.Int32, **dict.fromkeys(columns, pl.Int64)})
        lists = [table.column(name).combine_chunks() for name in columns]
        many = np.asarray(pc.fill_null(pc.list_value_length(lists[0]), 0))
        row = np.repeat(np.arange(part.rows, dtype=np.int32), many)
        frame = pl.DataFrame({"row": row, **{n: v.flatten().to_numpy() for n, v in zip(columns, lists, strict=True)}})
        return mask, frame.filter(mask[row])


@dataclass(frozen=True)
class ReadLineCounts:
    """How many records of a part hold each line."""

    lines: StandingLines

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """COUNTS of one part."""
        _, frame = self.lines.read(part, ("line",))
        counts = frame.unique().group_by(hash="line").agg(documents=pl.len())
        yield from counts.to_arrow().cast(COUNTS).to_batches()


@dataclass(frozen=True)
class Frequent:
    """The committed or just written list of frequent lines."""

    slot: Slot
    files: tuple[File, ...]

    @classmethod
    def of(cls, table: Table) -> Frequent:
        """The list in a table of whichever parts."""
        return cls(table.slot, tuple(table.files.values()))

    def read(self) -> tuple[np.ndarray, ...]:
        """The columns of FREQUENT; read once in each worker."""
        return _frequent(self)

    def among(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each hash the place in the list that it would have, and whether it is there."""
        known = self.read()[0]
        if not len(known):
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), bool)
        place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        return place, known[place] == hashes


@functools.lru_cache(maxsize=1)
def _frequent(listed: Frequent) -> tuple[np.ndarray, ...]:
    tables = [listed.slot.read(file) for file in listed.files]
    whole = pa.concat_tables(tables) if tables else FREQUENT.empty_table()
    return tuple(whole.column(name).to_numpy() for name in FREQUENT.names)


def frequent_lines(counts: pa.Table, keep_first: bool) -> pa.Table:
    """FREQUENT from the counts of frequent lines: a copy is looked for of all, or of those that are shown."""
    frame = pl.DataFrame(pl.from_arrow(counts)).sort(["documents", "hash"], descending=[True, False])
    shown = pl.int_range(pl.len()) < EXAMPLES
    held = pl.lit(True) if keep_first else shown
    return frame.with_columns(held=held, shown=shown).sort("hash").to_arrow().cast(FREQUENT)


@dataclass(frozen=True)
class HoldLines:
    """Finds one copy of each line: the first in the record that comes first by the keep policy, then by id."""

    keep: tuple[str, ...]
    name: ClassVar[str] = "count-lines"
    version: ClassVar[int] = 1
    key: ClassVar[tuple[str, ...]] = ("hash",)
    reads: ClassVar[pa.Schema] = HOLDS
    decides: ClassVar[pa.Schema] = pa.schema(list(HOLDS)[:8])
    identity: ClassVar[tuple[str, ...]] = ("id0", "id1", "rank", "hash", "start", "end")

    def settings(self) -> Any:
        """The keep policy."""
        return {"keep": list(self.keep)}

    def __call__(self, rows: pa.Table) -> pa.Table:
        """The one row of each hash."""
        frame: Any = pl.from_arrow(rows)
        return self.first(frame).select(self.decides.names).to_arrow().cast(self.decides)

    def first(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The best row of each hash."""
        policy = {
            "priority": -pl.col("priority"),
            "length": -pl.col("characters"),
            "date": -pl.col("time").fill_null(-(2**62)),
        }
        order = [*(policy[name] for name in self.keep), pl.col("id0"), pl.col("id1"), pl.col("rank"), pl.col("start")]
        return frame.sort("hash", *order).unique("hash", keep="first", maintain_order=True)


@dataclass(frozen=True)
class ReadHolders:
    """For each line of a part that is looked for, the part's best copy."""

    lines: StandingLines
    frequent: Frequent
    keys: Table
    ids: Table
    hold: HoldLines
    priorities: Mapping[str, int]

    def __call__(self, part: Part) -> Iterator[pa.RecordBatch]:
        """HOLDS of one part, at most one row a line."""
        _, frame = self.lines.read(part)
        place, hit = self.frequent.among(frame["line"].to_numpy())
        hit &= self.frequent.read()[2][place] if hit.any() else False
        frame = frame.filter(hit)
        if not frame.height:
            return
        keys: Any = pl.from_arrow(self.keys.read(part.number, ["id0", "id1", "source", "characters", "time"]))
        keys = keys.with_columns(
            rank=pl.Series(ranks(self.ids, part.number, part.rows)),
            priority=pl.col("source").replace_strict(self.priorities, default=0, return_dtype=pl.Int32),
        )
        frame = frame.rename({"line": "hash"}).hstack(keys[frame["row"]]).with_columns(part=pl.lit(part.number))
        yield from self.hold.first(frame).select(HOLDS.names).to_arrow().cast(HOLDS).to_batches()


@dataclass(frozen=True)
class MarkLines:
    """Writes the spans to cut of one part, the rows of which nothing is left, and the lines that people can read."""

    lines: StandingLines
    frequent: Frequent
    holders: Table
    keys: Table
    text: Table
    keep_first: bool
    spared: frozenset[str]
    attempt: Attempt
    name: ClassVar[str] = RepeatedLines.name

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """A receipt with the part's account, and by source how many lines are cut from how many records."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        mask, frame = self.lines.read(part)
        holders: Any = pl.from_arrow(self.holders.read(part.number) or HoldLines.decides.remove(0).empty_table())
        keys: Any = pl.from_arrow(self.keys.read(part.number, ["id0", "id1", "source"]))
        spared = keys["source"].is_in(list(self.spared)).to_numpy()
        cut = self._cut(frame, holders) & ~spared[frame["row"].to_numpy()]
        emptied = self._emptied(part, frame, cut)
        spans = frame.filter(cut & ~np.isin(frame["row"].to_numpy(), emptied))
        spans = spans.hstack(keys[spans["row"]])
        place, _ = self.frequent.among(spans["line"].to_numpy())
        if spans.height:
            marked = spans.with_columns(
                reason=pl.lit(REASON), documents=pl.Series(self.frequent.read()[1][place], dtype=pl.Int32)
            )
            writers.write("cuts", marked.select(CUTS.names).to_arrow().cast(CUTS), digest=CUT_IDENTITY)
        if len(emptied):
            gone = keys[emptied].with_columns(row=pl.Series(emptied), removed=pl.lit(True))
            writers.write("emptied", gone.select(REMOVED.names).to_arrow().cast(REMOVED), digest=("id0", "id1"))
        examples = self._examples(part.number, holders)
        if examples.num_rows:
            writers.write("frequent", examples)
        files = writers.close()
        rows_in = int(mask.sum())
        dropped = {EMPTIED: len(emptied)} if len(emptied) else {}
        counts = {
            "lines": _by_source(spans["source"]),
            "documents": _by_source(spans.unique("row")["source"]),
            "emptied": _by_source(keys["source"].gather(emptied)),
        }
        return [
            Receipt(
                key=task.key,
                parts=(Part(number=part.number, rows=sum(file.rows for file in files), files=files),) if files else (),
                accounts={self.name: RowAccount(rows_in=rows_in, kept=rows_in - len(emptied), dropped=dropped)},
                digests=writers.digests(),
                counts=counts,
            )
        ]

    def _cut(self, frame: pl.DataFrame, holders: pl.DataFrame) -> np.ndarray:
        """By line whether it goes: it is frequent, and not the copy that stays."""
        _, cut = self.frequent.among(frame["line"].to_numpy())
        if self.keep_first and holders.height:
            one = holders.select("row", "start", stays=pl.lit(True))
            known = frame.select("row", "start").join(one, on=["row", "start"], how="left", maintain_order="left")
            cut &= ~known["stays"].fill_null(False).to_numpy()
        return cut

    def _emptied(self, part: Part, frame: pl.DataFrame, cut: np.ndarray) -> np.ndarray:
        """Rows that lose every line that is not blank."""
        table = self.lines.lines.read(part.number, ["unlisted"])
        if table is None:
            return np.zeros(0, np.int32)
        others = pc.fill_null(table.column("unlisted"), 1).to_numpy()
        rows = frame["row"].to_numpy()
        listed = np.bincount(rows, minlength=part.rows)
        gone = np.bincount(rows[cut], minlength=part.rows)
        return np.flatnonzero((gone > 0) & (gone == listed) & (others == 0)).astype(np.int32)

    def _examples(self, number: int, holders: pl.DataFrame) -> pa.Table:
        """EXAMPLE of the lines whose copy is in this part; the only look at the text, at the rows that hold one."""
        place, _ = self.frequent.among(holders["hash"].to_numpy())
        _, documents, _, shown = self.frequent.read()
        wanted = holders.with_columns(documents=pl.Series(documents[place])).filter(shown[place]).sort("row", "start")
        rows, found, first = wanted["row"].to_numpy(), [], 0
        for batch in self.text.batches(number, ["text"]) if wanted.height else ():
            low, high = np.searchsorted(rows, [first, first + batch.num_rows])
            for item in wanted[int(low) : int(high)].iter_rows(named=True):
                text = batch.column("text")[item["row"] - first].as_buffer()
                line = text[item["start"] : item["end"]].to_pybytes().decode().strip()
                found.append({"hash": item["hash"], "documents": item["documents"], "example": line})
            first += batch.num_rows
        return pa.Table.from_pylist(found, schema=EXAMPLE)


def _by_source(sources: pl.Series) -> dict[str, int]:
    return add_counts(dict([item]) for item in sources.value_counts().iter_rows())
