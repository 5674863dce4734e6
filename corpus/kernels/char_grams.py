"""Repetition over characters, as BigScience and Data-Juicer count it.

The n-grams of all code points, spaces included. Of the d different ones, the sqrt(d) most frequent, but none that
stands there once, are taken together: their occurrences over all n-grams (BigScience, `filtering.py`; Laurençon et
al. 2022). One hashed table and one counting sort a text, so time is linear for every text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import column, frozen, utf8
from corpus.kernels.chars import share
from corpus.kernels.memory import byte_at, code_point, points, width
from corpus.kernels.numba_cache import I64, I64_GRID_OUT, U8, helper, kernel
from corpus.kernels.signal import SignalCall

_BASE = np.uint64(0xA0761D6478BD642F)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)


@kernel(U8, I64, I64, I64_GRID_OUT, I64_GRID_OUT)
def _measure(data: Any, offsets: Any, orders: Any, repeated: Any, grams: Any) -> None:
    """For n-grams of `orders[i]` code points, `repeated[i, row]` of the frequent ones among `grams[i, row]`."""
    capacity = 1024
    codes = np.empty(capacity, np.uint64)
    keys, counts = np.empty(4 * capacity, np.uint64), np.empty(4 * capacity, np.int32)
    by_count = np.zeros(capacity + 1, np.int32)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        chars = points(data, index, end)
        if chars > capacity:
            capacity = 2 * chars
            codes = np.empty(capacity, np.uint64)
            keys, counts = np.empty(_slots(capacity), np.uint64), np.empty(_slots(capacity), np.int32)
            by_count = np.zeros(capacity + 1, np.int32)
        for place in range(chars):
            lead = byte_at(data, index)
            codes[place] = np.uint64(code_point(data, index, lead) + 1)
            index += width(lead)
        for which in range(len(orders)):
            n = orders[which]
            many = max(0, chars - n + 1)
            grams[which, row] = many
            if many > 0:
                repeated[which, row] = _frequent(codes, n, many, keys, counts, by_count)


@helper
def _slots(many: int) -> int:
    size = 64
    while size < 2 * many:
        size *= 2
    return size


@helper
def _frequent(codes: Any, n: int, many: int, keys: Any, counts: Any, by_count: Any) -> int:
    """Occurrences of the sqrt(d) most frequent of the d different n-grams; `by_count` is zero before and after."""
    size = _slots(many)
    mask = np.uint64(size - 1)
    keys[:size] = _ZERO
    drop = _ONE
    value = _ZERO
    for place in range(n):
        value = value * _BASE + codes[place]
        drop *= _BASE
    different = 0
    highest: Any = 1
    for place in range(many):
        mixed = (value ^ (value >> _SHIFT)) * _K2
        mixed = (mixed ^ (mixed >> _SHIFT)) | _ONE
        slot = (mixed >> _ONE) & mask
        while keys[slot] != _ZERO and keys[slot] != mixed:
            slot = (slot + _ONE) & mask
        if keys[slot] == _ZERO:
            keys[slot] = mixed
            counts[slot] = 1
            different += 1
            by_count[1] += 1
        else:
            times = counts[slot]
            by_count[times] -= 1
            by_count[times + 1] += 1
            counts[slot] = times + 1
            highest = max(highest, np.int64(times) + 1)
        if place + 1 < many:
            value = value * _BASE + codes[place + n] - drop * codes[place]
    wanted = min(np.int64(np.sqrt(np.float64(different))), different - np.int64(by_count[1]))
    by_count[1] = 0
    taken: Any = 0
    left: Any = wanted
    for times in range(highest, 1, -1):
        here = min(left, np.int64(by_count[times]))
        taken += here * times
        left -= here
        by_count[times] = 0
    return taken


def measure_char_grams(text: pa.Array, calls: Sequence[SignalCall]) -> list[pa.Array]:
    """The signals of the `char_grams` family."""
    data, offsets = utf8(text)
    orders = sorted({int(call.arguments["n"]) for call in calls})
    repeated = np.zeros((len(orders), len(text)), np.int64)
    grams = np.zeros((len(orders), len(text)), np.int64)
    _measure(data, offsets, frozen(np.array(orders, np.int64)), repeated, grams)
    found = []
    for call in calls:
        which = orders.index(int(call.arguments["n"]))
        found.append(column(share(repeated[which], grams[which]), pa.float32(), text))
    return found
