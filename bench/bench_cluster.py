"""Vectors clustered and deduplicated: python bench/bench_cluster.py [--rows 1000000] [--dim 384] [--texts FILE.jsonl].

The vectors are made: groups of unequal size around random centres, and one row in twenty a near-duplicate of another
with a cosine from 0.93 to 1. Printed are wall and CPU seconds, the peak of this process's memory, and how many of
the planted pairs are found. With --texts, also how fast the default embedder is fitted and applied, by CPU time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from corpus.cluster.diverse import balanced, greedy
from corpus.cluster.kmeans import SAMPLE_PER_CLUSTER, assign_two, k_of, train
from corpus.cluster.pairs import Edges, edges_to_kept, pairs, sweep
from corpus.embed.hashed import fit
from corpus.graph.resolve import resolve
from corpus.kernels.vectors import cosines, lengths_of, wide

T = TypeVar("T")
BATCH = 1 << 15
THRESHOLDS = (0.9, 0.93, 0.95, 0.97, 0.99)


def timed(said: str, work: Callable[[], T]) -> T:
    start, busy = time.monotonic(), time.process_time()
    found = work()
    spent, busy = time.monotonic() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{said:52} {spent:7.1f} s, {busy:7.1f} CPU s   peak {peak:5.2f} GB", flush=True)
    return found


def made(rows: int, dim: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float16 vectors of length 1, and the two rows of every planted pair."""
    centres = chance.standard_normal((max(1, rows // 400), dim), np.float32)
    group = np.minimum(chance.zipf(1.3, rows) - 1, len(centres) * 50) % len(centres)
    vectors = np.empty((rows, dim), np.float16)
    for start in range(0, rows, BATCH):
        here = centres[group[start : start + BATCH]]
        here = here + chance.standard_normal(here.shape, np.float32)
        vectors[start : start + BATCH] = here / np.linalg.norm(here, axis=1)[:, None]
    drawn = chance.permutation(rows)[: rows // 10]
    one, other = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    for start in range(0, len(one), BATCH):
        source, copy = one[start : start + BATCH], other[start : start + BATCH]
        cosine = chance.uniform(0.93, 1, len(copy)).astype(np.float32)[:, None]
        away = chance.standard_normal((len(copy), dim), np.float32) / np.float32(np.sqrt(dim))
        vectors[copy] = cosine * vectors[source] + np.sqrt(1 - cosine**2) * away
    return vectors, np.minimum(one, other), np.maximum(one, other)


def between(vectors: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The cosine of each pair of rows."""
    left, right, places = wide(vectors[one]), wide(vectors[other]), np.arange(len(one))
    return cosines(left, lengths_of(left), right, lengths_of(right), places, places)


def recall(found: Edges, one: np.ndarray, other: np.ndarray, alike: np.ndarray, threshold: float, rows: int) -> str:
    true = alike >= np.float32(threshold)
    held = np.isin(one[true] * rows + other[true], found.a * rows + found.b)
    return f"{held.mean():.4f} of {int(true.sum()):,} planted pairs, {len(found):,} in all"


def of_vectors(rows: int, dim: int, threshold: float) -> None:
    chance = np.random.default_rng(1)
    vectors, one, other = timed(f"made {rows:,} vectors of {dim}", lambda: made(rows, dim, chance))
    alike = np.concatenate(
        [between(vectors, one[s : s + BATCH], other[s : s + BATCH]) for s in range(0, len(one), BATCH)]
    )
    k = k_of(rows)
    began, busy = time.monotonic(), time.process_time()
    sample = vectors[np.sort(chance.permutation(rows)[: SAMPLE_PER_CLUSTER * k])]
    centroids = timed(f"k-means, {k:,} clusters from {len(sample):,} rows", lambda: train(sample, k))
    ids, similarity, second, _ = timed("assigned, with the second nearest", lambda: assign_two(vectors, centroids))
    sizes = np.bincount(ids, minlength=k)
    empty = int((sizes == 0).sum())
    print(f"  mean cosine {similarity.mean():.3f}; sizes {sizes.min()} to {sizes.max():,}, {empty} empty")
    found = timed(f"pairs of cosine {threshold} within clusters", lambda: pairs(vectors, ids, threshold))
    print(f"  {recall(found, one, other, alike, threshold, rows)}")
    kept = timed("resolved", lambda: resolve(found.a, found.b, found.cosine, np.arange(rows), rows)).kept
    wall, busy = time.monotonic() - began, time.process_time() - busy
    print(f"  {int((~kept).sum()):,} go; clustered and deduplicated in {wall:.0f} s, {busy:.0f} CPU s")
    wider = timed("pairs, the second nearest cluster too", lambda: pairs(vectors, ids, threshold, second))
    print(f"  {recall(wider, one, other, alike, threshold, rows)}")
    edges = timed("edges to kept rows only", lambda: edges_to_kept(vectors, ids, threshold))
    print(f"  {len(edges):,} go, {'the same' if np.array_equal(edges.b, np.flatnonzero(~kept)) else 'OTHER'} rows")
    counts = timed(f"a sweep of {len(THRESHOLDS)} thresholds", lambda: sweep(vectors, ids, THRESHOLDS))
    print("  " + ", ".join(f"{at}: {count:,}" for at, count in zip(THRESHOLDS, counts.tolist(), strict=True)))
    scores = chance.random(rows)
    timed("5,000 rows chosen by score, none alike (0.7)", lambda: greedy(vectors, scores, 5000, 0.7))
    timed("100,000 rows in equal shares of clusters", lambda: balanced(ids, scores, 100_000))


def of_texts(file: Path, megabytes: float) -> None:
    said: list[str] = []
    left = megabytes * 1e6
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["text"]
            said.append(text)
            left -= len(text.encode())
            if left < 0:
                break
    texts = pa.array(said, pa.large_string())
    size = sum(len(text.encode()) for text in said) / 1e6
    print(f"{len(said):,} texts, {size:.1f} MB")
    model = timed("the default embedder fitted", lambda: fit(texts))
    model.embed(texts.slice(0, 10))
    start = time.process_time()
    for first in itertools.count(0, 1024):
        if first >= len(texts):
            break
        model.embed(texts.slice(first, 1024))
    print(f"embedded at {size / (time.process_time() - start):.1f} MB a CPU second, {model.dim} numbers a text")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--threshold", type=float, default=0.95)
    parser.add_argument("--texts", type=Path, help="JSONL with a field `text`")
    parser.add_argument("--mb", type=float, default=30)
    options = parser.parse_args()
    if options.texts is not None:
        of_texts(options.texts, options.mb)
    of_vectors(options.rows, options.dim, options.threshold)


if __name__ == "__main__":
    main()
