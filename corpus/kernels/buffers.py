"""Arrow arrays as the numpy views that kernels read, and back, without copying text."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import polars as pl

assert sys.byteorder == "little"  # noqa: S101  kernels read text eight bytes at a time

_NO_BYTES = np.zeros(1, np.uint8)
_NO_BYTES.flags.writeable = False


def utf8(text: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The bytes and the int64 offsets (n + 1) of a string array, both read-only; null rows are empty.

    `string` and `string_view` are widened to `large_string`. Offsets index the bytes as they are, so a sliced array
    costs nothing.
    """
    if not pa.types.is_large_string(text.type) and not pa.types.is_large_binary(text.type):
        text = text.cast(pa.large_binary() if pa.types.is_binary(text.type) else pa.large_string())
    if text.null_count:
        text = pc.fill_null(text, b"" if pa.types.is_large_binary(text.type) else "")
    _, offsets, data = text.buffers()
    if offsets is None or len(text) == 0:
        return _NO_BYTES, frozen(np.zeros(len(text) + 1, np.int64))
    places = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    content = np.frombuffer(data, np.uint8) if data is not None and data.size else _NO_BYTES
    return frozen(content), frozen(places)


def large(found: pl.Series) -> pa.Array:
    """The strings of a series as one large_string array."""
    array = found.to_arrow().cast(pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def frozen(array: np.ndarray) -> np.ndarray:
    """A read-only view of `array`: kernels are compiled for read-only input."""
    view = array.view()
    view.flags.writeable = False
    return view


def nulls(like: pa.Array) -> np.ndarray | None:
    """A mask that is true where `like` is null; None when nothing is."""
    return np.asarray(pc.is_null(like)) if like.null_count else None


def column(values: np.ndarray, kind: pa.DataType, like: pa.Array) -> pa.Array:
    """`values` as an Arrow array, null where `like` is null and where a float is not a number."""
    mask = nulls(like)
    if values.dtype.kind == "f":
        undefined = np.isnan(values)
        mask = undefined if mask is None else mask | undefined
    return pa.array(values, kind, mask=mask)


def text_array(data: np.ndarray, offsets: np.ndarray, like: pa.Array) -> pa.Array:
    """A large_string array over `data` (not copied) with the nulls of `like`."""
    validity = None
    if like.null_count:
        validity = pa.array(np.asarray(pc.is_valid(like))).buffers()[1]
    return pa.Array.from_buffers(
        pa.large_string(), len(like), [validity, pa.py_buffer(offsets), pa.py_buffer(data)], null_count=-1
    )
