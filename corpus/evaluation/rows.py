"""Rows of files as JSON values with their places and the format that `corpus import` would read them in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from corpus import config
from corpus.importers.convert import convert
from corpus.importers.detect import SAMPLE, detect
from corpus.importers.model import Format, Imported, Problem
from corpus.models.examples import chunks
from corpus.readers.fields import WHOLE

Row = tuple[str, dict[str, Any], Format | None]
"""Place (`path#ordinal`), the row, and the format of its file where it is a known one."""


def rows_of(paths: Sequence[str], left_out: Counter[str]) -> Iterator[Row]:
    """Every row that can be read; what cannot is counted in `left_out`. UsageError when nothing is there at all."""
    formats: dict[str, Format | None] = {}
    for chunk in chunks(list(paths), config.Fields.model_construct(text=WHOLE)):
        left_out.update(str(row.reason) for row in chunk.quarantined)
        values = [orjson.loads(text) for text in chunk.records.column("text").to_pylist()]
        for place, value in zip(chunk.records.column("source_key").to_pylist(), values, strict=True):
            path = place.rpartition("#")[0]
            if path not in formats:
                formats[path] = detect(values[:SAMPLE]).format
            if isinstance(value, dict):
                yield place, value, formats[path]
            else:
                left_out["not_an_object"] += 1


def imported(value: Mapping[str, Any], fmt: Format | None) -> Imported | None:
    """The record of a row; None where it is none of its format."""
    if fmt is None:
        return None
    found = convert(dict(value), fmt)
    return None if isinstance(found, Problem) else found


def first_text(value: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The first of the fields (in any case) that holds a text, a number or a truth value, as text."""
    fields = {name.casefold(): said for name, said in value.items()}
    for name in names:
        said = fields.get(name)
        if isinstance(said, str):
            return said
        if isinstance(said, bool):
            return str(said).lower()
        if isinstance(said, int | float):
            return str(said)
    return None


def matched(text: str) -> str:
    """A question as it is compared with others: compatibility form, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
