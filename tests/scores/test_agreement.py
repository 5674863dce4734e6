"""Agreement of scorers: ranks, tiers and what is beyond chance."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.errors import UsageError
from corpus.scores.agreement import agreement, tiers_of


def test_scorers_of_one_order_agree_wholly_and_of_the_reverse_not_at_all():
    values = np.arange(10.0)
    same, turned, third = agreement({"a": values, "b": values**3, "c": -values})
    assert (same.first, same.second, same.rows) == ("a", "b", 10)
    assert (same.spearman, same.same, same.kappa) == (1.0, 1.0, 1.0)
    assert same.confusion == ((3, 0, 0), (0, 3, 0), (0, 0, 4))
    assert turned.spearman == -1.0
    assert turned.confusion[0] == (0, 0, 3)
    assert turned.kappa is not None
    assert turned.kappa < 0
    assert (third.first, third.second) == ("b", "c")


def test_tiers_are_by_rank_and_equal_values_share_one():
    assert tiers_of(np.array([5.0, 4, 3, 2, 1, 0, -1, -2, -3, -4])).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    assert len(set(tiers_of(np.zeros(7)).tolist())) == 1
    assert tiers_of(np.array([1.0, 0.0]), (0.5, 0.25)).tolist() == [0, 2]


def test_rows_without_a_score_are_left_out():
    nan = float("nan")
    pair = agreement({"a": np.array([1.0, 2, 3, nan]), "b": np.array([1.0, 2, 3, 4])})[0]
    assert pair.rows == 3
    empty = agreement({"a": np.array([nan]), "b": np.array([1.0])})[0]
    assert (empty.rows, empty.spearman, empty.same, empty.kappa) == (0, None, 0.0, None)
    constant = agreement({"a": np.ones(5), "b": np.arange(5.0)})[0]
    assert constant.spearman is None


def test_mistakes_are_told():
    with pytest.raises(UsageError, match="do not compare"):
        agreement({"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(UsageError, match="shares"):
        agreement({"a": np.zeros(2), "b": np.zeros(2)}, (0.7, 0.4))
