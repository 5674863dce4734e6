from __future__ import annotations

import numpy as np
import pytest

from corpus.cluster.kmeans import assign, assign_two, inertia, k_of, train
from corpus.errors import UsageError

pytest.importorskip("faiss")


def blobs(rows: int, dim: int, many: int, noise: float, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((many, dim))
    centres /= np.linalg.norm(centres, axis=1)[:, None]
    points = centres[chance.integers(0, many, rows)] + noise * chance.standard_normal((rows, dim))
    return (points / np.linalg.norm(points, axis=1)[:, None]).astype(np.float16)


@pytest.mark.parametrize(("rows", "dim", "many", "noise", "k"), [(3000, 24, 15, 0.15, 15), (2500, 16, 1, 1.0, 30)])
def test_inertia_is_within_two_percent_of_scikit_learn(rows: int, dim: int, many: int, noise: float, k: int) -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    vectors = blobs(rows, dim, many, noise)
    points = vectors.astype(np.float64)
    points /= np.linalg.norm(points, axis=1)[:, None]
    theirs = cluster.KMeans(k, n_init=5, random_state=0).fit(points).inertia_
    for seed in range(3):
        ids, _ = assign(vectors, train(vectors, k, seed))
        assert inertia(vectors, ids) <= 1.02 * theirs


def test_inertia_is_that_of_the_definition() -> None:
    vectors = blobs(50, 4, 3, 0.2)
    ids = np.random.default_rng(0).integers(-1, 3, 50).astype(np.int32)
    points = vectors.astype(np.float64)
    points /= np.linalg.norm(points, axis=1)[:, None]
    expected = sum(np.sum((points[ids == c] - points[ids == c].mean(axis=0)) ** 2) for c in range(3))
    assert np.isclose(inertia(vectors, ids), expected)


def test_the_same_seed_gives_the_same_bits_and_another_others() -> None:
    vectors = blobs(2000, 16, 10, 0.3)
    assert np.array_equal(train(vectors, 12, seed=4), train(vectors, 12, seed=4))
    assert not np.array_equal(train(vectors, 12, seed=4), train(vectors, 12, seed=5))


def test_assignment_is_that_of_brute_force() -> None:
    vectors, centroids = blobs(500, 20, 8, 0.4), blobs(30, 20, 30, 0.1, seed=2).astype(np.float32)
    ids, similarity = assign(vectors, centroids)
    alike = vectors.astype(np.float64) @ centroids.T.astype(np.float64)
    alike /= np.outer(np.linalg.norm(vectors.astype(np.float64), axis=1), np.linalg.norm(centroids, axis=1))
    assert np.array_equal(ids, alike.argmax(axis=1))
    assert np.allclose(similarity, alike.max(axis=1), atol=1e-6)


def test_assignment_is_the_same_bits_for_every_cut_into_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = blobs(700, 33, 9, 0.5)
    centroids = train(vectors, 20)
    whole = assign_two(vectors, centroids)
    for step in (1, 7, 256):
        parts = [assign_two(vectors[start : start + step], centroids) for start in range(0, 700, step)]
        for one, found in zip(whole, zip(*parts, strict=True), strict=True):
            assert np.array_equal(one, np.concatenate(found))
    monkeypatch.setattr("corpus.cluster.kmeans.BLOCK", 33 * 10)
    for one, found in zip(whole, assign_two(vectors, centroids), strict=True):
        assert np.array_equal(one, found)


def test_halves_and_floats_of_any_length_are_assigned_alike() -> None:
    vectors = blobs(200, 8, 4, 0.3)
    centroids = train(vectors, 4)
    longer = vectors.astype(np.float32) * np.float32(4)
    assert np.array_equal(assign(vectors, centroids)[0], assign(longer, centroids)[0])
    assert np.allclose(assign(vectors, centroids)[1], assign(longer, centroids)[1])


def test_a_row_without_a_vector_has_no_cluster_and_trains_none() -> None:
    vectors = np.concatenate(
        [blobs(100, 8, 3, 0.1), np.zeros((50, 8), np.float16), np.full((1, 8), np.nan, np.float16)]
    )
    centroids = train(vectors, 3)
    assert np.allclose(np.linalg.norm(centroids, axis=1), 1, atol=1e-6)
    ids, similarity = assign(vectors, centroids)
    assert (ids[100:] == -1).all()
    assert (similarity[100:] == 0).all()
    assert (ids[:100] >= 0).all()


def test_more_clusters_than_vectors_and_equal_vectors_are_no_trouble() -> None:
    three = blobs(3, 8, 3, 0.1)
    assert len(train(three, 10)) == 3
    equal = np.repeat(three[:1], 200, axis=0)
    centroids = train(equal, 5)
    assert np.isfinite(centroids).all()
    assert len(np.unique(assign(equal, centroids)[0])) == 1
    assert train(np.zeros((4, 8), np.float16), 2).shape == (0, 8)
    assert assign(three, np.zeros((0, 8), np.float32))[0].tolist() == [-1, -1, -1]
    assert assign(three[:0], centroids)[0].shape == (0,)


def test_a_sample_larger_than_training_reads_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.cluster.kmeans.SAMPLE_PER_CLUSTER", 20)
    monkeypatch.setattr("corpus.cluster.kmeans.PLUS_PLUS", 2)
    vectors = blobs(2000, 8, 6, 0.1)
    assert len(np.unique(assign(vectors, train(vectors, 6))[0])) == 6


def test_k_is_the_square_root() -> None:
    assert [k_of(rows) for rows in (0, 1, 100, 1_000_000, 500_000_000)] == [1, 1, 10, 1000, 22361]


def test_mistakes_are_told() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        train(blobs(10, 4, 2, 0.1), 0)
    with pytest.raises(UsageError, match="centroids of 3"):
        assign(blobs(10, 4, 2, 0.1), np.ones((2, 3), np.float32))
