"""Spans of text that publish takes out: one table for whatever finds them, and how a batch of texts loses them.

A stage that finds spans writes a sparse table `cuts` beside its part; publish applies those of all stages at once. The
text a run has committed is never changed by it, so every place in `cuts` stays good, and a span can be read there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus.kernels.cut import cut_spans
from corpus.slot import Committed, Table

CUTS = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("reason", pa.string()),
        pa.field("documents", pa.int32()),
    ]
)
"""`start` and `end` are byte offsets into the committed text of the row, at the edges of code points; `documents` is in
how many records the span was found. Rows ascend by row and start."""

IDENTITY = ("id0", "id1", "start", "end", "reason", "documents")

CUTTING = ("dedup-lines", "dedup-paragraphs", "dedup-spans", "decontaminate")
"""The stages that write `cuts`, in their order; each looks at what those before it leave."""


def cut_tables(stages: Mapping[str, Committed]) -> tuple[Table, ...]:
    """The cuts of every such stage that is committed."""
    return tuple(stages[name].table("cuts") for name in CUTTING if name in stages)


@dataclass(frozen=True)
class Spans:
    """Spans of one part, ascending by row and start: arrays of equal length; `reason` indexes `reasons`."""

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    reason: np.ndarray
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, tables: Sequence[pa.Table | None]) -> Spans:
        """The rows of the `cuts` tables of one part; of spans that begin together the earlier table's comes first."""
        found = [table for table in tables if table is not None]
        whole = pa.concat_tables(found) if found else CUTS.empty_table()
        reasons = whole.column("reason").combine_chunks().dictionary_encode()
        reasons = reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons
        row, start, end = (whole.column(name).to_numpy() for name in ("row", "start", "end"))
        order = np.lexsort((start, row))
        return cls(
            row[order],
            start[order],
            end[order],
            reasons.indices.to_numpy()[order],
            tuple(reasons.dictionary.to_pylist()),
        )

    def between(self, first: int, end: int) -> Spans:
        """The spans of rows `first` to `end`, rows counted from `first`."""
        low, high = np.searchsorted(self.row, [first, end])
        span = slice(low, high)
        return Spans(self.row[span] - first, self.start[span], self.end[span], self.reason[span], self.reasons)

    def __len__(self) -> int:
        return len(self.row)


def apply_cuts(text: pa.Array, spans: Spans) -> tuple[pa.Array, np.ndarray]:
    """`text` without the spans of its rows, and by span the characters that went with it (int64).

    Overlapping spans are merged: a character is counted once, for the span that begins first. See `cut_spans` for what
    becomes of the newlines around a span.
    """
    if not len(spans):
        return text, np.zeros(0, np.int64)
    return cut_spans(text, spans.row, spans.start, spans.end)
