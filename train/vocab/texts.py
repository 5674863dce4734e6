"""Texts of tiers, in batches, and how many tokens a tokenizer needs for their characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus import storage
from corpus.errors import UsageError

BATCH = 4096


def texts_of(paths: Iterable[str]) -> Iterator[list[str]]:
    """Batches of the texts in Parquet files, folders or globs: `text`, or what every turn of `messages` says.

    UsageError when nothing is found, or a file has neither column.
    """
    files = [file.uri for path in paths for file in storage.expand(path)[1] if file.uri.endswith(".parquet")]
    if not files:
        raise UsageError("no Parquet file is there: name a tier, such as RUN/dataset/pretrain/tier=high")
    for file in files:
        with storage.open_read(file) as stream:
            parquet = pq.ParquetFile(stream)
            column = next((name for name in ("text", "messages") if name in parquet.schema_arrow.names), None)
            if column is None:
                raise UsageError(f"{file}: has neither a column `text` nor `messages`")
            for batch in parquet.iter_batches(BATCH, columns=[column]):
                values = batch.column(0)
                yield [text for text in (_turns(values) if column == "messages" else values).to_pylist() if text]


def _turns(messages: pa.Array) -> pa.Array:
    return pc.struct_field(pc.list_flatten(messages), "content")


@dataclass(frozen=True)
class Compression:
    """Characters and tokens of one sample, by two tokenizers."""

    characters: int
    before: int
    after: int

    def __str__(self) -> str:
        chars = max(self.characters, 1)
        saved = 1 - self.after / self.before if self.before else 0.0
        return (
            f"{self.characters:,} characters: {self.before / chars:.3f} tokens a character before, "
            f"{self.after / chars:.3f} after ({saved:.1%} fewer tokens)"
        )


def compression(before: Any, after: Any, texts: list[str]) -> Compression:
    """Two `tokenizers.Tokenizer` on the same texts."""
    counts = [
        sum(len(one.ids) for one in tokenizer.encode_batch(texts, add_special_tokens=False))
        for tokenizer in (before, after)
    ]
    return Compression(sum(map(len, texts)), *counts)
