"""Splits of dialogue files as chunks of records: rows of any format, imported; what is no record is set apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from corpus.config import Fields, Limits, Source
from corpus.importers.convert import convert_batch
from corpus.importers.model import Format
from corpus.quarantine import Quarantined
from corpus.readers.fields import WHOLE
from corpus.readers.items import Chunk
from corpus.readers.read import read_split
from corpus.readers.split import Split
from corpus.schema import RAW, RecordKind

AUTO = "auto"


def read_dialogues(split: Split, source: Source, limits: Limits, kind: RecordKind) -> Iterator[Chunk]:
    """What `read_split` gives, as RAW columns and those that `kind` carries; `source.importer` names the format.

    A row that is no record of this kind is quarantined as JSON, with its place and the importer's reason.
    """
    fmt = Format(source.importer)
    whole = source.model_copy(update={"fields": Fields.model_construct(text=WHOLE)})
    for chunk in read_split(split, whole, limits):
        rows = chunk.records
        texts = rows.column("text").to_pylist()
        found, problems = convert_batch([orjson.loads(text) for text in texts], fmt, kind.name)
        places = rows.column("source_key").to_pylist()
        bad = [_refused(source, places[row], texts[row], reason, detail) for row, reason, detail in problems]
        wrong = {row for row, _, _ in problems}
        kept = pa.array([row for row in range(len(texts)) if row not in wrong], pa.int64())
        yield Chunk(_records(found, rows.take(kept), kind), (*chunk.quarantined, *bad), chunk.skipped)


def _records(found: pa.RecordBatch, rows: pa.RecordBatch, kind: RecordKind) -> pa.RecordBatch:
    """RAW and carried columns; a row without an id of its own is called by its place."""
    own = found.column("source_key")
    columns: dict[str, Any] = {name: found.column(name) for name in found.schema.names}
    columns["own_key"] = own.is_valid()
    columns["source_key"] = pc.coalesce(own, rows.column("source_key"))
    schema = pa.schema([*RAW, *kind.carried])
    nothing = (pa.nulls(found.num_rows, item.type) for item in schema)
    arrays = [columns.get(item.name, none) for item, none in zip(schema, nothing, strict=True)]
    cast = [array.cast(item.type) for array, item in zip(arrays, schema, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=schema)


def _refused(source: Source, place: str, text: str, reason: Any, detail: str) -> Quarantined:
    path, _, ordinal = place.rpartition("#")
    at = int(ordinal) if ordinal.isdecimal() else -1
    return Quarantined(source.name, path or place, at, reason, text.encode(), detail, stage="import")
