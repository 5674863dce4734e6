"""The key by which records of one page are found: the normalised URL, hashed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from corpus.kernels.urls import url_keys
from corpus.schema import Contract


@dataclass(frozen=True)
class UrlKeys:
    """128 bits of the normalised URL; null where a record has none."""

    name: ClassVar[str] = "url-keys"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "urls"

    @property
    def contract(self) -> Contract:
        """URL in, two halves out."""
        return Contract(reads={"url": pa.string()}, adds={"key0": pa.int64(), "key1": pa.int64()})

    def settings(self) -> Any:
        """None: the normalisation is fixed by its version."""
        return {}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The keys of the batch."""
        return pa.RecordBatch.from_arrays(list(url_keys(batch.column("url"))), names=["key0", "key1"])
