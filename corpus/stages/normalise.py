"""Harmless repairs of the text, before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus import config
from corpus.kernels.normalise import normalise
from corpus.schema import Contract
from corpus.stage import COUNTED

UNBOUNDED = 1 << 30


@dataclass(frozen=True)
class Normalise:
    """Newlines, controls, zero-width marks, NFC, trailing space and runs of blank lines, as the pipeline asks."""

    options: config.Normalise
    name: ClassVar[str] = "normalise"
    version: ClassVar[int] = 1
    contract: ClassVar[Contract] = Contract(
        reads={"text": pa.large_string()},
        adds={"text": pa.large_string(), f"{COUNTED}characters_removed": pa.int32()},
    )

    def settings(self) -> Any:
        """All options."""
        return self.options.model_dump(mode="json")

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its text repaired, and the counts of what that took."""
        if self.options.idle:
            return batch
        blank_lines = UNBOUNDED if self.options.blank_lines is None else self.options.blank_lines
        text, removed, changed = normalise(
            batch.column("text"),
            newlines=self.options.newlines,
            unicode=self.options.unicode,
            controls=self.options.controls,
            trailing_space=self.options.trailing_space,
            blank_lines=blank_lines,
        )
        batch = batch.set_column(batch.schema.names.index("text"), "text", text)
        batch = batch.append_column(f"{COUNTED}characters_removed", removed)
        return batch.append_column(f"{COUNTED}characters_changed", changed)
