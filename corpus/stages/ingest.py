"""Raw records become documents: a stable id, a source, a language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.config import Source
from corpus.identity import doc_ids, halves
from corpus.kernels.digest import row_hashes
from corpus.kernels.language import identify
from corpus.kernels.lengths import code_points
from corpus.schema import DOCUMENT, KINDS, RAW, Contract, RecordKind

KEYS = pa.schema(
    [
        pa.field("id0", pa.int64()),
        pa.field("id1", pa.int64()),
        pa.field("content0", pa.int64()),
        pa.field("content1", pa.int64()),
        pa.field("own_key", pa.bool_()),
        pa.field("source", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("characters", pa.int32()),
        pa.field("time", pa.int64()),
    ]
)
"""The narrow columns of every row that later stages need without opening the text; `time` is the date as
seconds since 1970, null without a date."""

CONTENT = ("text", "url", "title", "lang", "date", "meta")


@dataclass(frozen=True)
class Ingest:
    """Documents from the records of one source.

    The language is the one the source declares, else the one its field gives, else the one identified; `lang_score`
    is the identification's confidence and null where nobody had to guess.
    """

    source: Source
    kind: RecordKind = KINDS["document"]
    name: ClassVar[str] = "ingest"
    version: ClassVar[int] = 2

    @property
    def contract(self) -> Contract:
        """RAW columns and what the kind carries in, those of DOCUMENT out."""
        return Contract(
            reads={field.name: field.type for field in (*RAW, *self.kind.carried)},
            adds={field.name: field.type for field in DOCUMENT if field.name not in RAW.names},
        )

    def settings(self) -> Any:
        """Everything about the source but where its files are."""
        return self.source.model_dump(mode="json", exclude={"paths", "priority", "license"})

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """RAW records to the columns of a text part, and `own_key` and the content hash beside them."""
        hashed = row_hashes(batch.select(list(CONTENT))).view(np.int64)
        lang, score = self._language(batch)
        columns = {
            "doc_id": doc_ids(self.source.name, batch.column("source_key").to_pylist()),
            "source": pa.repeat(pa.scalar(self.source.name, pa.string()), batch.num_rows),
            "lang": lang,
            "lang_score": score,
        }
        names = self.kind.stored
        arrays = [columns[name] if name in columns else batch.column(name) for name in names]
        return pa.RecordBatch.from_arrays(
            [*arrays, batch.column("own_key"), pa.array(hashed[:, 0]), pa.array(hashed[:, 1])],
            names=[*names, "own_key", "content0", "content1"],
        )

    def _language(self, batch: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
        if self.source.lang is not None:
            lang = pa.repeat(pa.scalar(self.source.lang, pa.string()), batch.num_rows)
            return lang, pa.nulls(batch.num_rows, pa.float32())
        declared = batch.column("lang")
        if declared.null_count == 0:
            return declared, pa.nulls(batch.num_rows, pa.float32())
        unknown = declared.is_null()
        found, score = identify(pc.if_else(unknown, batch.column("text"), pa.scalar(None, pa.large_string())))
        return pc.coalesce(declared, found), pc.if_else(unknown, score, pa.scalar(None, pa.float32()))


def keys_of(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The KEYS columns of documents as Ingest and the stages after it leave them."""
    high, low = halves(batch.column("doc_id"))
    lengths = code_points(batch.column("text"))
    rest = [batch.column(name) for name in ("content0", "content1", "own_key", "source", "lang")]
    times = seconds_of(batch.column("date"))
    return pa.RecordBatch.from_arrays([pa.array(high), pa.array(low), *rest, lengths, times], schema=KEYS)


def seconds_of(date: pa.Array) -> pa.Array:
    """ISO dates, with a time or cut short to a month or a year, as seconds since 1970; zones are not looked at.

    int64, null where there is no such date.
    """
    import polars as pl

    if date.null_count == len(date):
        return pa.nulls(len(date), pa.int64())
    text = pl.col("date").str.slice(0, 19).str.replace(" ", "T", literal=True)
    whole = pl.when(text.str.len_bytes() == 4).then(text + "-01").otherwise(text)
    whole = pl.when(whole.str.len_bytes() == 7).then(whole + "-01").otherwise(whole)
    stamp = whole.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)
    day = whole.str.slice(0, 10).str.to_datetime("%Y-%m-%d", strict=False)
    seconds = pl.coalesce(stamp, day).dt.epoch("s").alias("time")
    return pl.DataFrame({"date": date}).select(seconds).to_arrow().column("time").combine_chunks().cast(pa.int64())
