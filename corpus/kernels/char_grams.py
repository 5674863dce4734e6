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
from corpus.kernels.memory import byte_at, code_point, points, prefetch, width
from corpus.kernels.numba_cache import I32_OUT, I64, I64_GRID_OUT, I64_OUT, U8, U64_OUT, helper, kernel
from corpus.kernels.scratch import scratch
from corpus.kernels.signal import SignalCall

AHEAD = 16
"""How many n-grams ahead a slot of the table is asked for; a power of two."""
_BASE = np.uint64(0xA0761D6478BD642F)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)


@kernel(U8, I64, I64_OUT)
def _most(data: Any, offsets: Any, found: Any) -> None:
    """`found[0]`: the code points of the longest row."""
    for row in range(len(offsets) - 1):
        found[0] = max(found[0], points(data, offsets[row], offsets[row + 1]))


@kernel(U8, I64, I64, I64_GRID_OUT, I64_GRID_OUT, I32_OUT, I32_OUT, I32_OUT, U64_OUT)
def _measure(
    data: Any,
    offsets: Any,
    orders: Any,
    repeated: Any,
    grams: Any,
    codes: Any,
    counts: Any,
    by_count: Any,
    keys: Any,
) -> None:
    """For n-grams of `orders[i]` code points, `repeated[i, row]` of the frequent ones among `grams[i, row]`.

    The last four are scratch: an item for each code point of the longest text and one more (`by_count` zero), of
    `counts` and `keys` as many as `_slots` says.
    """
    ahead = np.empty(AHEAD, np.uint64)
    for row in range(len(offsets) - 1):
        index, end = offsets[row], offsets[row + 1]
        chars = points(data, index, end)
        for place in range(chars):
            lead = byte_at(data, index)
            codes[place] = code_point(data, index, lead) + 1
            index += width(lead)
        for which in range(len(orders)):
            n = orders[which]
            many = max(0, chars - n + 1)
            grams[which, row] = many
            if many > 0:
                repeated[which, row] = _frequent(codes, n, many, keys, counts, by_count, ahead)


@helper
def _slots(many: int) -> int:
    size = 64
    while size < 2 * many:
        size *= 2
    return size


@helper
def _mixed(value: Any) -> Any:
    value = (value ^ (value >> _SHIFT)) * _K2
    return (value ^ (value >> _SHIFT)) | _ONE


@helper
def _frequent(codes: Any, n: int, many: int, keys: Any, counts: Any, by_count: Any, ahead: Any) -> int:
    """Occurrences of the sqrt(d) most frequent of the d different n-grams; `by_count` is zero before and after.

    `ahead` is a ring of the hashes of the n-grams that come next, so that their slots can be asked for in time.
    """
    size = _slots(many)
    mask = np.uint64(size - 1)
    keys[:size] = _ZERO
    drop = _ONE
    value = _ZERO
    for place in range(n):
        value = value * _BASE + np.uint64(codes[place])
        drop *= _BASE
    different = 0
    highest: Any = 1
    hashed = 0
    for place in range(many):
        while hashed < many and hashed < place + AHEAD:
            later = _mixed(value)
            ahead[hashed & (AHEAD - 1)] = later
            prefetch(keys, np.int64((later >> _ONE) & mask))
            prefetch(counts, np.int64((later >> _ONE) & mask))
            if hashed + 1 < many:
                value = value * _BASE + np.uint64(codes[hashed + n]) - drop * np.uint64(codes[hashed])
            hashed += 1
        mixed = ahead[place & (AHEAD - 1)]
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
    most = np.zeros(1, np.int64)
    _most(data, offsets, most)
    longest = int(most[0])
    slots = 1 << max(6, (2 * longest).bit_length())
    items = [scratch(slot, length, np.int32) for slot, length in enumerate((longest + 1, slots, longest + 1))]
    items[2][:] = 0
    _measure(data, offsets, frozen(np.array(orders, np.int64)), repeated, grams, *items, scratch(3, slots, np.uint64))
    found = []
    for call in calls:
        which = orders.index(int(call.arguments["n"]))
        found.append(column(share(repeated[which], grams[which]), pa.float32(), text))
    return found
