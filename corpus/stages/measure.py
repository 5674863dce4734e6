"""Signals: what the rules and the tier policy need to know about every record. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.kernels.catalogue import SIGNALS, measure
from corpus.kernels.signal import DIALOGUE, VIEWS, SignalCall
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
        """Text, record columns and views in, one column a call out."""
        views = {call.view for call in self.calls if call.view}
        if any(SIGNALS[call.kernel].reads == DIALOGUE for call in self.calls):
            views |= set(VIEWS)
        reads = {**READS, **dict.fromkeys(sorted(views), pa.large_string())}
        return Contract(reads=reads, adds={call.column: SIGNALS[call.kernel].type for call in self.calls})

    def settings(self) -> Any:
        """The calls."""
        return [call.stored() for call in self.calls]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The signals of the batch."""
        return measure(batch, self.calls)
