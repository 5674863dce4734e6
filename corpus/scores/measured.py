"""Rows of files with everything a quality policy reads: signals, and the columns of models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.kernels.catalogue import measure
from corpus.models.continuity.files import Judge
from corpus.models.examples import chunks
from corpus.models.ngram.scorer import Scorer
from corpus.models.texts import languages
from corpus.quarantine import Quarantined
from corpus.ruleset.quality import QualityPolicy


def texts(
    paths: Sequence[str], text_field: str | None = None, lang: str | None = None
) -> Iterator[tuple[pa.RecordBatch, list[Quarantined]]]:
    """By batch the rows of files (`key`, `lang`, `text`, `meta`: a row's other fields as JSON) and what could not be
    read.

    The language is `lang`, what a row says, or what is identified.
    """
    for chunk in chunks(paths, config.Fields(text=text_field)):
        records = chunk.records
        said = languages(records, lang).cast(pa.string())
        columns = [records.column("source_key").cast(pa.string()), said, records.column("text"), records.column("meta")]
        yield pa.RecordBatch.from_arrays(columns, names=["key", "lang", "text", "meta"]), list(chunk.quarantined)


def columns_of(
    text: pa.Array,
    lang: pa.Array,
    policy: QualityPolicy,
    model: Scorer | None = None,
    continuity: Judge | None = None,
) -> pl.DataFrame:
    """What `policy` reads of each text: `source` (one for all), `lang`, a column for each signal and, with a language
    model or a continuity model, those of the model. What others stored is not there (see `stored`): such parts are left
    out of the score."""
    rows = len(text)
    batch = pa.RecordBatch.from_arrays(
        [text, pa.nulls(rows, pa.string()), pa.nulls(rows, pa.float32())], names=["text", "url", "lang_score"]
    )
    found: list[pa.RecordBatch] = [measure(batch, policy.calls)] if policy.calls else []
    found += [one.columns(text, lang) for one in (model, continuity) if one is not None]
    frame = pl.DataFrame({"lang": pl.Series(pl.from_arrow(lang), dtype=pl.String)}).with_columns(source=pl.lit(""))
    for one in found:
        frame = frame.hstack(pl.DataFrame(pl.from_arrow(pa.Table.from_batches([one]))))
    return frame


def stored(meta: pa.Array, names: Sequence[str]) -> pl.DataFrame:
    """The numbers that rows say under these names among their other fields; null where one says none."""
    said = pl.Series("meta", pl.from_arrow(meta), dtype=pl.String)
    found = []
    for name in names:
        path = name.replace("\\", "\\\\").replace("'", "\\'")
        found.append(said.str.json_path_match(f"$['{path}']").cast(pl.Float64, strict=False).alias(name))
    return pl.DataFrame(found)


def read_all(
    paths: Sequence[str],
    policy: QualityPolicy,
    model: Scorer | None = None,
    text_field: str | None = None,
    lang: str | None = None,
    continuity: Judge | None = None,
) -> tuple[pl.DataFrame, Counter[str], list[Quarantined]]:
    """Every row of files with `key` and what `columns_of` gives, unreadable rows by reason, and these rows.

    A column of the policy that no model here measures is read from the rows' own fields; it is there when a row has it.
    The texts are not kept. UsageError when no row can be read.
    """
    frames: list[pl.DataFrame] = []
    own: list[str] = []
    bad: list[Quarantined] = []
    for batch, quarantined in texts(paths, text_field, lang):
        bad += quarantined
        if batch.num_rows:
            found = columns_of(batch.column("text"), batch.column("lang"), policy, model, continuity)
            own = [name for name in policy.columns if name not in found.columns]
            frame = found.with_columns(key=pl.Series(pl.from_arrow(batch.column("key"))))
            frames.append(frame.hstack(stored(batch.column("meta"), own)))
    reasons = Counter(str(row.reason) for row in bad)
    if not frames:
        raise UsageError(f"no row could be read: {dict(reasons) or 'the files are empty'}")
    whole = pl.concat(frames)
    return whole.drop([name for name in own if whole[name].null_count() == whole.height]), reasons, bad
