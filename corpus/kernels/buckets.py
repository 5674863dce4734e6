"""Band hashes of MinHash signatures in a table that grows row by row: what shares a band with a new row."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import I32_GRID_OUT, I32_OUT, I64_OUT, INT, U64, U64_OUT, kernel

WALKED = 32
"""Rows of one bucket that are looked at, the latest."""
_ROOM = 1 << 12


@kernel(U64, INT, U64_OUT, I32_OUT, I32_GRID_OUT)
def _insert(bands: Any, row: int, keys: Any, heads: Any, before: Any) -> None:
    mask = np.uint64(len(keys) - 1)
    for band in range(len(bands)):
        slot = np.uint64(bands[band]) & mask
        while keys[slot] != 0 and keys[slot] != bands[band]:
            slot = (slot + np.uint64(1)) & mask
        before[row, band] = heads[slot] if keys[slot] != 0 else -1
        keys[slot] = bands[band]
        heads[slot] = row


@kernel(U64, U64_OUT, I32_OUT, I32_GRID_OUT, INT, I64_OUT)
def _lookup(bands: Any, keys: Any, heads: Any, before: Any, walked: int, found: Any) -> int:
    mask = np.uint64(len(keys) - 1)
    many = 0
    for band in range(len(bands)):
        slot = np.uint64(bands[band]) & mask
        while keys[slot] != 0 and keys[slot] != bands[band]:
            slot = (slot + np.uint64(1)) & mask
        row = heads[slot] if keys[slot] != 0 else -1
        for _ in range(walked):
            if row < 0:
                break
            found[many] = row
            many += 1
            row = before[row, band]
    return many


class Buckets:
    """Rows by their band hashes (never 0 but for a row without any, which shares none). Rows are numbered from 0."""

    def __init__(self, bands: int) -> None:
        self._bands = bands
        self._rows: list[np.ndarray] = []
        self._allocate(_ROOM)

    def _allocate(self, rows: int) -> None:
        slots = 1
        while slots < 2 * rows * self._bands:
            slots *= 2
        self._capacity = rows
        self._keys, self._heads = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
        self._before = np.full((rows, self._bands), -1, np.int32)
        for row, bands in enumerate(self._rows):
            self._put(row, bands)

    def _put(self, row: int, bands: np.ndarray) -> None:
        if bands[0]:
            _insert(frozen(bands), row, self._keys, self._heads, self._before)

    def add(self, bands: np.ndarray) -> None:
        """The next row: uint64 (bands,)."""
        if len(self._rows) == self._capacity:
            self._allocate(2 * self._capacity)
        self._rows.append(bands)
        self._put(len(self._rows) - 1, bands)

    def sharing(self, bands: np.ndarray) -> np.ndarray:
        """Rows that share a band with these, ascending, each once; of a large bucket the latest WALKED."""
        if not bands[0]:
            return np.zeros(0, np.int64)
        found = np.empty(self._bands * WALKED, np.int64)
        many = _lookup(frozen(bands), self._keys, self._heads, self._before, WALKED, found)
        return np.unique(found[:many])
