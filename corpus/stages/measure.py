"""Signals: what the rules and the tier policy need to know about every record. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.kernels.catalogue import SIGNALS, measure
from corpus.kernels.signal import SignalCall
from corpus.schema import Contract

READS = {"text": pa.large_string(), "url": pa.string(), "lang": pa.string(), "lang_score": pa.float32()}


@dataclass(frozen=True)
class Measure:
    """One column for each distinct call, in the order of their names."""

    calls: tuple[SignalCall, ...]
    name: ClassVar[str] = "measure"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "signals"

    @property
    def contract(self) -> Contract:
        """Text and record columns in, one column a call out."""
        return Contract(reads=READS, adds={call.column: SIGNALS[call.kernel].type for call in self.calls})

    def settings(self) -> Any:
        """The calls."""
        return [[call.kernel, dict(call.args)] for call in self.calls]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The signals of the batch."""
        return measure(batch, self.calls)
