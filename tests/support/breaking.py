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


@dataclass(frozen=True)
class Fragile:
    """A sidecar that counts characters and breaks on one word."""

    name: ClassVar[str] = "fragile"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "lengths"

    @property
    def contract(self) -> Contract:
        return Contract(reads={"text": pa.large_string()}, adds={"length": pa.int32()})

    def settings(self) -> Any:
        return {}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        texts = batch.column("text").to_pylist()
        if any("炸弹" in text for text in texts):
            raise RuntimeError("cannot measure that")
        return pa.RecordBatch.from_arrays([pa.array([len(text) for text in texts], pa.int32())], names=["length"])
