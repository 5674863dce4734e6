from __future__ import annotations

import numpy as np
import pytest

from corpus.models.calibrate import Platt, platt, threshold_for


def test_scores_that_are_too_sure_are_brought_to_the_shares_seen() -> None:
    chance = np.random.default_rng(0)
    true_odds = chance.normal(0, 2, 20_000)
    has = chance.random(20_000) < 1 / (1 + np.exp(-true_odds))
    found = platt(3 * true_odds + 1, has)
    assert found.a == pytest.approx(1 / 3, rel=0.05)
    assert found.b == pytest.approx(-1 / 3, abs=0.06)


def test_one_kind_of_row_or_scores_the_wrong_way_round_leave_the_scores_as_they_are() -> None:
    odds = np.array([-2.0, -1.0, 1.0, 2.0])
    assert platt(odds, np.ones(4, bool)) == Platt()
    assert platt(odds, odds < 0) == Platt()


def test_rows_without_a_score_do_not_count_and_stay_without() -> None:
    odds, has = np.array([-2.0, 2.0, -1.0, 1.0, 0.1]), np.array([False, True, False, True, False])
    with_gap = np.append(odds, np.nan)
    assert platt(with_gap, np.append(has, True)) == platt(odds, has)
    assert np.isnan(Platt(a=2, b=1).apply(with_gap)[-1])


@pytest.mark.parametrize("wanted", [1.0, 0.8])
def test_kinds_that_lie_apart_are_parted_in_the_middle_of_the_gap(wanted: float) -> None:
    scores = np.append(np.linspace(0, 0.2, 50), np.linspace(0.6, 1, 50))
    found = threshold_for(scores, scores > 0.5, wanted)
    assert found.value == pytest.approx(0.4)
    assert (found.reached, found.precision, found.recall) == (True, 1.0, 1.0)


def test_a_higher_precision_costs_recall_and_no_threshold_with_more_f1_was_left() -> None:
    chance = np.random.default_rng(3)
    scores = chance.random(2000)
    has = chance.random(2000) < scores
    found = {wanted: threshold_for(scores, has, wanted) for wanted in (0.5, 0.8, 0.95)}
    for wanted, one in found.items():
        flagged = scores >= one.value
        assert one.reached
        assert one.precision == pytest.approx((flagged & has).sum() / flagged.sum(), abs=1e-5)
        assert one.precision >= wanted
        for other in np.linspace(0, 0.99, 100):
            also = scores >= other
            if (also & has).sum() / also.sum() >= wanted:
                assert f1(has, also) <= f1(has, flagged) + 1e-12
    assert found[0.5].recall > found[0.8].recall > found[0.95].recall


def f1(has: np.ndarray, flagged: np.ndarray) -> float:
    return float(2 * (has & flagged).sum() / (has.sum() + flagged.sum()))


def test_a_precision_that_is_out_of_reach_is_said_so() -> None:
    scores = np.linspace(0, 1, 100)
    found = threshold_for(scores, np.arange(100) % 2 == 0, 0.99)
    assert not found.reached
    assert found.precision < 0.99


def test_one_lucky_row_is_not_a_threshold() -> None:
    scores = np.linspace(0, 1, 100)
    has = np.arange(100) % 2 == 1
    found = threshold_for(scores, has, 0.9)
    assert (scores >= found.value).sum() >= 10
