"""Stages that fail on purpose; importable by workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.schema import Contract


@dataclass(frozen=True)
class Shout:
    """A row stage of a user's own that breaks on one word."""

    name: ClassVar[str] = "shout"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(reads={"text": pa.large_string()}, adds={"text": pa.large_string()})

    def settings(self) -> Any:
        return {}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = batch.column("text").to_pylist()
        if any("炸弹" in text for text in texts):
            raise RuntimeError("cannot shout that")
        return batch.set_column(batch.schema.names.index("text"), "text", pa.array(texts, pa.large_string()))
