"""Rows of a labelled set as conversations: a template chosen for each by the hash of its id, bad rows set apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from corpus import config
from corpus.kernels.digest import hash_strings
from corpus.models.examples import chunks
from corpus.readers.fields import WHOLE
from corpus.templates.model import HOLE, LABEL, Lang, Task


@dataclass(frozen=True)
class Applied:
    """`read` = `written` + the sum of `quarantined`, by reason; `by_template` counts what was written."""

    read: int
    written: int
    quarantined: dict[str, int]
    by_template: dict[int, int]


@dataclass(frozen=True)
class Terms:
    """How rows are read and asked about. `columns`: the column of a field, where it has another name."""

    lang: Lang
    columns: Mapping[str, str]
    key: str = "id"
    seed: int = 0


def convert(rows: pl.Series, task: Task, terms: Terms) -> pl.DataFrame:
    """Rows given as JSON objects, in their order: `id`, `reason` (null where sound), `field`, `template` (from 0),
    `question`, `answer`.

    The template depends on the row's id and the seed alone; a row without an id has the digest of its needed fields.
    """
    found = pl.DataFrame({"row": rows}).select(
        pl.col("row").str.json_path_match(f"$['{terms.key}']").alias("#id"),
        *(
            pl.col("row").str.json_path_match(f"$['{terms.columns.get(name, name)}']").str.strip_chars().alias(name)
            for name in task.needed
        ),
    )
    missing = [pl.when(pl.col(name).fill_null("") == "").then(pl.lit(name)) for name in task.needed]
    frame = found.with_columns(pl.coalesce(missing).alias("#missing"))
    if task.labels:
        words = {name: getattr(each, terms.lang) for name, each in task.labels.items()}
        words |= {own: words[name] for own, name in task.spellings.items()}
        word = pl.col(LABEL).str.to_lowercase().replace_strict(
            {name.lower(): each for name, each in words.items()}, default=None, return_dtype=pl.String
        )  # fmt: skip
        frame = frame.with_columns(word.alias(LABEL))
    else:
        frame = frame.with_columns(pl.lit("").alias("#none"))
    unknown = pl.col(LABEL).is_null() if task.labels else pl.lit(value=False)
    joined = found.select(pl.concat_str(task.needed, separator="\x1f", ignore_nulls=True)).to_series()
    ids = pl.Series([f"{value:016x}" for value in _hashes(joined).tolist()], dtype=pl.String)
    frame = frame.with_columns(
        pl.col("#id").fill_null(ids),
        pl.when(pl.col("#missing").is_not_null()).then(pl.lit("missing_field"))
        .when(unknown).then(pl.lit("unknown_label")).alias("#reason"),
    )  # fmt: skip
    asked = task.zh if terms.lang == "zh" else task.en
    salted = frame.select(pl.concat_str(pl.col("#id"), pl.lit(f"\x1f{task.name}\x1f{terms.seed}"))).to_series()
    number = _hashes(salted) % np.uint64(len(asked))
    frame = frame.with_columns(pl.Series("#template", number.astype("int64")))
    question = pl.coalesce(
        [pl.when(pl.col("#template") == place).then(_filled(text)) for place, text in enumerate(asked)]
    )
    return frame.select(
        pl.col("#id").alias("id"),
        pl.col("#reason").alias("reason"),
        pl.col("#missing").fill_null(pl.when(unknown).then(pl.lit(LABEL))).alias("field"),
        pl.col("#template").alias("template"),
        question.alias("question"),
        _filled(task.answer).alias("answer"),
    )


def _hashes(texts: pl.Series) -> np.ndarray:
    """A uint64 of each text (of no text null)."""
    high, _ = hash_strings(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return np.asarray(high.to_numpy(zero_copy_only=False)).astype(np.int64).view(np.uint64)


def _filled(text: str) -> pl.Expr:
    """A template as an expression; what a row holds is never read as a template."""
    pieces = HOLE.split(text)
    return pl.concat_str([pl.lit(piece) if place % 2 == 0 else pl.col(piece) for place, piece in enumerate(pieces)])


def apply(files: Sequence[str], task: Task, terms: Terms, out: Path) -> Applied:
    """Write `out` (JSONL of `id`, `messages`, `meta`) and, beside it, `out`.quarantine.jsonl (`id`, `reason`, `field`,
    `row`). Both appear when they are complete. Rows that cannot be read are counted under the reader's reason."""
    aside = out.with_name(out.name + ".quarantine.jsonl")
    parts = [path.with_name(path.name + ".part") for path in (out, aside)]
    out.parent.mkdir(parents=True, exist_ok=True)
    reasons, used, read = Counter[str](), Counter[int](), 0
    with parts[0].open("wb") as good, parts[1].open("wb") as bad:
        for chunk in chunks(files, config.Fields.model_construct(text=WHOLE)):
            reasons.update(str(row.reason) for row in chunk.quarantined)
            rows = pl.Series(chunk.records.column("text").to_pylist(), dtype=pl.String)
            read += len(rows) + len(chunk.quarantined)
            made = convert(rows, task, terms)
            reasons.update(made["reason"].drop_nulls().to_list())
            sound = made.filter(pl.col("reason").is_null())
            used.update(sound["template"].to_list())
            good.write(_conversations(sound, task, terms).write_ndjson().encode())
            wrong = made.select("id", "reason", "field").with_columns(rows.alias("row"))
            bad.write(wrong.filter(pl.col("reason").is_not_null()).write_ndjson().encode())
    for part, whole in zip(parts, (out, aside), strict=True):
        part.replace(whole)
    return Applied(read, sum(used.values()), dict(sorted(reasons.items())), dict(sorted(used.items())))


def _conversations(sound: pl.DataFrame, task: Task, terms: Terms) -> pl.DataFrame:
    def turn(role: str, field: str) -> pl.Expr:
        return pl.struct(pl.lit(role).alias("role"), pl.col(field).alias("content"))

    meta = pl.struct(pl.lit(task.name).alias("task"), "template", pl.lit(terms.lang).alias("lang"),
                     pl.lit(terms.seed).alias("seed"), pl.col("id").alias("source_id"))  # fmt: skip
    both = pl.concat_list(turn("user", "question"), turn("assistant", "answer"))
    return sound.select("id", both.alias("messages"), meta.alias("meta"))
