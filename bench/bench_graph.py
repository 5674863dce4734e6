"""What the graph of near-duplicates costs: python bench/bench_graph.py [--rows 2000000] [--edges 10000000] [--spark].

CPU seconds of this process (wall seconds for Spark, which runs in others) and its peak memory. The rows are made: half
of them in clusters of a few, each row in its cluster's bucket in four bands of five, one hot bucket of 10,000.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from corpus.graph.candidates import Buckets, PairSet, bucket_pairs
from corpus.graph.components import connected, sizes
from corpus.graph.resolve import By, keep_order, resolve

T = TypeVar("T")


def timed(said: str, work: Callable[[], T], clock: Callable[[], float] = time.process_time) -> T:
    start = clock()
    found = work()
    spent = clock() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{said:58} {spent:8.2f} s   peak {peak:5.2f} GB", flush=True)
    return found


def bands_of(rows: int, bands: int, chance: np.random.Generator) -> Iterator[np.ndarray]:
    """Band values, one column at a time, as signatures read from sidecars would come."""
    clustered = np.where(chance.random(rows) < 0.5, chance.integers(0, rows // 8, rows), rows + np.arange(rows))
    for _ in range(bands):
        own = np.arange(rows, 2 * rows)
        bucket = np.where(chance.random(rows) < 0.8, clustered, own).astype(np.uint64)
        bucket[:10_000] = 3 * rows
        yield (bucket + np.uint64(1)) * (chance.integers(0, 1 << 63, dtype=np.uint64) * np.uint64(2) + np.uint64(1))


def in_memory(rows: int, bands: int, edges: int) -> None:
    chance = np.random.default_rng(1)
    compile_kernels()
    ids = chance.integers(-(2**63), 2**63 - 1, (2, rows))
    lengths, priority = chance.integers(10, 5000, rows), chance.integers(0, 3, rows)
    order = timed(f"keep order of {rows:,} rows", lambda: keep_order([By(priority), By(lengths)], *ids))
    made = 0.0

    def candidates() -> tuple[PairSet, Buckets]:
        nonlocal made
        found, counts, start = PairSet(rows), Buckets(), time.process_time()
        for column in bands_of(rows, bands, chance):
            made += time.process_time() - start
            pairs = bucket_pairs(column, order)
            found.add(pairs.a, pairs.b)
            counts += pairs.counts
            start = time.process_time()
        return found, counts

    whole, counts = timed(f"pairs of {rows:,} rows in {bands} bands", candidates)
    print(f"  of it {made:.2f} s to make the bands; {len(whole):,} pairs of {counts}")
    a, b = whole.arrays()
    similarity = chance.random(len(a), np.float32)
    kept = timed("  resolved", lambda: resolve(a, b, similarity, order, rows)).kept
    print(f"  {int(kept.sum()):,} of {rows:,} are kept; peak so far is that of a whole near-duplicate stage's graph")

    hot = np.full(100_000, 5, np.uint64)
    pairs = timed("one bucket of 100,000", lambda: bucket_pairs(hot, chance.permutation(100_000)))
    print(f"  {len(pairs.a):,} pairs")
    for nodes in (edges // 5, edges):
        a, b = chance.integers(0, nodes, (2, edges))
        labels = timed(f"components of {edges:,} edges, {nodes:,} nodes", lambda a=a, b=b, n=nodes: connected(a, b, n))
        print(f"  the largest has {int(sizes(labels).max()):,}")
    similarity = chance.random(edges, np.float32)
    order = chance.permutation(edges)
    timed(f"resolution of {edges:,} edges, {edges:,} nodes", lambda: resolve(a, b, similarity, order, edges))


def compile_kernels() -> None:
    one = np.zeros(1, np.int64)
    merged = PairSet(2)
    for _ in range(2):
        pairs = bucket_pairs(np.ones(2, np.uint64), np.arange(2))
        merged.add(pairs.a, pairs.b)
        len(merged)
    resolve(one, one, np.ones(1, np.float32), one, 1)


def on_spark(edges: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from corpus.graph.frames import connected_components
    from corpus.session import open_session

    chance = np.random.default_rng(2)
    with tempfile.TemporaryDirectory() as scratch, open_session() as spark:
        pq.write_table(pa.table(dict(zip("ab", chance.integers(0, edges, (2, edges)), strict=True))), f"{scratch}/e")
        frame = spark.read.parquet(f"{scratch}/e")
        for said, bound in (("warming up", 0), ("in rounds", 0), ("in the driver", edges)):
            timed(
                f"Spark components of {edges:,} edges, {said}",
                lambda bound=bound: connected_components(spark, frame, f"{scratch}/c", in_memory_edges=bound).count(),
                time.monotonic,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--bands", type=int, default=32)
    parser.add_argument("--edges", type=int, default=10_000_000)
    parser.add_argument("--spark", action="store_true", help="also components of a tenth as many edges on Spark")
    options = parser.parse_args()
    in_memory(options.rows, options.bands, options.edges)
    if options.spark:
        on_spark(options.edges // 10)


if __name__ == "__main__":
    main()
