from __future__ import annotations

import numpy as np
import pytest

from corpus.models.metrics import area, calibration_error, evaluate, f1_interval, reliability, wilson


def test_the_score_interval_is_wilsons() -> None:
    found = wilson(8, 10)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.490162, 0.943318), abs=1e-5)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_f1_lies_in_its_interval_which_narrows_with_rows() -> None:
    few, many = f1_interval(8, 10, 12, 40), f1_interval(800, 1000, 1200, 4000)
    assert few.value == many.value == pytest.approx(16 / 22, abs=1e-5)
    assert few.low < many.low < many.value < many.high < few.high
    assert f1_interval(8, 10, 12, 40) == few


def test_counts_of_a_small_case_are_those_counted_by_hand() -> None:
    truth, given = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, -1])
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [np.nan, np.nan]])
    found = evaluate(truth, given, scores, ("a", "b"), {"b": 0.75})
    assert found.confusion == ((2, 1), (0, 2))
    assert found.unscored == 1
    assert found.accuracy == pytest.approx(4 / 6, abs=1e-6)
    b = found.of[1]
    assert (b.rows, b.flagged, b.right) == (3, 3, 2)
    at = {one.threshold: one for one in b.table}
    assert (at[0.75].flagged, at[0.75].precision) == (2, 1.0)
    assert at[0.99].precision is None


def test_bins_hold_every_row_once_and_perfect_scores_have_no_error() -> None:
    scores = np.array([0.0, 0.0, 0.5, 0.5, 1.0, 1.0])
    has = np.array([False, False, True, False, True, True])
    bins = reliability(has, scores)
    assert sum(one.rows for one in bins) == 6
    assert calibration_error(bins) == 0
    assert calibration_error(reliability(~has, scores)) == pytest.approx(4 / 6, abs=1e-6)


def test_area_is_the_share_of_pairs_in_order_with_ties_half() -> None:
    scores, has = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True])
    assert area(scores, has) == (1 + 0.5 + 2) / 4
    assert area(scores, np.ones(4, bool)) is None
