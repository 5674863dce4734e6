"""Declared changes to texts, after the repairs and before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from corpus.kernels.rewrites.catalogue import rewrite
from corpus.kernels.rewrites.segments import series
from corpus.ruleset.compile import DEFAULT_KIND, concerned, primary_lang
from corpus.ruleset.model import CHARS
from corpus.ruleset.rewrites import Rewrite as Declared
from corpus.schema import Contract
from corpus.stage import COUNTED


@dataclass(frozen=True)
class Rewrite:
    """The rewrites in order, each on the records it applies to.

    Counted by id: the characters it removed (fewer than none where placeholders are longer), and by `id.kind` the
    placeholders a `pii` rewrite put in. Lengths in `applies` are those of the text that the rewrite is given.
    """

    rewrites: tuple[Declared, ...]
    name: ClassVar[str] = "rewrite"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(
        reads={"text": pa.large_string(), "lang": pa.string(), "source": pa.string()},
        adds={"text": pa.large_string()},
    )

    def settings(self) -> Any:
        """What of every rewrite changes a text."""
        return [one.essence() for one in self.rewrites]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its texts changed, and the counts of that."""
        text = batch.column("text")
        counts: dict[str, pa.Array] = {}
        for one in self.rewrites:
            where = _concerned(one, batch, text)
            if where is not None and not where.any():
                continue
            done = rewrite(text if where is None else text.filter(pa.array(where)), one.call)
            text = done.text if where is None else pc.replace_with_mask(text, pa.array(where), done.text)
            counts[one.id] = _spread(done.removed, where)
            counts |= {f"{one.id}.{kind}": _spread(many, where) for kind, many in done.counts.items()}
        batch = batch.set_column(batch.schema.names.index("text"), batch.schema.field("text"), text)
        for name, many in counts.items():
            batch = batch.append_column(f"{COUNTED}{name}", many)
        return batch


def _concerned(one: Declared, batch: pa.RecordBatch, text: pa.Array) -> np.ndarray | None:
    """Rows the rewrite applies to; None for all."""
    applies = one.applies
    if not (applies.lang or applies.source or applies.kind or applies.needs_chars):
        return None
    known = {name: pl.Series(batch.column(name), dtype=pl.String) for name in ("lang", "source")}
    if applies.needs_chars:
        known[CHARS.column] = series(text).str.len_chars()
    frame = pl.DataFrame(known).with_columns(primary_lang().alias("lang"), pl.lit(DEFAULT_KIND).alias("kind"))
    found = frame.select(pl.repeat(True, pl.len()) & concerned(applies).fill_null(False)).to_series()
    return np.asarray(found.to_numpy())


def _spread(values: pa.Array, where: np.ndarray | None) -> pa.Array:
    """Counts of the rows of `where` as counts of all; none where a row is not concerned or has no text."""
    known = np.asarray(pc.fill_null(values, 0))
    if where is None:
        return pa.array(known, pa.int32())
    whole = np.zeros(len(where), np.int32)
    whole[where] = known
    return pa.array(whole)
