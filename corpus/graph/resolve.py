"""Who stays: the keep order, and the resolution of verified pairs.

A record is removed if and only if a record that is *kept* stands before it in the keep order and is verified similar
to it. So the kept records are the maximal independent set that a walk down the keep order builds: no two kept records
are verified similar, and every removed one has a kept record that is. Chains do not eat their middle: with a ~ b ~ c
and a not similar to c, a and c stay and b goes, whereas collapsing the component would leave a alone, and nobody ever
compared it with c. That other mode does not exist here on purpose; components are labels for reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numba import types

from corpus.graph.components import checked_ends, connected
from corpus.kernels.buffers import frozen
from corpus.kernels.numba_cache import I64, I64_OUT, kernel

_F32 = types.Array(types.float32, 1, "C", readonly=True)
_F32_OUT = types.Array(types.float32, 1, "C")

_PRIMES = tuple(
    np.uint64(value)
    for value in (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
)
_SEED = np.uint64(42)


class By(NamedTuple):
    """One column of a keep policy: numbers [n], and whether the largest is kept first. NaN is kept last."""

    values: np.ndarray
    largest_first: bool = True


@dataclass(frozen=True)
class Resolution:
    """What becomes of each of n records.

    `survivor` int64: the kept record that stands for it, -1 for a record that is kept. `similarity` float32: to the
    survivor, NaN for a record that is kept. `component` int64: the smallest index of its component of verified pairs.
    `cluster_size` int32: how many records a kept one stands for, itself included (the weight for rehydration); 0 for a
    removed one, so the sizes add up to the records that came in.
    """

    survivor: np.ndarray
    similarity: np.ndarray
    component: np.ndarray
    cluster_size: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """Mask of the records that stay."""
        return np.asarray(self.survivor < 0)


def mixed(id0: np.ndarray, id1: np.ndarray) -> np.ndarray:
    """int64 [n]: a hash of the two halves of each id; the value of Spark's `xxhash64(id0, id1)` on bigints.

    XXH64 of eight bytes (Collet), seeded with 42 for the first half and with its hash for the second, so an order
    made here and one made on a frame agree.
    """
    hashed = np.full(len(id0), _SEED, np.uint64)
    for half in (id0, id1):
        hashed = _xxh64(np.ascontiguousarray(half, np.int64).view(np.uint64), hashed)
    return hashed.view(np.int64)


def _xxh64(value: np.ndarray, seed: np.ndarray) -> np.ndarray:
    one, two, three, four, five = _PRIMES
    hashed = (seed + five + np.uint64(8)) ^ (_rotated(value * two, 31) * one)
    hashed = _rotated(hashed, 27) * one + four
    hashed = (hashed ^ (hashed >> np.uint64(33))) * two
    hashed = (hashed ^ (hashed >> np.uint64(29))) * three
    return hashed ^ (hashed >> np.uint64(32))


def _rotated(value: np.ndarray, by: int) -> np.ndarray:
    return (value << np.uint64(by)) | (value >> np.uint64(64 - by))


def keep_order(
    columns: Sequence[By | tuple[np.ndarray, bool]], id0: np.ndarray, id1: np.ndarray, rank: np.ndarray | None = None
) -> np.ndarray:
    """int64 [n]: the place of each record in the keep order, 0 for the one that is kept first.

    Records are ordered by `columns`, the first deciding, then by the hash of their id, then by the id itself, then by
    `rank` (the rank among records that claim one id). Where rows stand never matters: ValueError when two records are
    equal in everything, because nothing could then choose between them the same way in every run.
    """
    n = len(id0)
    policy = [By(*column) for column in columns]
    ties = [mixed(id0, id1), id0, id1] + ([] if rank is None else [rank])
    keys = policy + [By(values, largest_first=False) for values in ties]
    if any(len(key.values) != n for key in keys):
        raise ValueError(f"columns of {sorted({len(key.values) for key in keys})} rows cannot be one order")
    frame = pl.DataFrame({f"{at}": pl.Series(key.values, nan_to_null=True) for at, key in enumerate(keys)})
    descending = [key.largest_first for key in keys]
    # Two hashes are hardly ever equal, and a column less to sort by is time saved.
    by_rank, equal = _sorted(frame.select(frame.columns[: len(policy) + 1]), descending)
    if len(equal):
        by_rank, equal = _sorted(frame, descending)
    if len(equal):
        high, low = (int(half[by_rank[equal[0]]]) & 0xFFFFFFFFFFFFFFFF for half in (id0, id1))
        raise ValueError(f"two records have the id {high:016x}{low:016x} and the same rank: nothing tells them apart")
    return _inverse(by_rank)


def _sorted(frame: pl.DataFrame, descending: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of all columns, and the places whose row equals the one before it."""
    chosen = pl.arg_sort_by(frame.columns, descending=list(descending[: frame.width]), nulls_last=True)
    by_rank = frame.select(chosen).to_series()
    same = frame[by_rank].select(pl.all_horizontal(pl.all().eq_missing(pl.all().shift(1)))).to_series().to_numpy()
    return by_rank.to_numpy(), np.flatnonzero(same[1:]) + 1


def _inverse(permutation: np.ndarray) -> np.ndarray:
    inverse = np.empty(len(permutation), np.int64)
    inverse[permutation] = np.arange(len(permutation))
    return inverse


@kernel(I64, I64, _F32, I64, I64_OUT, I64_OUT, _F32_OUT)
def _by_later_end(a: Any, b: Any, similarity: Any, order: Any, starts: Any, earlier: Any, alike: Any) -> None:
    """Edges as lists of the end that stands earlier, one list for each place of the end that stands later."""
    for edge in range(len(a)):
        starts[max(order[a[edge]], order[b[edge]]) + 1] += 1
    for place in range(1, len(starts)):
        starts[place] += starts[place - 1]
    for edge in range(len(a)):
        one, two = order[a[edge]], order[b[edge]]
        late = max(one, two)
        earlier[starts[late]], alike[starts[late]] = min(one, two), similarity[edge]
        starts[late] += 1


@kernel(I64, I64, I64, _F32, I64_OUT, _F32_OUT)
def _resolved(by_rank: Any, starts: Any, earlier: Any, alike: Any, survivor: Any, similarity: Any) -> None:
    """A walk down the keep order: `starts[place]` is the end of the list of that place, by now the start of the next.

    Lists hold places, so the smaller of two equally similar survivors is the one that is kept first.
    """
    begin = 0
    for place in range(len(by_rank)):
        row, end = by_rank[place], starts[place]
        best, best_place = np.float32(0), -1
        for at in range(begin, end):
            other = earlier[at]
            if other == place or survivor[by_rank[other]] >= 0:
                continue
            if best_place < 0 or alike[at] > best or (alike[at] == best and other < best_place):
                best, best_place = alike[at], other
        if best_place >= 0:
            survivor[row], similarity[row] = by_rank[best_place], best
        begin = end


def resolve(
    a: np.ndarray,
    b: np.ndarray,
    similarity: np.ndarray,
    order: np.ndarray,
    n: int,
    weights: np.ndarray | None = None,
) -> Resolution:
    """Which of `n` records stay, given the pairs that were *verified* similar.

    `a`, `b` int64 and `similarity` float32: the pairs, in any order and direction, every one of them at or above the
    threshold; `order` int64 [n]: places in the keep order (`keep_order`). A removed record's survivor is the kept
    record most similar to it, of equally similar ones the first in keep order; a survivor always stands before it.
    `weights` int [n] says how many records each already stands for (exact duplicates); one each when not given.
    Linear in records and pairs. ValueError for ends outside 0 to n - 1, an order that is no permutation, a similarity
    that is not a number.
    """
    checked_ends(a, b, n)
    if len(similarity) != len(a) or np.isnan(similarity).any():
        raise ValueError("every pair needs a similarity that is a number")
    by_rank = _permutation(order, n)
    ends = tuple(frozen(np.ascontiguousarray(end, np.int64)) for end in (a, b))
    starts, earlier = np.zeros(n + 1, np.int64), np.empty(len(a), np.int64)
    alike = np.empty(len(a), np.float32)
    verified = frozen(np.ascontiguousarray(similarity, np.float32))
    places = frozen(np.ascontiguousarray(order, np.int64))
    _by_later_end(*ends, verified, places, starts, earlier, alike)
    survivor, found = np.full(n, -1, np.int64), np.full(n, np.nan, np.float32)
    _resolved(by_rank, frozen(starts), frozen(earlier), frozen(alike), survivor, found)
    weight = np.ones(n, np.int64) if weights is None else np.asarray(weights, np.int64)
    standing_for = np.where(survivor < 0, np.arange(n), survivor)
    size = np.bincount(standing_for, weights=weight, minlength=n).astype(np.int32)
    return Resolution(survivor, found, connected(a, b, n), size)


def _permutation(order: np.ndarray, n: int) -> np.ndarray:
    """The row at each place, frozen."""
    if len(order) != n:
        raise ValueError(f"{len(order)} places in the keep order for {n} records")
    by_rank = np.full(n, -1, np.int64)
    if n and (order.min() < 0 or order.max() >= n):
        raise ValueError(f"a place in the keep order lies outside 0 to {n - 1}")
    by_rank[order] = np.arange(n)
    if n and by_rank.min() < 0:
        raise ValueError("two records have the same place in the keep order")
    return frozen(by_rank)
