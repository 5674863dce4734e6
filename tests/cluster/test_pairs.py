from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cluster.pairs import Edges, edges_to_kept, pairs, pairs_across, sweep
from corpus.errors import UsageError
from corpus.graph.resolve import resolve
from corpus.kernels.vectors import cosines, lengths_of, wide

THRESHOLDS = [0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0]


def made(rows: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    """Rows of which many are near one another, some equal, some without a length."""
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((rows, dim))
    near = chance.integers(0, rows, rows // 2)
    vectors[: rows // 2] = vectors[near] + chance.choice([0, 0.01, 0.1, 0.4], rows // 2)[:, None] * vectors[: rows // 2]
    vectors[chance.random(rows) < 0.05] = 0
    return vectors.astype(np.float16)


def table(vectors: np.ndarray) -> np.ndarray:
    """All cosines; -2 where a row has no length."""
    rows, raw = len(vectors), wide(vectors)
    lengths = lengths_of(raw)
    full = np.flatnonzero(lengths > 0)
    a, b = (found.ravel() for found in np.meshgrid(full, full, indexing="ij"))
    found = np.full((rows, rows), -2, np.float32)
    found[a, b] = cosines(raw, lengths, raw, lengths, a, b)
    exact = vectors.astype(np.float64)[full]
    exact /= np.linalg.norm(exact, axis=1)[:, None]
    assert np.allclose(found[np.ix_(full, full)], exact @ exact.T, atol=2e-7)
    return found


def brute(
    alike: np.ndarray, ids: np.ndarray, threshold: float, second: np.ndarray | None = None
) -> set[tuple[int, int]]:
    together = (ids[:, None] == ids[None]) & (ids[:, None] >= 0)
    if second is not None:
        there = (second[:, None] == ids[None]) & (ids[None] >= 0)
        together |= there | there.T
    a, b = np.nonzero(np.triu(together & (alike >= np.float32(threshold)), 1))
    return set(zip(a.tolist(), b.tolist(), strict=True))


def walked(alike: np.ndarray, ids: np.ndarray, threshold: float, order: np.ndarray) -> dict[int, tuple[int, float]]:
    """Who goes, in whose favour: the keep order walked row by row."""
    kept: list[int] = []
    gone: dict[int, tuple[int, float]] = {}
    for row in np.argsort(order).tolist():
        over = [
            (-alike[row, k], order[k], k)
            for k in kept
            if ids[k] == ids[row] >= 0 and alike[row, k] >= np.float32(threshold)
        ]
        if over:
            gone[row] = (min(over)[2], float(alike[row, min(over)[2]]))
        else:
            kept.append(row)
    return gone


def as_set(edges: Edges) -> set[tuple[int, int]]:
    return set(zip(edges.a.tolist(), edges.b.tolist(), strict=True))


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("block", [9, 4096])
def test_pairs_equal_brute_force(threshold: float, block: int) -> None:
    vectors = made(160)
    chance = np.random.default_rng(1)
    ids, second = (chance.integers(-1, 4, 160).astype(np.int32) for _ in range(2))
    alike = table(vectors)
    found = pairs(vectors, ids, threshold, block=block)
    assert as_set(found) == brute(alike, ids, threshold)
    assert np.array_equal(found.cosine, alike[found.a, found.b])
    assert np.array_equal(np.lexsort((found.b, found.a)), np.arange(len(found)))
    probed = pairs(vectors, ids, threshold, second, block=block)
    assert len(as_set(probed)) == len(probed)
    assert as_set(probed) == brute(alike, ids, threshold, second)
    across = pairs_across(vectors, ids, second, threshold, block=block)
    assert as_set(across) == as_set(probed) - as_set(found)
    assert np.array_equal(across.cosine, alike[across.a, across.b])


def test_pairs_across_borders_can_be_found_cluster_by_cluster() -> None:
    vectors = made(120)
    chance = np.random.default_rng(2)
    ids, second = (chance.integers(0, 4, 120).astype(np.int32) for _ in range(2))
    apart: set[tuple[int, int]] = set()
    for cluster in range(4):
        rows = np.flatnonzero((ids == cluster) | (second == cluster))
        own = np.where(ids[rows] == cluster, cluster, -1)
        guest = np.where((second[rows] == cluster) & (own < 0), cluster, -1)
        found = pairs_across(vectors[rows], own, guest, 0.6)
        apart |= {tuple(sorted((int(rows[a]), int(rows[b])))) for a, b in zip(found.a, found.b, strict=True)}
    assert apart == as_set(pairs_across(vectors, ids, second, 0.6))


def test_a_threshold_that_is_a_pair_s_own_cosine_takes_the_pair() -> None:
    vectors = made(60)
    ids, alike = np.zeros(60, np.int32), table(vectors)
    for value in np.unique(alike[(alike > 0.2) & (alike < 1)])[::40].tolist():
        assert as_set(pairs(vectors, ids, value)) == brute(alike, ids, value)
        above = float(np.nextafter(np.float32(value), np.float32(2)))
        assert as_set(pairs(vectors, ids, above)) == brute(alike, ids, above)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(THRESHOLDS), st.sampled_from([4, 64]))
def test_who_goes_is_what_the_walk_down_the_keep_order_says(seed: int, threshold: float, block: int) -> None:
    vectors = made(70, seed=seed)
    chance = np.random.default_rng(seed)
    ids, order = chance.integers(-1, 3, 70).astype(np.int32), chance.permutation(70)
    alike = table(vectors)
    expected = walked(alike, ids, threshold, order)
    found = edges_to_kept(vectors, ids, threshold, order, block)
    got = {b: (a, float(c)) for a, b, c in zip(found.a.tolist(), found.b.tolist(), found.cosine, strict=True)}
    assert got == expected
    every = pairs(vectors, ids, threshold)
    of_pairs = resolve(every.a, every.b, every.cosine, order, 70).kept
    of_edges = resolve(found.a, found.b, found.cosine, order, 70).kept
    assert np.array_equal(of_pairs, of_edges)
    assert set(np.flatnonzero(~of_pairs).tolist()) == set(expected)


@pytest.mark.parametrize("block", [3, 4096])
def test_a_sweep_counts_what_each_threshold_would_remove(block: int) -> None:
    vectors = made(200, seed=3)
    chance = np.random.default_rng(3)
    ids, order = chance.integers(-1, 3, 200).astype(np.int32), chance.permutation(200)
    expected = [len(edges_to_kept(vectors, ids, threshold, order)) for threshold in THRESHOLDS]
    assert sweep(vectors, ids, THRESHOLDS, order, block).tolist() == expected
    assert expected[0] > expected[-1] > 0
    assert sweep(vectors, ids, [], order).tolist() == []


def test_ten_thousand_equal_rows_cost_an_edge_each(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.repeat(made(1, 8), 10_000, axis=0)
    ids = np.zeros(10_000, np.int32)
    found = edges_to_kept(vectors, ids, 0.9, block=512)
    assert (found.a == 0).all()
    assert np.array_equal(found.b, np.arange(1, 10_000))
    assert (found.cosine == 1).all()
    monkeypatch.setattr("corpus.cluster.pairs.MOST_PAIRS", 10_000)
    with pytest.raises(UsageError, match="more than 10,000 pairs"):
        pairs(vectors, ids, 0.9, block=512)


def test_floats_and_halves_of_the_same_values_give_the_same() -> None:
    vectors = made(100)
    ids = np.zeros(100, np.int32)
    halves, floats = pairs(vectors, ids, 0.6), pairs(vectors.astype(np.float32), ids, 0.6)
    assert as_set(halves) == as_set(floats)
    assert np.array_equal(halves.cosine, floats.cosine)


def test_nothing_gives_nothing() -> None:
    nothing = np.zeros((0, 4), np.float16)
    assert len(pairs(nothing, np.zeros(0, np.int32), 0.5)) == 0
    assert len(edges_to_kept(nothing, np.zeros(0, np.int32), 0.5)) == 0
    assert sweep(nothing, np.zeros(0, np.int32), [0.5]).tolist() == [0]
    assert len(pairs(made(5), np.full(5, -1, np.int32), 0.1)) == 0


def test_mistakes_are_told() -> None:
    vectors, ids = made(4), np.zeros(4, np.int32)
    for threshold in (0.0, 1.1, float("nan")):
        with pytest.raises(UsageError, match="above 0"):
            pairs(vectors, ids, threshold)
    with pytest.raises(UsageError, match=r"clusters of \[3\] rows"):
        sweep(vectors, ids[:3], [0.5])
