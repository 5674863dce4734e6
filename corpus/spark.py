"""The kernels on a Spark frame of your own: columns in, columns out, nothing written, nothing removed.

    from corpus import spark
    frame = spark.clean(frame, rules=["common", "zh/web"])     # text repaired, verdict beside it
    kept = frame.where("corpus_action < 3")

The frame must have a text column; its other columns pass through. Rows on which a kernel fails keep their text and get
a `corpus_error`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from corpus import config
from corpus.guard import run_guarded
from corpus.kernels.catalogue import SIGNALS, measure
from corpus.kernels.language import identify
from corpus.kernels.normalise import normalise
from corpus.kernels.signal import SignalCall
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import CHARS, DEMOTED, DROPPED, FLAGGED, RuleSet, sorted_calls

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KEEP, FLAG, DEMOTE, DROP = 0, FLAGGED, DEMOTED, DROPPED
"""Values of `corpus_action`."""

Columns = list[tuple[str, pa.DataType]]


def clean(
    frame: DataFrame, rules: Sequence[str] = ("common", "zh/web", "en/web"), text: str = "text", lang: str | None = None
) -> DataFrame:
    """`frame` with its text normalised and the verdict of `rules`: `corpus_lang`, `corpus_action` (0 keep, 1 flag,
    2 demote, 3 drop), `corpus_reasons` (ids of all failing rules), `corpus_values` (what they saw), `corpus_error`.

    `lang` names a column that holds the language; without it the language is identified.
    """
    ruleset = load_rules(rules)
    columns: Columns = [
        ("corpus_lang", pa.string()),
        ("corpus_action", pa.int8()),
        ("corpus_reasons", pa.list_(pa.string())),
        ("corpus_values", pa.list_(pa.float32())),
    ]
    return _extend(frame, columns, _Clean(ruleset, text, lang), text)


def signals(frame: DataFrame, calls: Sequence[SignalCall], text: str = "text") -> DataFrame:
    """`frame` with one column `corpus_<signal>` for each call."""
    columns = [(f"corpus_{call.column.replace('.', '_')}", SIGNALS[call.kernel].type) for call in calls]
    return _extend(frame, columns, _Signals(tuple(calls), text, tuple(name for name, _ in columns)), text)


class _Clean:
    def __init__(self, rules: RuleSet, text: str, lang: str | None) -> None:
        self.rules, self.text, self.lang = rules, text, lang

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        original = batch.column(self.text)
        options = config.Normalise().model_dump()
        repaired, _, _ = normalise(original.cast(pa.large_string()), **options)
        found, score = identify(repaired)
        language = found if self.lang is None else batch.column(self.lang).cast(pa.string())
        measured = measure(_document(repaired, language, score), sorted_calls({CHARS, *self.rules.calls}))
        view: Any = pl.from_arrow(measured)
        source = pl.Series("source", [""]).new_from_index(0, batch.num_rows)
        result = verdicts(self.rules, view.with_columns(source, pl.Series("lang", pl.from_arrow(language))))
        names = [rule.id for rule in self.rules.rules]
        reasons = [[names[index] for index in failed or ()] for failed in result["failed"].to_list()]
        at = batch.schema.names.index(self.text)
        batch = batch.set_column(at, self.text, repaired.cast(original.type))
        for name, array in (
            ("corpus_lang", language),
            ("corpus_action", result["action"].to_arrow()),
            ("corpus_reasons", pa.array(reasons, pa.list_(pa.string()))),
            ("corpus_values", result["values"].to_arrow().cast(pa.list_(pa.float32()))),
        ):
            batch = batch.append_column(name, array)
        return batch


class _Signals:
    def __init__(self, calls: tuple[SignalCall, ...], text: str, names: tuple[str, ...]) -> None:
        self.calls, self.text, self.names = calls, text, names

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = batch.column(self.text).cast(pa.large_string())
        lang, score = identify(texts)
        measured = measure(_document(texts, lang, score), self.calls)
        for name, call in zip(self.names, self.calls, strict=True):
            batch = batch.append_column(name, measured.column(call.column))
        return batch


def _document(text: pa.Array, lang: pa.Array, score: pa.Array) -> pa.RecordBatch:
    url = pa.nulls(len(text), pa.string())
    return pa.RecordBatch.from_arrays([text, url, lang, score], names=["text", "url", "lang", "lang_score"])


def _extend(
    frame: DataFrame, columns: Columns, kernel: Callable[[pa.RecordBatch], pa.RecordBatch], text: str
) -> DataFrame:
    """`frame` through `kernel`, which adds `columns`; failing rows keep nulls there and say why in `corpus_error`."""
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StringType, StructField, StructType

    if text not in frame.columns:
        raise ValueError(f"the frame has no column {text!r}; it has {', '.join(frame.columns)}")
    added = [*columns, ("corpus_error", pa.string())]
    fields = [StructField(name, from_arrow_type(kind)) for name, kind in columns]
    schema = StructType([*frame.schema.fields, *fields, StructField("corpus_error", StringType())])

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from _guarded(batch, kernel, added)

    return frame.mapInArrow(run, schema)


def _guarded(
    batch: pa.RecordBatch, kernel: Callable[[pa.RecordBatch], pa.RecordBatch], added: Columns
) -> Iterator[pa.RecordBatch]:
    results, failures = run_guarded(kernel, batch)
    for result in results:
        yield result.append_column("corpus_error", pa.nulls(result.num_rows, pa.string()))
    for failure in failures:
        row = batch.slice(failure.row, 1)
        for name, kind in added:
            value = failure.detail if name == "corpus_error" else None
            row = row.append_column(name, pa.array([value], kind))
        yield row
