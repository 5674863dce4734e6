"""The two shapes a stage can have. A stage is a frozen dataclass of its settings; nothing registers or inherits.

`RowStage` works on Arrow batches where the text is; `FrameStage` works on narrow columns of all parts. Both are pure:
the same rows and settings give the same result, whatever the order, the batches or the partitions.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import pyarrow as pa

from corpus.schema import Contract

DROPPED = "dropped"
"""The column a RowStage that may remove rows adds: null keeps the row, else the reason. It is never stored."""

COUNTED = "#"
"""Prefix of integer columns that are summed into the stage's counts and never stored."""


class RowStage(Protocol):
    """A batch in, a batch of as many rows out. Rows on which it raises are quarantined, alone."""

    name: ClassVar[str]
    version: ClassVar[int]
    contract: ClassVar[Contract]

    def settings(self) -> Any:
        """What a fingerprint must see, as JSON values."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with columns replaced or added."""


class Sidecar(Protocol):
    """A row stage whose result is stored beside the text, row for row, instead of changing it."""

    name: ClassVar[str]
    version: ClassVar[int]
    table: ClassVar[str]

    @property
    def contract(self) -> Contract:
        """Reads columns of the text part; adds those of the sidecar."""

    def settings(self) -> Any:
        """What a fingerprint must see, as JSON values."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The sidecar's columns for the batch."""


class FrameStage(Protocol):
    """Narrow rows in, decisions out. Rows with an equal `key` are always in one call, and in no other.

    `reads` has `part` and `row`, the address of a record; so has `decides`, what is decided about it. `identity` names
    the columns of a decision that do not depend on where the record stands.
    """

    version: ClassVar[int]
    key: ClassVar[tuple[str, ...]]
    reads: ClassVar[pa.Schema]
    decides: ClassVar[pa.Schema]
    identity: ClassVar[tuple[str, ...]]

    @property
    def name(self) -> str:
        """The stage's name in a run."""

    def settings(self) -> Any:
        """What a fingerprint must see, as JSON values."""

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Decisions, sparse and in any order: rows about which nothing is decided are left out."""
