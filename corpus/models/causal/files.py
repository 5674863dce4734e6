"""A causal LM over files: each row with its perplexity and bits a character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import config
from corpus.errors import UsageError
from corpus.models.causal.model import CausalLM
from corpus.models.causal.scores import TEXT, text_columns
from corpus.models.examples import chunks
from corpus.quarantine import to_table
from corpus.schema import QUARANTINE, RAW

SCORED, UNREADABLE = "scored.parquet", "quarantine.parquet"


@dataclass(frozen=True)
class Scored:
    """Rows read, and of them scored; tokens counted and left out; rows that could not be read; the files."""

    read: int
    scored: int
    tokens: int
    tokens_cut: int
    unreadable: Mapping[str, int]
    files: tuple[str, ...]


def score_texts(
    lm: CausalLM, paths: Sequence[str], out: Path, text_field: str | None = None, most: int | None = None
) -> Scored:
    """Score every row of `paths` and write `out/scored.parquet`: the row's columns as the readers give them, TEXT, and
    `model`, the digest. What cannot be read goes to `out/quarantine.parquet`.

    Of each text `most` tokens are read. The id of a published row is in `source_key`, by which a run joins the scores
    (`columns:`). UsageError when a file is there already or nothing can be read.
    """
    targets = (out / SCORED, out / UNREADABLE)
    there = [str(path) for path in targets if path.exists()]
    if there:
        raise UsageError(f"{', '.join(there)}: is there already; name another directory, nothing is overwritten")
    out.mkdir(parents=True, exist_ok=True)
    aside = [path.with_name(f".{path.name}.writing") for path in targets]
    schema = pa.schema([*RAW, *TEXT, pa.field("model", pa.string())])
    read = scored = tokens = cut = 0
    unreadable: Counter[str] = Counter()
    try:
        with (
            pq.ParquetWriter(aside[0], schema, compression="zstd") as kept,
            pq.ParquetWriter(aside[1], QUARANTINE) as bad,
        ):
            for chunk in chunks(paths, config.Fields(text=text_field)):
                if chunk.quarantined:
                    unreadable.update(str(row.reason) for row in chunk.quarantined)
                    bad.write_table(to_table(chunk.quarantined))
                rows = chunk.records
                if not rows.num_rows:
                    continue
                found = text_columns(lm, rows.column("text"), most)
                digest = pa.repeat(pa.scalar(lm.digest, pa.string()), rows.num_rows)
                kept.write_batch(pa.RecordBatch.from_arrays([*rows.columns, *found.columns, digest], schema=schema))
                read += rows.num_rows
                scored += rows.num_rows - found.column("perplexity").null_count
                tokens += pc.sum(found.column("tokens")).as_py() or 0
                cut += pc.sum(found.column("tokens_cut")).as_py() or 0
        if not read:
            raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
        written = targets if unreadable else targets[:1]
        for path, target in zip(aside, written, strict=False):
            path.replace(target)
    finally:
        for path in aside:
            path.unlink(missing_ok=True)
    return Scored(read, scored, tokens, cut, dict(unreadable), tuple(str(path) for path in written))
