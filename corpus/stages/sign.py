"""What near-duplicates are found by: bands of a MinHash signature, and a sketch that estimates their similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from corpus.config import Near
from corpus.kernels.minhash import Signer
from corpus.schema import Contract, viewed


@dataclass(frozen=True)
class Sign:
    """The signature of every text.

    `bands` holds the hashes of the bands as little-endian uint64, one after another, and is null where a text is too
    short to shingle, as are `sketch`, the low byte of each minimum, and `shingles`, how many distinct ones there are;
    `key` is the hash of the key view, `masked` the same with every run of digits as one.
    """

    near: Near
    view: str = "text"
    name: ClassVar[str] = "sign"
    version: ClassVar[int] = 1
    table: ClassVar[str] = "signatures"

    @property
    def contract(self) -> Contract:
        """Text in, a signature out."""
        return Contract(
            reads={self.view: pa.large_string()},
            adds={
                "bands": pa.binary(8 * self.near.bands),
                "sketch": pa.binary(self.near.bands * self.near.rows),
                "shingles": pa.int32(),
                "key": pa.int64(),
                "masked": pa.int64(),
            },
        )

    def settings(self) -> Any:
        """The shape of the signature; the threshold is a matter of later stages."""
        shape = self.near.model_dump(mode="json", include={"bands", "rows", "seed"})
        return shape if self.view == "text" else {**shape, "view": self.view}

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The signatures of the batch."""
        near = self.near
        signed = Signer(near.bands * near.rows, near.bands, near.rows, near.seed).sign(viewed(batch, self.view))
        nothing = signed.shingles == 0
        return pa.RecordBatch.from_arrays(
            [
                binary_rows(signed.bands, nothing),
                binary_rows(signed.sketch, nothing),
                pa.array(signed.shingles, mask=nothing),
                pa.array(signed.key.view(np.int64)),
                pa.array(signed.masked.view(np.int64)),
            ],
            names=list(self.contract.adds),
        )


def binary_rows(grid: np.ndarray, nothing: np.ndarray) -> pa.Array:
    """The rows of a grid as fixed-size binary values; null where `nothing`."""
    rows, width = len(grid), grid.shape[1] * grid.itemsize
    if width == 0 or rows == 0:
        return pa.nulls(rows, pa.binary(width))
    valid = pa.array(~nothing).buffers()[1]
    data = pa.py_buffer(np.ascontiguousarray(grid))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), rows, [valid, data], null_count=int(nothing.sum()))


def grid(column: pa.Array, kind: Any) -> np.ndarray:
    """The values of a fixed-size binary column as a grid, one row each; shape (rows, width / itemsize of `kind`)."""
    width = column.type.byte_width
    data = np.frombuffer(column.buffers()[1], np.uint8)[column.offset * width : (column.offset + len(column)) * width]
    return data.view(kind).reshape(len(column), width // np.dtype(kind).itemsize)
