"""Counting n-grams: each as one 64-bit number, its ids side by side, so that sorting brings contexts together.

With `bits` an id, the n-gram a b c is a << 2 bits | b << bits | c; its context (a b) is the number shifted by `bits`,
what it backs off to (b c) the number without its highest id. No id is 0, so a shorter n-gram is a smaller number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at, put
from corpus.kernels.ngram_units import BEGIN, Sequence
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U32, U64, U64_OUT, kernel

_ZERO, _ONE = np.uint64(0), np.uint64(1)


@kernel(U32, INT, INT, U64_OUT)
def _pack(ids: Any, order: int, bits: int, keys: Any) -> Any:
    """`keys`: the n-gram that ends at each unit, as long as the order lets it be and its text began; how many."""
    shift = np.uint64(bits)
    mask = (_ONE << np.uint64(bits * order)) - _ONE if bits * order < 64 else ~_ZERO
    history, used = _ZERO, 0
    for place in range(len(ids)):
        one = np.uint64(at(ids, place))
        if one == np.uint64(BEGIN):
            history = one
            continue
        history = ((history << shift) | one) & mask
        put(keys, used, history)
        used += 1
    return used


def pack(ids: Sequence, order: int, bits: int) -> np.ndarray:
    """The n-gram that ends at each unit of rows that begin with BEGIN: uint64, one a unit; BEGIN is its first or none.

    `order * bits` is 64 at most and every id below 2 ** bits.
    """
    keys = np.empty(len(ids.values), np.uint64)
    return keys[: _pack(ids.values, order, bits, keys)]


@kernel(U64, I64, U64, I64, U64_OUT, I64_OUT)
def _merge(a: Any, many: Any, b: Any, more: Any, keys: Any, counts: Any) -> Any:
    left, right, used = 0, 0, 0
    while left < len(a) or right < len(b):
        if right == len(b) or (left < len(a) and at(a, left) < at(b, right)):
            put(keys, used, at(a, left))
            put(counts, used, at(many, left))
            left += 1
        elif left == len(a) or at(b, right) < at(a, left):
            put(keys, used, at(b, right))
            put(counts, used, at(more, right))
            right += 1
        else:
            put(keys, used, at(a, left))
            put(counts, used, at(many, left) + at(more, right))
            left += 1
            right += 1
        used += 1
    return used


Counted = tuple[np.ndarray, np.ndarray]
"""Different keys, ascending (uint64), and how often each was there (int64)."""


def none_counted() -> Counted:
    """Counts of nothing."""
    return np.zeros(0, np.uint64), np.zeros(0, np.int64)


def count(keys: np.ndarray) -> Counted:
    """The different keys and their numbers; `keys` is sorted in place."""
    keys.sort()
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, np.int64)
    return keys[first], np.diff(np.append(first, len(keys)))


def merge(one: Counted, two: Counted) -> Counted:
    """The counts of both."""
    room = len(one[0]) + len(two[0])
    keys, counts = np.empty(room, np.uint64), np.empty(room, np.int64)
    used = _merge(*(frozen(item) for item in (*one, *two)), keys, counts)
    return (keys[:used], counts[:used]) if used > room // 2 else (keys[:used].copy(), counts[:used].copy())
