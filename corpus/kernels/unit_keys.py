"""Keys of lines and paragraphs: equal for two that only differ in width, case, script variant or punctuation."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.fold import BLOCK, FOLD_STATE, finish_hash, hash_span
from corpus.kernels.numba_cache import I64, I64_OUT, U8, U32, U64_OUT, kernel
from corpus.kernels.unicode_tables import tables
from corpus.kernels.units import Units


@kernel(U8, I64, I64, U32, U32, U64_OUT, I64_OUT)
def _keys(data: Any, starts: Any, ends: Any, fold: Any, extra: Any, keys: Any, lengths: Any) -> None:
    """`keys[unit]`: 64 bits of the folded unit; `lengths[unit]`: its code points."""
    out, state = np.empty(BLOCK + 256, np.int64), np.empty(FOLD_STATE, np.int64)
    for unit in range(len(starts)):
        one, two, total = hash_span(data, starts[unit], ends[unit], fold, extra, out, state)
        keys[unit] = finish_hash(one ^ finish_hash(two, total), total)
        lengths[unit] = total


def unit_keys(units: Units) -> tuple[np.ndarray, np.ndarray]:
    """By unit the hash of the folded content (int64, any bits) and how many code points the folding leaves (int64).

    The folding is that of `corpus.kernels.fold`: compatibility forms, case, Traditional and punctuation make no
    difference, digits do.
    """
    keys, lengths = np.zeros(len(units.starts), np.uint64), np.zeros(len(units.starts), np.int64)
    known = tables()
    _keys(units.data, frozen(units.starts), frozen(units.ends), known.fold, known.fold_extra, keys, lengths)
    return keys.view(np.int64), lengths
