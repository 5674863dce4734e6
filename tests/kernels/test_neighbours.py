from __future__ import annotations

import numpy as np
import pytest

from corpus.kernels.neighbours import over


@pytest.mark.parametrize("same", [False, True])
def test_all_places_over_the_bound_are_found_in_order(same: bool) -> None:
    values = np.random.default_rng(0).random((90, 90)).astype(np.float32)
    rows, columns = over(values, 0.5, same)
    expected = np.nonzero(np.triu(values, 1) >= 0.5 if same else values >= 0.5)
    assert np.array_equal(rows, expected[0])
    assert np.array_equal(columns, expected[1])


def test_a_bound_above_all_finds_nothing() -> None:
    rows, columns = over(np.zeros((3, 0), np.float32), 0.5, False)
    assert len(rows) == len(columns) == 0
