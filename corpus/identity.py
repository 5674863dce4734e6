"""Stable identity: which record this is, wherever and in whatever order it was read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import xxhash


def doc_ids(source: str, keys: Sequence[str]) -> pa.Array:
    """128-bit ids as 32 hex digits: xxh3-128 of the source's name and each record's own key.

    The name and the key are separated by NUL, which neither may contain in practice, so ("a", "bc") and ("ab", "c")
    differ. Partition numbers, row order and content never enter, so an edited record keeps its id.
    """
    prefix = source.encode() + b"\0"
    return pa.array([xxhash.xxh3_128_hexdigest(prefix + key.encode()) for key in keys], pa.string())


def repeated_id(doc_id: str, rank: int) -> str:
    """The id of the `rank`-th further record (from 1) that claims `doc_id`."""
    return xxhash.xxh3_128_hexdigest(f"{doc_id}\0{rank}".encode())


def halves(ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """32-hex ids as two signed 64-bit integers, for joins and shuffles of narrow columns."""
    raw = bytes.fromhex("".join(ids.to_pylist()))
    pair = np.frombuffer(raw, dtype=">i8").reshape(-1, 2).astype(np.int64)
    return pair[:, 0], pair[:, 1]


def from_halves(high: int, low: int) -> str:
    """The inverse of `halves` for one id."""
    mask = (1 << 64) - 1
    return f"{high & mask:016x}{low & mask:016x}"
