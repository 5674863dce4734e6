from __future__ import annotations

import numpy as np

from corpus.embed.svd import Sparse, truncated_svd


def sparse(dense: np.ndarray) -> Sparse:
    rows, columns = np.nonzero(dense)
    offsets = np.searchsorted(rows, np.arange(len(dense) + 1)).astype(np.int64)
    return Sparse(offsets, columns.astype(np.int32), dense[rows, columns].astype(np.float32), dense.shape[1])


def made(rows: int, width: int, seed: int) -> np.ndarray:
    """A sparse matrix with a spectrum that falls, as those of texts do."""
    chance = np.random.default_rng(seed)
    dense = (chance.random((rows, 12)) / np.arange(1, 13)) @ chance.standard_normal((12, width))
    return dense * (chance.random((rows, width)) < 0.3)


def test_singular_values_and_vectors_are_those_of_the_whole_decomposition() -> None:
    dense = made(200, 90, 1)
    lengths, right = truncated_svd(sparse(dense), 8, seed=0)
    _, exact, vectors = np.linalg.svd(dense)
    assert np.allclose(lengths, exact[:8], rtol=1e-2)
    assert np.allclose(np.abs(np.sum(right[:, :3].T * vectors[:3], axis=1)), 1, atol=2e-2)
    assert np.allclose(right.T @ right, np.eye(8), atol=1e-4)


def test_a_matrix_of_lower_rank_gives_as_many_values_as_it_has() -> None:
    dense = np.outer([1.0, 2, 3, 4], [1.0, 0, 1, 0, 1])
    lengths, right = truncated_svd(sparse(dense), 4, seed=0)
    assert len(lengths) == right.shape[1] == 1
    assert np.allclose(lengths[0], np.linalg.norm(dense))


def test_an_empty_matrix_has_none() -> None:
    for dense in (np.zeros((0, 4)), np.zeros((3, 4)), np.zeros((3, 0))):
        lengths, right = truncated_svd(sparse(dense), 2, seed=0)
        assert len(lengths) == 0
        assert right.shape == (dense.shape[1], 0)


def test_the_same_seed_gives_the_same_bits() -> None:
    matrix = sparse(made(60, 40, 2))
    assert np.array_equal(truncated_svd(matrix, 5, seed=3)[1], truncated_svd(matrix, 5, seed=3)[1])
