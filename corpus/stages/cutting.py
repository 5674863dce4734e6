"""Spans that a stage decided on become `cuts` of one part, and the records that lose everything are marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.cuts import CUTS, IDENTITY, Spans, apply_cuts
from corpus.manifest import Part, Receipt, RowAccount, add_counts
from corpus.slot import Attempt, PartWriters, Table
from corpus.standing import Standing

EMPTIED = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("removed", pa.bool_()),
    ]
)
"""Records of which cuts leave nothing but space."""
ROWS = 1024
PLACES = {"row": pl.Int32, "start": pl.Int32, "end": pl.Int32, "documents": pl.Int32}


@dataclass(frozen=True)
class CutPart:
    """What the last stage of a kind of cut knows of a part; `earlier` are the `cuts` of the stages before it.

    Records of `spared` sources are never cut. `reason` is that of a cut, `emptied` of a record that loses everything.
    """

    name: str
    reason: str
    emptied: str
    text: Table
    keys: Table
    standing: Standing
    earlier: tuple[Table, ...]
    spared: frozenset[str]
    attempt: Attempt

    def __call__(self, key: str, part: Part, spans: pl.DataFrame) -> Receipt:
        """Write the cuts of one part. `spans` has the columns of PLACES: places in the committed text, in any order.

        The receipt counts by source how many spans are cut from how many records, and how many records go.
        """
        writers = PartWriters(self.attempt, part.number)
        keys: Any = pl.from_arrow(self.keys.read(part.number, ["id0", "id1", "source"]))
        spans = spans.sort("row", "start").with_columns(source=keys["source"].gather(spans.sort("row", "start")["row"]))
        spans = spans.filter(~pl.col("source").is_in(list(self.spared)))
        gone = self._gone(part.number, spans)
        spans = spans.filter(~pl.col("row").is_in(gone)).with_columns(reason=pl.lit(self.reason))
        if spans.height:
            marked = spans.hstack(keys.select("id0", "id1")[spans["row"]])
            writers.write("cuts", marked.select(CUTS.names).to_arrow().cast(CUTS), digest=IDENTITY)
        if len(gone):
            lost = keys[gone].with_columns(row=pl.Series(gone), removed=pl.lit(True))
            writers.write("emptied", lost.select(EMPTIED.names).to_arrow().cast(EMPTIED), digest=("id0", "id1"))
        files = writers.close()
        rows_in = int(self.standing.mask(part.number, part.rows).sum())
        dropped = {self.emptied: len(gone)} if len(gone) else {}
        return Receipt(
            key=key,
            parts=(Part(number=part.number, rows=sum(file.rows for file in files), files=files),) if files else (),
            accounts={self.name: RowAccount(rows_in=rows_in, kept=rows_in - len(gone), dropped=dropped)},
            digests=writers.digests(),
            counts={
                "spans": by_source(spans["source"]),
                "documents": by_source(spans.unique("row")["source"]),
                "emptied": by_source(keys["source"].gather(gone)),
            },
        )

    def _gone(self, number: int, spans: pl.DataFrame) -> np.ndarray:
        """Rows of which this stage's cuts and the earlier ones leave nothing; int32, ascending."""
        if not spans.height:
            return np.zeros(0, np.int32)
        new = spans.with_columns(id0=0, id1=0, reason=pl.lit("")).select(CUTS.names).to_arrow().cast(CUTS)
        every = Spans.of([new, *(table.read(number) for table in self.earlier)])
        gone = [np.zeros(0, np.int32)]
        for rows, text in chosen_texts(self.text, number, spans["row"].unique().to_numpy()):
            of = np.isin(every.row, rows)
            row = np.searchsorted(rows, every.row[of]).astype(np.int32)
            some = Spans(row, every.start[of], every.end[of], every.reason[of], every.reasons)
            left = pc.utf8_length(pc.utf8_trim_whitespace(apply_cuts(text, some)[0]))
            gone.append(rows[left.to_numpy() == 0])
        return np.concatenate(gone).astype(np.int32)


def chosen_texts(table: Table, number: int, rows: np.ndarray) -> Iterator[tuple[np.ndarray, pa.Array]]:
    """The texts of some rows of a part, a batch at a time, with their rows; `rows` ascend."""
    rows = np.sort(rows)
    first = 0
    for batch in table.batches(number, ["text"], ROWS) if len(rows) else ():
        low, high = np.searchsorted(rows, [first, first + batch.num_rows])
        if high > low:
            yield rows[low:high], batch.column("text").take(pa.array(rows[low:high] - first))
        first += batch.num_rows


def by_source(sources: Iterable[str] | pl.Series) -> dict[str, int]:
    """How many there are of each."""
    return add_counts(dict([item]) for item in pl.Series("source", sources, pl.String).value_counts().iter_rows())
