"""Signals: what the rules and the tier policy need to know about every record. Removes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.kernels.catalogue import SIGNALS, measure, type_of
from corpus.kernels.signal import DIALOGUE, SPOKEN, VIEWS, SignalCall
from corpus.schema import MESSAGES, Contract

READS = {"text": pa.large_string(), "url": pa.string(), "lang": pa.string(), "lang_score": pa.float32()}


@dataclass(frozen=True)
class Measure:
    """One column for each distinct call, in the order of their names. `turns` are the columns of messages that calls
    read which are measured turn by turn."""

    calls: tuple[SignalCall, ...]
    turns: tuple[str, ...] = ("messages",)
    name: ClassVar[str] = "measure"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "signals"

    @property
    def contract(self) -> Contract:
        """Text, record columns and views in, one column a call out."""
        whole = [call for call in self.calls if not call.by_turn]
        views = {call.view for call in whole if call.view}
        if any(SIGNALS[call.kernel].reads == DIALOGUE for call in whole):
            views |= set(VIEWS)
        reads: dict[str, pa.DataType] = {**READS, **dict.fromkeys(sorted(views), pa.large_string())}
        if len(whole) < len(self.calls) or any(SIGNALS[call.kernel].reads == SPOKEN for call in whole):
            reads |= dict.fromkeys(self.turns, MESSAGES)
        return Contract(reads=reads, adds={call.column: type_of(call) for call in self.calls})

    def settings(self) -> Any:
        """The calls."""
        return [call.stored() for call in self.calls]

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The signals of the batch."""
        return measure(batch, self.calls)
