"""Texts of files for models that learn from text alone: with their languages, some held out, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus import config
from corpus.errors import UsageError
from corpus.kernels.digest import hash_strings
from corpus.kernels.language import identify
from corpus.models.examples import chunks

HELD_OUT = 0.02
"""The share of texts, by their hash, that is not trained on but measured."""
Rows = tuple[pa.Array, pa.Array]
"""Texts and their languages."""


@dataclass(frozen=True)
class Counted:
    """Rows that can be read, those of them without text, and those that cannot by reason."""

    rows: int
    empty: int
    unreadable: dict[str, int]


def counted(paths: Sequence[str], text_field: str | None = None) -> Counted:
    """What files hold; UsageError when nothing can be read."""
    rows, empty, unreadable = 0, 0, Counter[str]()
    for chunk in chunks(paths, config.Fields(text=text_field)):
        unreadable.update(str(row.reason) for row in chunk.quarantined)
        rows += chunk.records.num_rows
        empty += pc.sum(pc.equal(pc.utf8_length(chunk.records.column("text")), 0)).as_py() or 0
    if not rows:
        raise UsageError(f"no row could be read: {dict(unreadable) or 'the files are empty'}")
    return Counted(rows, empty, dict(sorted(unreadable.items())))


def texts_of(paths: Sequence[str], text_field: str | None = None, lang: str | None = None) -> Iterator[Rows]:
    """The texts of files and their languages: `lang`, what a row says, or what is identified."""
    for chunk in chunks(paths, config.Fields(text=text_field)):
        if chunk.records.num_rows:
            yield chunk.records.column("text"), languages(chunk.records, lang)


def languages(records: pa.RecordBatch, lang: str | None) -> pa.Array:
    """The language of each record: `lang`, what it says, or what is identified."""
    if lang is not None:
        return pa.array([lang] * records.num_rows, pa.string())
    said = records.column("lang")
    return pc.coalesce(said, identify(records.column("text"))[0]) if said.null_count else said


def taken(batches: Iterator[Rows], *, held: bool) -> Iterator[Rows]:
    """Of each batch the rows whose text is held out, or the others."""
    for texts, langs in batches:
        _, low = hash_strings(texts)
        place = pc.fill_null(low, 0).to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
        # The other end of the range than that by which `ngram.train` bounds its texts.
        mask = pa.array((place >= np.uint64((1 - HELD_OUT) * 2.0**64)) == held)
        yield texts.filter(mask), langs.filter(mask)
