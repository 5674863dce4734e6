"""What the form of each answer says of its quality, beside the record; a quality policy puts the facets together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.schema import Contract
from corpus.scores import conversation


@dataclass(frozen=True)
class Facets:
    """The columns of `corpus.scores.conversation.FACETS`."""

    name: ClassVar[str] = "facets"
    version: ClassVar[int] = conversation.VERSION
    table: ClassVar[str] = "facets"
    contract: ClassVar[Contract] = Contract(
        reads={"instruction": pa.large_string(), "answer": pa.large_string()},
        adds=dict.fromkeys(conversation.FACETS, pa.float32()),
    )

    def settings(self) -> Any:
        """None."""
        return {}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The facets of the batch."""
        found = conversation.facets(batch.column("instruction"), batch.column("answer"))
        table = found.to_arrow().cast(pa.schema([pa.field(name, pa.float32()) for name in conversation.FACETS]))
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
