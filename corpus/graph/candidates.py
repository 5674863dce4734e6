"""Candidate pairs from the buckets of one band column after the other: linear time and flat memory, however skewed.

A bucket is the set of rows with one band value. Up to `full` members every pair is a candidate. A larger bucket gives
a star, from the member that would be kept first to all others, and the edges between neighbours in keep order: twice
its size, where all pairs would be its square. A star alone loses the pairs whose centre is not similar itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import I64, I64_OUT, INT, U8_OUT, U64, U64_OUT, helper, kernel

FULL = 32
"""Largest bucket of which all pairs are compared. Measured at a Jaccard similarity of 0.7: none of the true pairs is
lost then, for three times the candidates of stars alone, which lose 1.7 %."""

MOST_ROWS = 1 << 32
"""Rows whose pairs fit a 64-bit word."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LOW, _32, _ZERO, _BYTE = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(0), np.uint64(255)
_PENDING = 1 << 20


@dataclass(frozen=True)
class Buckets:
    """What the buckets with two or more members held, and what they gave. Those of several bands add up."""

    buckets: int = 0
    large: int = 0
    """Buckets above the bound, whose pairs are a star and its neighbours."""
    members: int = 0
    largest: int = 0
    full_pairs: int = 0
    star_pairs: int = 0
    neighbour_pairs: int = 0

    @property
    def pairs(self) -> int:
        """Pairs of all kinds; a pair that several bands give counts in each."""
        return self.full_pairs + self.star_pairs + self.neighbour_pairs

    def __add__(self, other: Buckets) -> Buckets:
        return Buckets(
            self.buckets + other.buckets,
            self.large + other.large,
            self.members + other.members,
            max(self.largest, other.largest),
            self.full_pairs + other.full_pairs,
            self.star_pairs + other.star_pairs,
            self.neighbour_pairs + other.neighbour_pairs,
        )


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows, `a` before `b` in keep order, each pair once; int64."""

    a: np.ndarray
    b: np.ndarray
    counts: Buckets = field(default_factory=Buckets)


@kernel(U64, U8_OUT, INT, I64_OUT)
def _shared(bands: Any, marks: Any, shift: int, rows: Any) -> int:
    """Rows whose band value may occur more than once: a filter that passes every true one and few others."""
    by = np.uint64(shift)
    for row in range(len(bands)):
        slot = (bands[row] * _GOLDEN) >> by
        if marks[slot] < 2:
            marks[slot] += np.uint8(1)
    found = 0
    for row in range(len(bands)):
        if bands[row] != _ZERO and marks[(bands[row] * _GOLDEN) >> by] > 1:
            rows[found] = row
            found += 1
    return found


@helper
def _radix_sorted(keys: Any, rows: Any) -> Any:
    """`keys` ascending and `rows` moved along, stable; a byte that all keys share costs nothing."""
    counts = np.zeros((8, 256), np.int64)
    for index in range(len(keys)):
        key = keys[index]
        for place in range(8):
            counts[place, np.int64((key >> np.uint64(8 * place)) & _BYTE)] += 1
    keys_to, rows_to = np.empty_like(keys), np.empty_like(rows)
    for place in range(8):
        by = np.uint64(8 * place)
        if len(keys) and counts[place, np.int64((keys[0] >> by) & _BYTE)] == len(keys):
            continue
        total: Any = 0
        for digit in range(256):
            total, counts[place, digit] = total + counts[place, digit], total
        for index in range(len(keys)):
            byte = np.int64((keys[index] >> by) & _BYTE)
            to = counts[place, byte]
            keys_to[to], rows_to[to] = keys[index], rows[index]
            counts[place, byte] = to + 1
        keys, keys_to = keys_to, keys
        rows, rows_to = rows_to, rows
    return keys, rows


@kernel(U64, I64, I64_OUT)
def _grouped(bands: Any, order: Any, rows: Any) -> Any:
    """`rows` sorted by band value, then by keep order, with their values."""
    keys = np.empty(len(rows), np.uint64)
    for index in range(len(rows)):
        keys[index] = np.uint64(order[rows[index]])
    keys, rows = _radix_sorted(keys, rows)
    for index in range(len(rows)):
        keys[index] = bands[rows[index]]
    return _radix_sorted(keys, rows)


@kernel(U64_OUT, INT, I64_OUT)
def _counted(keys: Any, full: int, counts: Any) -> None:
    """The fields of Buckets, in their order."""
    start = 0
    for end in range(1, len(keys) + 1):
        if end < len(keys) and keys[end] == keys[start]:
            continue
        size = end - start
        start = end
        if size < 2:
            continue
        counts[0] += 1
        counts[2] += size
        counts[3] = max(counts[3], size)
        if size <= full:
            counts[4] += size * (size - 1) // 2
        else:
            counts[1] += 1
            counts[5] += size - 1
            counts[6] += size - 2


@kernel(U64_OUT, I64_OUT, INT, I64_OUT, I64_OUT)
def _paired(keys: Any, rows: Any, full: int, a: Any, b: Any) -> None:
    start, at = 0, 0
    for end in range(1, len(keys) + 1):
        if end < len(keys) and keys[end] == keys[start]:
            continue
        if end - start <= full:
            for first in range(start, end):
                for second in range(first + 1, end):
                    a[at], b[at] = rows[first], rows[second]
                    at += 1
        else:
            for second in range(start + 1, end):
                a[at], b[at] = rows[start], rows[second]
                at += 1
            for second in range(start + 2, end):
                a[at], b[at] = rows[second - 1], rows[second]
                at += 1
        start = end


def bucket_pairs(bands: np.ndarray, order: np.ndarray, full: int = FULL) -> Pairs:
    """Candidate pairs of one band column.

    `bands` is uint64 [n]: rows with the same value share a bucket, 0 is no band. `order` is int64 [n]: the place of
    each row in the keep order, a permutation of 0 to n - 1, 0 kept first. The pairs depend on values and order alone,
    not on where rows stand. Time is linear in rows and pairs, and a bucket of k rows gives at most k (full - 1) / 2 or
    2 k of them. ValueError for columns that do not fit each other.
    """
    rows_in = len(bands)
    if len(order) != rows_in:
        raise ValueError(f"{rows_in} band values but {len(order)} places in the keep order")
    if full < 1:
        raise ValueError(f"full is {full}; it must be at least 1")
    bands, order = frozen(np.ascontiguousarray(bands, np.uint64)), frozen(np.ascontiguousarray(order, np.int64))
    bits = max(4, (4 * rows_in).bit_length())
    rows = np.empty(rows_in, np.int64)
    found = _shared(bands, np.zeros(1 << bits, np.uint8), 64 - bits, rows)
    keys, rows = _grouped(bands, order, rows[:found].copy())
    counted = np.zeros(7, np.int64)
    _counted(keys, full, counted)
    counts = Buckets(*(int(value) for value in counted))
    a, b = np.empty(counts.pairs, np.int64), np.empty(counts.pairs, np.int64)
    _paired(keys, rows, full, a, b)
    return Pairs(a, b, counts)


@kernel(U64, U64, U64_OUT)
def _merged(one: Any, two: Any, into: Any) -> int:
    """The union of two ascending sets of distinct numbers, and its size."""
    first, second, at = 0, 0, 0
    while first < len(one) and second < len(two):
        x, y = one[first], two[second]
        into[at] = min(x, y)
        first += x <= y
        second += y <= x
        at += 1
    while first < len(one):
        into[at] = one[first]
        first, at = first + 1, at + 1
    while second < len(two):
        into[at] = two[second]
        second, at = second + 1, at + 1
    return at


class PairSet:
    """A growing set of pairs of `n` rows: each band's pairs go in, and memory stays with the distinct ones."""

    def __init__(self, n: int) -> None:
        """ValueError when `n` rows are too many for pairs to be packed into 64 bits."""
        if n > MOST_ROWS:
            raise ValueError(f"{n} rows are more than {MOST_ROWS}; use the frames")
        self.n = n
        self._packed = np.empty(0, np.uint64)
        self._pending: list[np.ndarray] = []
        self._waiting = 0

    def add(self, a: np.ndarray, b: np.ndarray) -> None:
        """Put pairs in, in the direction given: (1, 2) and (2, 1) are two pairs. ValueError for rows outside."""
        if len(a) != len(b):
            raise ValueError(f"{len(a)} first ends but {len(b)} second ends")
        if len(a) == 0:
            return
        if min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= self.n:
            raise ValueError(f"a pair has an end outside the {self.n} rows")
        packed = a.astype(np.uint64)
        packed <<= _32
        packed |= b.astype(np.uint64)
        self._pending.append(packed)
        self._waiting += len(packed)
        # Merging costs a pass over all pairs: small bands wait until together they are worth one.
        if self._waiting > max(_PENDING, len(self._packed) // 4):
            self._settle()

    def _settle(self) -> None:
        if not self._pending:
            return
        fresh = np.concatenate(self._pending) if len(self._pending) > 1 else self._pending[0]
        self._pending, self._waiting = [], 0
        fresh.sort()
        fresh = fresh[np.concatenate([[True], fresh[1:] != fresh[:-1]])]
        if len(self._packed):
            into = np.empty(len(self._packed) + len(fresh), np.uint64)
            size = _merged(frozen(self._packed), frozen(fresh), into)
            # A view of a much larger array would hold all of it.
            fresh = into[:size] if size > 0.9 * len(into) else into[:size].copy()
        self._packed = fresh

    def __len__(self) -> int:
        self._settle()
        return len(self._packed)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct pairs as int64 columns, ascending by the first end, then by the second."""
        self._settle()
        return (self._packed >> _32).astype(np.int64), (self._packed & _LOW).astype(np.int64)


def merge_pairs(pairs: Iterable[tuple[np.ndarray, np.ndarray]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct pairs of all bands, ascending by (a, b), int64.

    `pairs` may be a generator: each band's pairs are merged and forgotten before the next is made, so memory is that
    of the distinct pairs and of one band. ValueError for a pair outside 0 to n - 1 or more than 2^32 rows.
    """
    whole = PairSet(n)
    for a, b in pairs:
        whole.add(a, b)
    return whole.arrays()
