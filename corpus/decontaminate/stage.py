"""The stage that looks for benchmark items in the texts that stand, and marks records or spans."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.cuts import CUTS, Spans, apply_cuts
from corpus.cuts import IDENTITY as CUT_IDENTITY
from corpus.decontaminate.benchmarks import BenchmarkFile
from corpus.decontaminate.index import Index, build
from corpus.kernels.quote_units import quote_units
from corpus.manifest import File, Part, Receipt, RowAccount, add_counts
from corpus.parts import Task
from corpus.schema import viewed
from corpus.slot import Attempt, PartWriters, Slot, Table
from corpus.standing import Standing

Action = Literal["drop", "cut", "flag"]
REASON = "contaminated"
EVIDENCE = 300
"""Characters of evidence that are stored of a place."""
ROWS = 1024

CONTAMINATED = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("removed", pa.bool_()),
        pa.field("benchmark", pa.string()),
        pa.field("item", pa.string()),
        pa.field("place", pa.string()),
        pa.field("coverage", pa.float32()),
        pa.field("bound", pa.float32()),
    ]
)
"""One row for each record with an item in it: the one it covers best. `removed` is false where it is cut or flagged."""

HITS = pa.schema(
    [
        *(CONTAMINATED.field(name) for name in ("row", "id0", "id1", "benchmark", "item", "place")),
        pa.field("number", pa.int64()),
        pa.field("how", pa.string()),
        pa.field("coverage", pa.float32()),
        pa.field("counted", pa.bool_()),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("evidence", pa.large_string()),
    ]
)
"""One row for each record and item at its best place, also below the bound (`counted` false). `number` is the item's
place among all; `start` and `end` are bytes of the committed text, `evidence` what stands there, shortened."""
HIT_IDENTITY = tuple(name for name in HITS.names if name != "row")

AROUND = 96
_NUMBERED = re.compile(r"\n([^\w\n]*(?:\d{1,4}[^\w\n]*)?(?:[A-Ha-h][^\w\n]+)?)$")
_OPENING = re.compile(r"([（(【\[「『“‘《<\"']*(?:\b[A-Ha-h]\s)?)$")
_TAIL = re.compile(r"(?:[ \t\u3000]*[（(][ \t\u3000]*[)）])?[^\w\s（(【\[「『“‘《<]*")


@dataclass(frozen=True)
class Decontaminate:
    """What is looked for, and what becomes of what is found.

    An item is found where at least `coverage` of its weight stands in one place of a text. `words` and `characters` are
    the length of a gram. `content` is the digest of the benchmark files.
    """

    files: tuple[BenchmarkFile, ...]
    content: str
    action: Action
    words: int
    characters: int
    coverage: float
    view: str = "text"
    name: ClassVar[str] = "decontaminate"
    version: ClassVar[int] = 1

    def settings(self) -> Any:
        """What decides the marks, apart from the items."""
        return [self.action, self.words, self.characters, self.coverage, self.view]


@dataclass(frozen=True)
class Items:
    """The stored items, and the grams they are found by."""

    slot: Slot
    files: tuple[File, ...]
    words: int
    characters: int

    def read(self) -> tuple[pa.Table, Index]:
        """ITEM rows and their index; made once in each worker."""
        return _indexed(self)


@functools.lru_cache(maxsize=1)
def _indexed(items: Items) -> tuple[pa.Table, Index]:
    table = pa.concat_tables([items.slot.read(file) for file in items.files])
    return table, build(table, items.words, items.characters)


@dataclass(frozen=True)
class MarkContaminated:
    """Looks through the standing texts of one part; `earlier` are the cuts of stages before this one."""

    settings: Decontaminate
    items: Items
    text: Table
    keys: Table
    standing: Standing
    earlier: tuple[Table, ...]
    attempt: Attempt
    name: ClassVar[str] = Decontaminate.name

    def __call__(self, task: Task[Part]) -> list[Receipt]:
        """A receipt with the part's account, and by source how many records have an item in them."""
        part = task.payload
        writers = PartWriters(self.attempt, part.number)
        mask = self.standing.mask(part.number, part.rows)
        keys: Any = pl.from_arrow(self.keys.read(part.number, ["id0", "id1", "source"]))
        earlier = Spans.of([table.read(part.number) for table in self.earlier])
        first, removed, sources = 0, 0, [pl.Series("source", [], pl.String)]
        for batch in self.text.batches(part.number, [self.settings.view], ROWS):
            rows = np.flatnonzero(mask[first : first + batch.num_rows])
            text = viewed(batch, self.settings.view).take(pa.array(rows))
            places = self._places(text)
            if places.height:
                marked = self._write(writers, places, text, rows + first, keys, earlier)
                removed += int(marked["removed"].sum())
                sources.append(keys["source"].gather(marked["row"]))
            first += batch.num_rows
        files = writers.close()
        rows_in = int(mask.sum())
        account = RowAccount(rows_in=rows_in, kept=rows_in - removed, dropped={REASON: removed} if removed else {})
        by_source = add_counts(dict([item]) for item in pl.concat(sources).value_counts().iter_rows())
        return [
            Receipt(
                key=task.key,
                parts=(Part(number=part.number, rows=sum(file.rows for file in files), files=files),) if files else (),
                accounts={self.name: account},
                digests=writers.digests(),
                counts={"documents": by_source},
            )
        ]

    def _places(self, text: pa.Array) -> pl.DataFrame:
        """HIT rows with the item's columns, the marks behind a place in it, and whether it counts."""
        table, index = self.items.read()
        found = index.search(text).with_columns(counted=pl.col("coverage") >= self.settings.coverage - 1e-9)
        if not found.height:
            return found
        chosen = pa.array(found["item"].to_numpy())
        about: Any = pl.from_arrow(table.select(["benchmark", "item", "place"]).take(chosen))
        seen = [_seen(text[row].as_buffer(), *place) for row, *place in found.select("row", "start", "end").iter_rows()]
        starts, ends, evidence = zip(*seen, strict=True)
        columns = {
            "start": pl.Series(starts, dtype=pl.Int64),
            "end": pl.Series(ends, dtype=pl.Int64),
            "evidence": pl.Series(evidence, dtype=pl.String),
        }
        return found.rename({"item": "number"}).with_columns(**columns).hstack(about)

    def _write(
        self,
        writers: PartWriters,
        places: pl.DataFrame,
        text: pa.Array,
        rows: np.ndarray,
        keys: pl.DataFrame,
        earlier: Spans,
    ) -> pl.DataFrame:
        """Write what was found in the texts of `rows`; the CONTAMINATED rows."""
        best = places.sort("row", "number", "coverage", "start", descending=[False, False, True, False])
        best = best.unique(["row", "number"], keep="first", maintain_order=True)
        _put(writers, "hits", self._keyed(best, rows, keys), HITS, HIT_IDENTITY)
        counted = places.filter("counted")
        marked = best.filter("counted").sort("row", "coverage", "number", descending=[False, True, False])
        marked = marked.unique("row", keep="first", maintain_order=True)
        gone = np.full(marked.height, self.settings.action == "drop")
        if self.settings.action == "cut" and counted.height:
            cuts = self._cuts(counted, rows, keys)
            gone = self._emptied(cuts, marked["row"].to_numpy(), text, rows, earlier)
            lost = rows[marked["row"].to_numpy()[gone]]
            _put(writers, "cuts", cuts.filter(~pl.col("row").is_in(lost)), CUTS, CUT_IDENTITY)
        marked = marked.with_columns(removed=pl.Series(gone, dtype=pl.Boolean), bound=pl.lit(self.settings.coverage))
        marked = self._keyed(marked, rows, keys)
        _put(writers, "contaminated", marked, CONTAMINATED, tuple(CONTAMINATED.names[1:]))
        return marked

    @staticmethod
    def _keyed(found: pl.DataFrame, rows: np.ndarray, keys: pl.DataFrame) -> pl.DataFrame:
        """With rows of the part in place of those of the batch, and the ids of the records."""
        found = found.with_columns(row=pl.Series(rows[found["row"].to_numpy()].astype(np.int32)))
        return found.hstack(keys.select("id0", "id1")[found["row"]])

    def _cuts(self, counted: pl.DataFrame, rows: np.ndarray, keys: pl.DataFrame) -> pl.DataFrame:
        """CUTS rows: one for each place, but of items that stand in the same place the widest alone."""
        reason = pl.concat_str(pl.lit(f"{REASON}."), "benchmark")
        found = self._keyed(counted, rows, keys).with_columns(reason=reason, documents=pl.lit(1))
        found = found.sort("row", "start", "end", "reason", descending=[False, False, True, False])
        inside = pl.col("end") <= pl.col("end").cum_max().shift(1).over("row")
        return found.filter(~inside.fill_null(False)).select(CUTS.names)

    def _emptied(
        self, cuts: pl.DataFrame, marked: np.ndarray, text: pa.Array, rows: np.ndarray, earlier: Spans
    ) -> np.ndarray:
        """Which of the `marked` texts all cuts together leave without a letter or digit."""
        whole, names = rows[marked], ("row", "start", "end")
        before = pl.DataFrame({name: getattr(earlier, name).astype(np.int64) for name in names})
        every = pl.concat([cuts.select(names).cast(pl.Int64), before])
        every = every.filter(pl.col("row").is_in(whole)).sort(names)
        row = np.searchsorted(whole, every["row"].to_numpy()).astype(np.int32)
        start, end = (every[name].to_numpy().astype(np.int32) for name in names[1:])
        spans = Spans(row, start, end, np.zeros(len(row), np.int32), (REASON,))
        left, _ = apply_cuts(text.take(pa.array(marked)), spans)
        return np.asarray(np.diff(quote_units(left).offsets) == 0)


def _seen(content: pa.Buffer, start: int, end: int) -> tuple[int, int, str]:
    """A place with the marks that belong to it, and the beginning of what stands there.

    Marks behind its last word up to a space, and an empty pair of brackets; before its first word opening marks and a
    label, and a number where nothing else stands before it on its line.
    """
    tail = _TAIL.match(content[end : end + AROUND].to_pybytes().decode("utf-8", "ignore"))
    end += len(tail[0].encode()) if tail else 0
    before = content[max(0, start - AROUND) : start].to_pybytes().decode("utf-8", "ignore")
    head = _NUMBERED.search(before if start > AROUND else "\n" + before) or _OPENING.search(before)
    start -= len(head[1].encode()) if head else 0
    shown = content[start : min(end, start + 4 * EVIDENCE)].to_pybytes().decode("utf-8", "ignore")
    return start, end, shown[:EVIDENCE]


def _put(writers: PartWriters, table: str, rows: pl.DataFrame, schema: pa.Schema, identity: tuple[str, ...]) -> None:
    if rows.height:
        writers.write(table, rows.select(schema.names).to_arrow().cast(schema), digest=identity)
