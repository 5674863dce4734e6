from __future__ import annotations

import numpy as np
import pytest

from corpus.index.lookup import contained, standard_error


def test_containment_follows_from_similarity_and_sizes() -> None:
    """100 of 100 elements lie among 400: a Jaccard similarity of a quarter."""
    found = contained(np.array([0.25, 1.0, 0.0]), np.array([100.0, 50.0, 10.0]), np.array([400.0, 50.0, 20.0]))
    assert found.tolist() == pytest.approx([1.0, 1.0, 0.0])


def test_containment_is_never_above_one() -> None:
    assert contained(np.array([0.9]), np.array([10.0]), np.array([1000.0]))[0] == 1


def test_standard_error_is_that_of_a_share_of_the_places() -> None:
    assert standard_error(np.array([0.7]), 256)[0] == pytest.approx(0.029, abs=0.001)
    assert standard_error(np.array([1.0]), 256)[0] == 0
