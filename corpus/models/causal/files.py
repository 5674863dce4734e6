"""A causal LM over files: each row with its perplexity, and with what disorder costs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from corpus.models.causal.costs import COSTS
from corpus.models.causal.model import CausalLM
from corpus.models.causal.scores import TEXT, VERSION, text_columns
from corpus.models.kept import kept
from corpus.models.scored import SCORED, UNREADABLE, must_be_absent, score_rows
from corpus.schema import RAW


@dataclass(frozen=True)
class Scored:
    """Rows read, and of them scored; tokens counted and left out; rows that could not be read; the files. `kept` rows
    were scored by a call before this one, which was killed."""

    read: int
    scored: int
    tokens: int
    tokens_cut: int
    unreadable: Mapping[str, int]
    files: tuple[str, ...]
    kept: int = 0


def score_texts(
    lm: CausalLM, paths: Sequence[str], out: Path, text_field: str | None = None, most: int | None = None,
    drawings: int = 0,
) -> Scored:  # fmt: skip
    """Score every row of `paths`, as `score_rows` writes them: the row's columns as the readers give them, TEXT, with
    `drawings` COSTS of so many, and `model`, the digest.

    Of each text `most` tokens are read. The id of a published row is in `source_key`, by which a run joins the scores
    (`columns:`). What was scored when a call is killed is there for the next one with the same settings.
    """
    counts: Counter[str] = Counter()
    scores = pa.schema([*TEXT, *(COSTS if drawings else ())])
    settings = {**lm.settings, "scores": VERSION, "tokens": most, "drawings": drawings}

    def score(rows: pa.RecordBatch) -> pa.RecordBatch:
        return text_columns(lm, rows.column("text"), most, drawings)

    must_be_absent(out, (SCORED, UNREADABLE))
    with kept(out, settings, scores) as before:

        def columns(rows: pa.RecordBatch) -> list[pa.Array]:
            found = before.of(rows.select(["text"]), score, lm.at_once)
            counts["scored"] += rows.num_rows - found.column("perplexity").null_count
            for name in ("tokens", "tokens_cut"):
                counts[name] += pc.sum(found.column(name)).as_py() or 0
            model = pa.repeat(pa.scalar(lm.digest, pa.string()), rows.num_rows)
            return [*rows.columns, *found.columns, model]

        done = score_rows(paths, out, pa.schema([*RAW, *scores, ("model", pa.string())]), columns, text_field)
    return Scored(
        done.rows, counts["scored"], counts["tokens"], counts["tokens_cut"], done.unreadable, done.files, before.taken
    )
