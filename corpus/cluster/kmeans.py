"""Spherical k-means: FAISS trains centroids on a sample, every row is then assigned exactly.

Training is Lloyd's iteration by cosine (Dhillon and Modha 2001) from greedy k-means++ seeds (Arthur and Vassilvitskii
2007), the best of some starts where clusters are few.
Assignment proposes by a matrix product and decides by `kernels.vectors`, so a row's cluster and its similarity, bit for
bit, do not depend on the batch it came in.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from corpus.errors import EnvironmentProblem, UsageError
from corpus.kernels.vectors import lengths_of, nearest_two, scaled, wide

ITERATIONS = 25
SAMPLE_PER_CLUSTER = 256
"""Vectors of the sample that training reads for each cluster (FAISS's own bound); more improve the centroids little."""
PLUS_PLUS = 4096
"""Clusters up to which seeds are k-means++; above, whose cost grows with the square, they are rows drawn at random."""
SEEDS_FROM = 16
"""Rows for each cluster from which seeds are drawn, and at least LEAST_ROWS."""
LEAST_ROWS = 1 << 14
FEW, STARTS, SHORT = 128, 16, 6
"""Up to FEW clusters so many starts of SHORT iterations are made, on the rows seeds come from; the best goes on."""
WORTH_THREADS = 1 << 30
"""Products an iteration from which on several threads are used: on a busy machine they wait more than they work."""
_TRIALS = 8
BLOCK = 1 << 24
"""Similarities that assignment holds at a time: 64 MB."""


def k_of(rows: int) -> int:
    """How many clusters so many rows get when the user does not say: the square root, rounded, and at least one.

    Clusters are then as many as the rows in each, and all pairs within clusters cost rows^1.5. The SemDeDup authors use
    11,000 clusters for a text corpus and 50,000 for 440 million images and find the result hardly sensitive to k
    (Abbas et al. 2023). NeMo Curator warns below 1,000 because a cluster must fit in memory; here clusters are compared
    in blocks, so there is no such bound.
    """
    if rows < 0:
        raise ValueError(f"rows is {rows}")
    return max(1, round(math.sqrt(rows)))


def train(vectors: np.ndarray, k: int, seed: int = 0, iterations: int = ITERATIONS) -> np.ndarray:
    """Centroids of length 1, float32 (k, dim), of a sample of vectors (rows, dim), float16 or float32.

    Rows of length zero are left out. There are fewer than k centroids only where there are fewer other rows; a cluster
    that runs empty is given a part of a large one (FAISS). The same for the same rows in the same order, k and seed.
    UsageError for fewer than one cluster or iteration.
    """
    if k < 1 or iterations < 1:
        raise UsageError(f"k-means of {k} clusters in {iterations} iterations: both must be at least 1")
    sample = wide(vectors)
    lengths = lengths_of(sample)
    points = scaled(sample, lengths)[lengths > 0]
    k = min(k, len(points))
    if k == 0:
        return np.zeros((0, vectors.shape[1]), np.float32)
    chance = np.random.default_rng(seed)
    points = _drawn(points, SAMPLE_PER_CLUSTER * k, chance)
    pool = _drawn(points, max(SEEDS_FROM * k, LEAST_ROWS), chance)
    centroids = wide(_lloyd(points, _best_start(pool, k, chance), iterations)[0])
    return np.ascontiguousarray(scaled(centroids, lengths_of(centroids)))


def _best_start(pool: np.ndarray, k: int, chance: np.random.Generator) -> np.ndarray:
    if k > FEW:
        return _seeds(pool, k, chance)
    starts = [_lloyd(pool, _seeds(pool, k, chance), SHORT) for _ in range(STARTS)]
    return max(starts, key=lambda start: start[1])[0]


def _lloyd(points: np.ndarray, seeds: np.ndarray, iterations: int) -> tuple[np.ndarray, float]:
    """Centroids, and the sum of cosines before the last step."""
    faiss = _faiss()
    model = faiss.Kmeans(
        points.shape[1],
        len(seeds),
        niter=iterations,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(points),
    )
    threads = faiss.omp_get_max_threads()
    try:
        if points.size * len(seeds) < WORTH_THREADS:
            faiss.omp_set_num_threads(1)
        alike = model.train(points, init_centroids=seeds)
    finally:
        faiss.omp_set_num_threads(threads)
    return np.array(model.centroids, np.float32), float(alike)


def assign(vectors: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By row the cluster whose centroid has the largest cosine, int32, and that cosine, float32.

    Of equal ones the first. A row of length zero has -1 and 0. Memory is bounded by BLOCK, whatever the rows.
    """
    first, best, _, _ = assign_two(vectors, centroids)
    return first, best


def assign_two(vectors: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """As `assign`, and the same of the second nearest cluster: -1 and 0 where there is none."""
    if vectors.ndim != 2 or vectors.shape[1] != centroids.shape[1]:
        raise UsageError(
            f"vectors of shape {vectors.shape} cannot be assigned to centroids of {centroids.shape[1]} numbers"
        )
    rows, k = len(vectors), len(centroids)
    found = (np.empty(rows, np.int32), np.empty(rows, np.float32), np.empty(rows, np.int32), np.empty(rows, np.float32))
    points = wide(centroids)
    point_lengths = lengths_of(points)
    across = np.ascontiguousarray(scaled(points, point_lengths).T)
    step = max(1, BLOCK // max(1, k, vectors.shape[1]))
    for start in range(0, rows, step):
        block = wide(vectors[start : start + step])
        lengths = lengths_of(block)
        parts = nearest_two(block, lengths, points, point_lengths, scaled(block, lengths) @ across)
        for whole, part in zip(found, parts, strict=True):
            whole[start : start + step] = part
    return found


def inertia(vectors: np.ndarray, ids: np.ndarray) -> float:
    """The sum of squared distances of the rows, at length 1, to the means of their clusters, without cluster -1."""
    block = wide(vectors)
    points = scaled(block, lengths_of(block))[ids >= 0].astype(np.float64)
    sums, sizes = np.zeros((int(ids.max(initial=-1)) + 1, points.shape[1])), np.bincount(ids[ids >= 0])
    np.add.at(sums, ids[ids >= 0], points)
    squares = np.sum(sums**2, axis=1)
    return float(np.sum(points**2) - np.sum(squares[sizes > 0] / sizes[sizes > 0]))


def _drawn(points: np.ndarray, most: int, chance: np.random.Generator) -> np.ndarray:
    """At most so many of the points, in their order."""
    if len(points) <= most:
        return points
    return points[np.sort(chance.choice(len(points), most, replace=False))]


def _seeds(pool: np.ndarray, k: int, chance: np.random.Generator) -> np.ndarray:
    """k of the points that lie apart: each next is the best of some drawn by their squared distance to those so far."""
    if k > PLUS_PLUS:
        return _drawn(pool, k, chance)
    taken = np.empty(k, np.int64)
    taken[0] = chance.integers(len(pool))
    apart = _apart(pool, pool[taken[:1]])[:, 0]
    for index in range(1, k):
        reach = np.cumsum(apart, dtype=np.float64)
        drawn = np.searchsorted(reach, chance.random(_TRIALS) * reach[-1], side="right")
        drawn = np.minimum(drawn, len(pool) - 1)
        closer = np.minimum(apart[:, None], _apart(pool, pool[drawn]))
        best = int(closer.sum(axis=0, dtype=np.float64).argmin())
        taken[index], apart = drawn[best], np.ascontiguousarray(closer[:, best])
    return pool[taken]


def _apart(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of points of length 1; below what float32 resolves, 0."""
    squares = 2.0 - 2.0 * (points @ others.T)
    return np.where(squares > 1e-6, squares, np.float32(0))


def _faiss() -> Any:
    try:
        import faiss
    except ImportError:
        raise EnvironmentProblem(
            "clustering needs faiss, which is not installed; install the extra `semantic` (faiss-cpu)"
        ) from None
    return faiss
