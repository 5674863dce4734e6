"""Rows of files made dirty, as Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from corpus import config
from corpus.errors import UsageError
from corpus.models.examples import chunks
from corpus.models.scored import must_be_absent, put_tables
from corpus.scores.dirty.kinds import dirty_rows

FILE = "dirty.parquet"


@dataclass(frozen=True)
class Dirtied:
    """Rows read, rows made dirty by kind, unreadable ones by reason, and the file."""

    read: int
    kinds: dict[str, int]
    unreadable: dict[str, int]
    file: str


def dirty_files(
    paths: Sequence[str], kinds: Sequence[str], out: Path, amount: float, seed: int = 0, text_field: str | None = None
) -> Dirtied:
    """Every row of `paths` that holds a letter with one defect, into `out/dirty.parquet` (`key`, `kind`, `text`).

    UsageError when the file is there already, a kind is unknown, or nothing can be read.
    """
    must_be_absent(out, (FILE,))
    keys: list[str] = []
    texts: list[str] = []
    unreadable: Counter[str] = Counter()
    for chunk in chunks(paths, config.Fields(text=text_field)):
        unreadable.update(str(row.reason) for row in chunk.quarantined)
        for key, text in zip(
            chunk.records.column("source_key").to_pylist(), chunk.records.column("text").to_pylist(), strict=True
        ):
            if text and any(one.isalpha() for one in text):
                keys.append(key)
                texts.append(text)
    if not texts:
        raise UsageError(f"no row could be read: {dict(unreadable) or 'the files hold no text'}")
    made, given = dirty_rows(texts, kinds, seed, amount)
    (file,) = put_tables(out, {FILE: pa.table({"key": keys, "kind": given, "text": made})})
    return Dirtied(
        read=len(texts) + sum(unreadable.values()),
        kinds=dict(sorted(Counter(given).items())),
        unreadable=dict(sorted(unreadable.items())),
        file=file,
    )
