"""Signals of a bounded, seeded sample of documents, measured in this process: no Spark, no run directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import xxhash

from corpus.config import Limits, Normalise, Source
from corpus.guard import run_guarded
from corpus.inspect.sample import scrambled
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.signal import SignalCall
from corpus.readers.plan import plan_splits
from corpus.readers.read import read_split
from corpus.readers.split import Split
from corpus.ruleset.compile import DEFAULT_KIND, primary_lang
from corpus.stage import COUNTED
from corpus.stages import ingest, normalise
from corpus.stages.measure import Measure

SPLIT_BYTES = 4 << 20
FROM_A_SPLIT = 200


@dataclass(frozen=True)
class Measured:
    """`frame` has a row for each document: `lang` (primary subtag), `source`, `kind` and a column for each signal.
    `characters` is how long they are in all."""

    frame: pl.DataFrame
    characters: int


def measure_sample(
    name: str, paths: Sequence[str], calls: Sequence[SignalCall], documents: int, seed: int = 0, lang: str | None = None
) -> Measured:
    """Signals of up to `documents` documents of `paths`, after the default normalisation of a run.

    The input is cut into splits of some 4 MB, taken in a seeded order; of each the documents with the smallest seeded
    hash of their id are taken out of its beginning (one chunk, more where that is not enough), at least 200 and so many
    that all splits together give twice what is wanted. So large inputs are never read whole, and small ones are taken
    whole. `lang` declares the language of every document, else it is identified. Records that cannot be read or break
    a kernel are left out. UsageError as for the sources of a pipeline.
    """
    source = Source(name=name, paths=tuple(paths), lang=lang)
    splits = plan_splits([source], SPLIT_BYTES)
    splits.sort(key=lambda split: xxhash.xxh3_64_intdigest(split.key.encode(), seed % (1 << 64)))
    quota = max(FROM_A_SPLIT, -(-2 * documents // max(1, len(splits))))
    frames: list[pl.DataFrame] = []
    left = documents
    for split in splits:
        for batch in _documents(split, source, min(quota, left), seed):
            frames.append(_signals(batch, calls))
            left -= batch.num_rows
        if left <= 0:
            break
    empty: Any = pl.from_arrow(_schema(calls).empty_table())
    frame = pl.concat([empty, *frames])
    return Measured(
        frame.drop("characters").with_columns(primary_lang().alias("lang")), int(frame["characters"].sum() or 0)
    )


def _documents(split: Split, source: Source, wanted: int, seed: int) -> Iterator[pa.RecordBatch]:
    """Normalised documents of one split, `wanted` at most."""
    stages = (ingest.Ingest(source), normalise.Normalise(Normalise()))
    for chunk in read_split(split, source, Limits()):
        batches = [chunk.records]
        for stage in stages:
            batches = [done for batch in batches for done in run_guarded(stage, batch)[0]]
        for batch in batches:
            if wanted and batch.num_rows:
                order = scrambled(batch.column("doc_id"), seed)
                taken = np.sort(np.argsort(order, kind="stable")[:wanted])
                wanted -= len(taken)
                yield batch.take(pa.array(taken)).select(
                    [name for name in batch.schema.names if not name.startswith(COUNTED)]
                )
        if not wanted:
            return


def _signals(batch: pa.RecordBatch, calls: Sequence[SignalCall]) -> pl.DataFrame:
    import pyarrow.compute as pc

    measure = Measure(tuple(calls))
    lengths = pc.utf8_length(batch.column("text")).cast(pa.int64())
    named = batch.append_column("characters", lengths)
    results, failures = run_guarded(measure, batch)
    if failures:
        kept = np.setdiff1d(np.arange(batch.num_rows), [failure.row for failure in failures])
        named = named.take(pa.array(kept))
    kind = pa.repeat(pa.scalar(DEFAULT_KIND, pa.string()), named.num_rows)
    columns = [named.column("lang"), named.column("source"), kind, named.column("characters")]
    signals = pa.Table.from_batches(results, measure(batch.slice(0, 0)).schema)
    table = pa.table([*columns, *signals.columns], schema=_schema(calls))
    frame: Any = pl.from_arrow(table)
    return frame


def _schema(calls: Sequence[SignalCall]) -> pa.Schema:
    fixed = [("lang", pa.string()), ("source", pa.string()), ("kind", pa.string()), ("characters", pa.int64())]
    return pa.schema([*fixed, *((call.column, SIGNALS[call.kernel].type) for call in calls)])
