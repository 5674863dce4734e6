"""Rows whose vectors are alike, found within clusters and in blocks: never the square of the corpus.

A block is at most BLOCK rows against BLOCK rows, so memory is bounded whatever the largest cluster: 64 MB of
similarities and the vectors of two blocks. A matrix product proposes, `kernels.vectors` decides, so no pair depends on
the shape of a block. What lies in different clusters is not compared, but for the second nearest where that is given.

`pairs` lists every pair, which for a thousand equal rows is half a million. `edges_to_kept` and `sweep` walk down the
keep order as `graph.resolve` does and compare with kept rows only: what goes and why, in no more edges than rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.cluster.blocks import BLOCK, Block, mark_block
from corpus.errors import UsageError
from corpus.kernels.buffers import frozen
from corpus.kernels.neighbours import over
from corpus.kernels.vectors import SLACK, cosines

MOST_PAIRS = 1 << 27
"""Pairs that `pairs` gives, at most: 2.7 GB."""


@dataclass(frozen=True)
class Edges:
    """Row `a[i]` and row `b[i]`, int64, have the cosine `cosine[i]`, float32."""

    a: np.ndarray
    b: np.ndarray
    cosine: np.ndarray

    def __len__(self) -> int:
        return len(self.a)


def pairs(
    vectors: np.ndarray, ids: np.ndarray, threshold: float, second: np.ndarray | None = None, block: int = BLOCK
) -> Edges:
    """Every pair of rows of one cluster with a cosine of at least `threshold`: a < b, ordered by a and b.

    `vectors` float16 or float32 (rows, dim), `ids` the cluster of each row, negative for none; with `second`, the next
    nearest cluster of each, also every pair of which one row's second cluster is the other's first. UsageError when
    there are more than MOST_PAIRS, or the threshold is not above 0 and at most 1.
    """
    _check(vectors, [ids] if second is None else [ids, second], [threshold])
    blocks = (two for members, guests in _groups(ids, second) for two in _blocks(members, guests, block))
    return _listed(vectors, blocks, threshold)


def pairs_across(
    vectors: np.ndarray, ids: np.ndarray, second: np.ndarray, threshold: float, block: int = BLOCK
) -> Edges:
    """Of the pairs that `pairs` finds with `second`, those of different clusters.

    For the rows that stand after duplicates within clusters went: no two of a cluster are alike then, so one row has
    few neighbours across the border and the list is short. A part of the rows will do, if for each cluster all that
    have it first or second are there.
    """
    _check(vectors, [ids, second], [threshold])
    blocks = (
        (members[i : i + block], guests[j : j + block])
        for members, guests in _groups(ids, second)
        for i in range(0, len(members), block)
        for j in range(0, len(guests), block)
    )
    return _listed(vectors, blocks, threshold)


def _listed(vectors: np.ndarray, blocks: Iterable[tuple[np.ndarray, np.ndarray]], threshold: float) -> Edges:
    found: list[Edges] = []
    total = 0
    for one, other in blocks:
        edges = _alike(Block(vectors, one), Block(vectors, other), threshold, one is other)
        total += len(edges)
        if total > MOST_PAIRS:
            raise UsageError(
                f"more than {MOST_PAIRS:,} pairs of rows have a cosine of {threshold} or more; raise the threshold"
                " or remove equal texts first"
            )
        found.append(edges)
    return _ordered(found)


def edges_to_kept(
    vectors: np.ndarray, ids: np.ndarray, threshold: float, order: np.ndarray | None = None, block: int = BLOCK
) -> Edges:
    """For every row that goes the edge to the kept row of its cluster that is most like it: a is kept, b goes.

    A row goes if and only if a kept row before it in `order` (the place of each row, by its number where left out) has
    a cosine of at least `threshold`; of equally similar ones the first counts. So resolving these edges and resolving
    all `pairs` of the clusters keep the same rows. Ordered by b.
    """
    _check(vectors, [ids], [threshold])
    survivor, best, _ = _walk(vectors, ids, [threshold], order, block)
    gone = np.flatnonzero(survivor >= 0)
    return Edges(survivor[gone], gone, best[gone])


def sweep(
    vectors: np.ndarray,
    ids: np.ndarray,
    thresholds: Sequence[float],
    order: np.ndarray | None = None,
    block: int = BLOCK,
) -> np.ndarray:
    """How many rows `edges_to_kept` would remove at each threshold, int64, in one pass over the vectors."""
    if not thresholds:
        return np.zeros(0, np.int64)
    _check(vectors, [ids], thresholds)
    _, _, kept = _walk(vectors, ids, thresholds, order, block)
    return np.asarray((kept == 0).sum(axis=1), np.int64)


def _alike(one: Block, other: Block, threshold: float, same: bool) -> Edges:
    i, j = over(one.unit @ other.unit.T, threshold - SLACK, same)
    full = (one.lengths[i] > 0) & (other.lengths[j] > 0)
    i, j = i[full], j[full]
    found = cosines(one.raw, one.lengths, other.raw, other.lengths, i, j)
    alike = found >= np.float32(threshold)
    return Edges(one.rows[i[alike]], other.rows[j[alike]], found[alike])


def _ordered(found: list[Edges]) -> Edges:
    """All of them with a < b, ordered, each pair once: two clusters can find the same."""
    a = np.concatenate([np.minimum(edges.a, edges.b) for edges in found] or [np.zeros(0, np.int64)])
    b = np.concatenate([np.maximum(edges.a, edges.b) for edges in found] or [np.zeros(0, np.int64)])
    cosine = np.concatenate([edges.cosine for edges in found] or [np.zeros(0, np.float32)])
    by = np.lexsort((b, a))
    a, b, cosine = a[by], b[by], cosine[by]
    first = np.ones(len(a), bool)
    first[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return Edges(a[first], b[first], cosine[first])


def _groups(ids: np.ndarray, second: np.ndarray | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """By cluster its rows, and the rows that have it as their second; ascending."""
    by = np.argsort(ids, kind="stable")
    names, starts, sizes = np.unique(ids[by], return_index=True, return_counts=True)
    guests, guest_ids = by[:0], ids[:0]
    if second is not None:
        guests = np.argsort(second, kind="stable")
        guests = guests[second[guests] != ids[guests]]
        guest_ids = second[guests]
    for name, start, size in zip(names.tolist(), starts.tolist(), sizes.tolist(), strict=True):
        if name >= 0:
            low, high = np.searchsorted(guest_ids, [name, name + 1])
            yield by[start : start + size], guests[low:high]


def _blocks(members: np.ndarray, guests: np.ndarray, block: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every two blocks of members, and every block of members with every one of guests; a block with itself is `is`."""
    cut = [members[start : start + block] for start in range(0, len(members), block)]
    others = [guests[start : start + block] for start in range(0, len(guests), block)]
    for index, one in enumerate(cut):
        for other in cut[index:]:
            yield one, other
        for other in others:
            yield one, other


def _walk(
    vectors: np.ndarray, ids: np.ndarray, thresholds: Sequence[float], order: np.ndarray | None, block: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By row the kept row that removes it at the first threshold (-1 for none) and their cosine, and `kept`, uint8
    (thresholds, rows)."""
    rows = len(vectors)
    survivor, best = np.full(rows, -1, np.int64), np.zeros(rows, np.float32)
    kept = np.ones((len(thresholds), rows), np.uint8)
    bounds = frozen(np.array(thresholds, np.float32))
    place = np.arange(rows) if order is None else np.asarray(order)
    for members, _ in _groups(ids, None):
        members = members[np.argsort(place[members], kind="stable")]
        standing = members[:0]
        for start in range(0, len(members), block):
            one = Block(vectors, members[start : start + block])
            for first in range(0, len(standing), block):
                mark_block(one, Block(vectors, standing[first : first + block]), False, bounds, kept, survivor, best)
            mark_block(one, one, True, bounds, kept, survivor, best)
            standing = np.concatenate([standing, one.rows[kept[:, one.rows].any(axis=0)]])
    return survivor, best, kept


def _check(vectors: np.ndarray, clusters: Sequence[np.ndarray], thresholds: Sequence[float]) -> None:
    if vectors.ndim != 2 or any(len(ids) != len(vectors) for ids in clusters):
        raise UsageError(f"vectors of shape {vectors.shape} and clusters of {[len(ids) for ids in clusters]} rows")
    wrong = [threshold for threshold in thresholds if not 0 < threshold <= 1]
    if wrong:
        raise UsageError(f"a cosine threshold of {wrong[0]}: it must be above 0 and at most 1")
