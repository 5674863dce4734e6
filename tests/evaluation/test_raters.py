"""Figures of the literature, which everybody who computes them can look up."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.evaluation.raters import cohen_kappa, fleiss_kappa, krippendorff_alpha, of_scores, of_verdicts

NAN = float("nan")
FLEISS = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip
KRIPPENDORFF = [
    [NAN, NAN, NAN, NAN, NAN, 3, 4, 1, 2, 1, 1, 3, 3, NAN, 3],
    [1, NAN, 2, 1, 3, 3, 4, 3, NAN, NAN, NAN, NAN, NAN, NAN, NAN],
    [NAN, NAN, 2, 1, 3, 4, 4, NAN, 2, 1, 1, 3, 3, NAN, 4],
]


def test_cohens_kappa_of_a_table_of_two_raters() -> None:
    one = np.repeat([1.0, 1.0, 0.0, 0.0], [20, 5, 10, 15])
    other = np.repeat([1.0, 0.0, 1.0, 0.0], [20, 5, 10, 15])
    assert cohen_kappa(one, other) == pytest.approx(0.4)
    assert cohen_kappa(one, np.full(50, NAN)) is None
    assert cohen_kappa(np.ones(3), np.ones(3)) is None


def test_fleiss_kappa_of_fourteen_raters() -> None:
    table = np.asarray([np.repeat(np.arange(5.0), row) for row in FLEISS])
    assert fleiss_kappa(table) == pytest.approx(0.210, abs=5e-4)


def test_krippendorffs_alpha_with_gaps() -> None:
    table = np.asarray(KRIPPENDORFF).T
    assert krippendorff_alpha(table, interval=False) == pytest.approx(0.691, abs=5e-4)
    assert krippendorff_alpha(table, interval=True) == pytest.approx(0.811, abs=5e-4)
    assert krippendorff_alpha(np.full((2, 2), NAN), interval=False) is None


def test_judges_by_name_with_rows_that_one_of_them_left_out() -> None:
    found = of_verdicts({"a": ["win", "tie", "lose", None], "b": ["win", "tie", "win", "win"]})
    assert (found.rows, found.same) == (3, pytest.approx(2 / 3))
    assert found.cohen == {"a / b": pytest.approx((2 / 3 - 3 / 9) / (1 - 3 / 9))}
    scores = of_scores({"a": [0.1, 0.5, 0.9], "b": [0.1, 0.5, 0.9]})
    assert (scores.same, scores.alpha, scores.cohen, scores.fleiss) == (1.0, 1.0, {}, None)
