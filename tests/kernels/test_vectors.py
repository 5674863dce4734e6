from __future__ import annotations

import numpy as np
import pytest

from corpus.kernels.vectors import SLACK, cosines, lengths_of, nearest_two, scaled, wide


def made(rows: int, dim: int, seed: int = 0) -> np.ndarray:
    return wide(np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float16))


@pytest.mark.parametrize("dim", [1, 3, 4, 130])
def test_cosines_are_those_of_numpy_in_double_precision(dim: int) -> None:
    left, right = made(40, dim, 1), made(30, dim, 2)
    a, b = (found.ravel() for found in np.meshgrid(np.arange(40), np.arange(30)))
    found = cosines(left, lengths_of(left), right, lengths_of(right), a, b)
    exact = left.astype(np.float64) @ right.astype(np.float64).T
    exact /= np.outer(np.linalg.norm(left.astype(np.float64), axis=1), np.linalg.norm(right.astype(np.float64), axis=1))
    assert np.allclose(found, exact[a, b], atol=2e-7)


def test_equal_vectors_have_exactly_one_and_opposite_ones_minus_one() -> None:
    rows = made(300, 129)
    places, lengths = np.arange(300), lengths_of(rows)
    assert (cosines(rows, lengths, rows, lengths, places, places) == 1).all()
    assert (cosines(rows, lengths, wide(-rows), lengths, places, places) == -1).all()


def test_a_row_that_is_not_finite_has_no_length() -> None:
    rows = wide(np.array([[1, 0], [0, 0], [np.nan, 1], [np.inf, 1]], np.float32))
    lengths = lengths_of(rows)
    assert lengths.tolist() == [1, 0, 0, 0]
    assert scaled(rows, lengths).tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]


def test_the_product_that_proposes_is_within_the_slack() -> None:
    rows = made(500, 1000)
    lengths = lengths_of(rows)
    near = scaled(rows, lengths)
    a, b = (found.ravel() for found in np.meshgrid(np.arange(500), np.arange(500)))
    assert np.abs((near @ near.T)[b, a] - cosines(rows, lengths, rows, lengths, b, a)).max() < SLACK / 10


def test_the_nearest_two_are_those_of_the_whole_table_with_ties_to_the_first() -> None:
    rows = wide(np.concatenate([made(200, 6, 1), np.zeros((1, 6), np.float32)]))
    points = wide(np.concatenate([made(9, 6, 2), made(9, 6, 2), np.zeros((1, 6), np.float32)]))
    lengths, point_lengths = lengths_of(rows), lengths_of(points)
    proposed = scaled(rows, lengths) @ scaled(points, point_lengths).T
    first, best, second, next_best = nearest_two(rows, lengths, points, point_lengths, proposed)
    assert (first[:200] < 9).all()
    assert np.array_equal(second[:200], first[:200] + 9)
    assert np.array_equal(best, next_best)
    assert np.allclose(best[:200], proposed[:200, :18].max(axis=1), atol=1e-6)
    assert (first[200], best[200], second[200], next_best[200]) == (-1, 0, -1, 0)


def test_a_single_point_has_no_second() -> None:
    rows, point = made(5, 4, 1), made(1, 4, 2)
    proposed = scaled(rows, lengths_of(rows)) @ scaled(point, lengths_of(point)).T
    first, _, second, _ = nearest_two(rows, lengths_of(rows), point, lengths_of(point), proposed)
    assert (first == 0).all()
    assert (second == -1).all()
