"""The key by which exact duplicates are found: the folded text, hashed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.kernels.fold import fold_keys
from corpus.schema import Contract, viewed


@dataclass(frozen=True)
class Fingerprint:
    """128 bits of the text folded by width, script variant, case, punctuation and whitespace.

    Both halves are null where nothing is left after folding, so that empty and purely decorative records are never
    taken for each other.
    """

    view: str = "text"
    name: ClassVar[str] = "fingerprint"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "fingerprints"

    @property
    def contract(self) -> Contract:
        """Text in, two halves out."""
        return Contract(reads={self.view: pa.large_string()}, adds={"key0": pa.int64(), "key1": pa.int64()})

    def settings(self) -> Any:
        """The view; how it is folded is fixed by the version."""
        return {} if self.view == "text" else {"view": self.view}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The keys of the batch."""
        key0, key1 = fold_keys(viewed(batch, self.view))
        return pa.RecordBatch.from_arrays([key0, key1], names=["key0", "key1"])
