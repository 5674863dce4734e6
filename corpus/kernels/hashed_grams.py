"""N-grams of units by hash: in how many texts each stands, which of them a text has and how often, sums of their rows.

A unit is a Han character or a word, as `shingles.units` has it, so one sequence of n-grams serves Chinese, English and
texts of both. An n-gram is known by its *bucket*, the highest BITS bits of its hash; n-grams that share one are not
told apart. With a hundred thousand features in 2^22 buckets, one other n-gram in forty is taken for a feature.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from corpus.kernels.buffers import frozen
from corpus.kernels.memory import at, prefetch
from corpus.kernels.numba_cache import I32_OUT, I64, I64_OUT, INT, U32, helper, kernel
from corpus.kernels.shingles import Units, mixed

BITS = 22
"""Buckets as a power of two."""
ORDERS = 3
"""N-grams of one unit up to this many."""

F32 = types.Array(types.float32, 1, "C", readonly=True)
F32_GRID = types.Array(types.float32, 2, "C", readonly=True)
F32_GRID_OUT = types.Array(types.float32, 2, "C")
I32 = types.Array(types.int32, 1, "C", readonly=True)

_TOP = np.uint64(64 - BITS)
_SHIFT, _ONE = np.uint64(32), np.uint64(1)
_AHEAD = 16
"""How many units ahead a bucket is asked for; a power of two."""


@helper
def _next(value: Any, unit: Any) -> Any:
    """The hash of an n-gram from that of all its units but the last; that of none is 0."""
    return mixed(value ^ ((np.uint64(unit) + _ONE) << _SHIFT | np.uint64(unit)))


@helper
def _bucket(value: Any) -> Any:
    return np.int64(value >> _TOP)


@kernel(U32, I64, INT, INT, I32_OUT, I32_OUT)
def _documents(values: Any, offsets: Any, first: int, most: int, seen: Any, documents: Any) -> None:
    """Add to `documents[bucket]` the texts it stands in; `seen[bucket]` is 1 + the number of the last one."""
    for row in range(len(offsets) - 1):
        start, end = offsets[row], min(offsets[row + 1], offsets[row] + most)
        stamp = first + row + 1
        for place in range(start, end):
            value = np.uint64(0)
            for last in range(place, min(place + ORDERS, end)):
                value = _next(value, values[last])
                bucket = _bucket(value)
                if seen[bucket] != stamp:
                    seen[bucket] = stamp
                    documents[bucket] += 1


def count_documents(found: Units, first: int, most: int, seen: np.ndarray, documents: np.ndarray) -> None:
    """Add a batch of texts to `documents`: by bucket, how many texts have an n-gram of it.

    `first` is the number of texts before these; of each text the first `most` units are read. `seen` and `documents`
    are int32 of 2^BITS, zero in the beginning.
    """
    _documents(found.values, frozen(found.offsets), first, most, seen, documents)


@helper
def _collect(values: Any, start: int, end: int, lookup: Any, counts: Any, touched: Any, ring: Any) -> int:
    """Count the features of one text into `counts`; write each into `touched` when it is first met; how many there are.

    Buckets of the units to come wait in `ring`, so that their places in `lookup` can be asked for in time.
    """
    many = 0
    hashed = start
    for place in range(start, end):
        while hashed < end and hashed < place + _AHEAD:
            value = np.uint64(0)
            slot = (hashed & (_AHEAD - 1)) * ORDERS
            for order in range(ORDERS):
                if hashed + order < end:
                    value = _next(value, values[hashed + order])
                    ring[slot + order] = _bucket(value)
                    prefetch(lookup, _bucket(value))
            hashed += 1
        slot = (place & (_AHEAD - 1)) * ORDERS
        for order in range(min(ORDERS, end - place)):
            feature = np.int64(at(lookup, ring[slot + order]))
            if feature >= 0:
                if counts[feature] == 0:
                    touched[many] = feature
                    many += 1
                counts[feature] += 1
    return many


@kernel(U32, I64, INT, I32, I32_OUT, I64_OUT, I64_OUT)
def _features(values: Any, offsets: Any, most: int, lookup: Any, counts: Any, touched: Any, places: Any) -> Any:
    """The features of all texts with their counts, as the two halves of one buffer; `places[row + 1]` ends a row."""
    ring = np.empty(_AHEAD * ORDERS, np.int64)
    room = 1024 + len(values)
    features, times = np.empty(room, np.int32), np.empty(room, np.int32)
    used = 0
    places[0] = 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], min(offsets[row + 1], offsets[row] + most)
        many = _collect(values, start, end, lookup, counts, touched, ring)
        while used + many > room:
            larger, more = np.empty(2 * room, np.int32), np.empty(2 * room, np.int32)
            larger[:used], more[:used] = features[:used], times[:used]
            features, times, room = larger, more, 2 * room
        for index in range(many):
            features[used + index], times[used + index] = touched[index], counts[touched[index]]
            counts[touched[index]] = 0
        used += many
        places[row + 1] = used
    return features[:used], times[:used]


def features_of(
    found: Units, lookup: np.ndarray, features: int, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The features of each text and how often it has them: int32, int32, and int64 offsets (rows + 1) into both.

    `lookup` says which of `features` a bucket is, -1 for none; int32, read-only. Features stand in the order in which
    the text first has them. Of each text the first `most` units are read.
    """
    places = np.zeros(len(found.offsets), np.int64)
    counts, touched = np.zeros(features, np.int32), np.empty(features, np.int64)
    which, times = _features(found.values, frozen(found.offsets), most, lookup, counts, touched, places)
    return which, times, places


@kernel(U32, I64, I32, F32_GRID, F32, I32_OUT, I64_OUT, F32_GRID_OUT)
def _sums(
    values: Any, offsets: Any, lookup: Any, table: Any, damped: Any, counts: Any, touched: Any, sums: Any
) -> None:  # fmt: skip
    """`sums[row]`: its features' rows of `table`, each times what `damped` says of its count, of length 1."""
    ring = np.empty(_AHEAD * ORDERS, np.int64)
    wide = table.shape[1]
    most = len(damped) - 1
    for row in range(len(offsets) - 1):
        many = _collect(values, offsets[row], offsets[row + 1], lookup, counts, touched, ring)
        for index in range(many):
            feature = touched[index]
            if index + 4 < many:
                for part in range(0, wide, 16):
                    prefetch(table, touched[index + 4] * wide + part)
            weight = damped[min(np.int64(counts[feature]), most)]
            counts[feature] = 0
            for column in range(wide):
                sums[row, column] += weight * table[feature, column]
        squares = 0.0
        for column in range(wide):
            squares += np.float64(sums[row, column]) * np.float64(sums[row, column])
        if squares > 0.0:
            length = np.sqrt(squares)
            for column in range(wide):
                sums[row, column] = np.float32(np.float64(sums[row, column]) / length)


def sums_of(found: Units, lookup: np.ndarray, table: np.ndarray, damped: np.ndarray) -> np.ndarray:
    """By text the sum of `damped[count] * table[feature]` over its features, scaled to length 1: float32 (rows, dim).

    Zero for a text without features. `table` is float32 (features, dim); a count above the last of `damped` (float32)
    is taken as that. Sums are taken in the order of the text and each column by itself, so a row does not depend, bit
    for bit, on the texts around it.
    """
    rows, (features, wide) = len(found.offsets) - 1, table.shape
    sums = np.zeros((rows, wide), np.float32)
    counts, touched = np.zeros(features, np.int32), np.empty(features, np.int64)
    _sums(found.values, frozen(found.offsets), lookup, frozen(table), frozen(damped), counts, touched, sums)
    return sums
