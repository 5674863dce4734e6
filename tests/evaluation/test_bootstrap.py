from __future__ import annotations

import numpy as np
import pytest

from corpus.evaluation.bootstrap import Resampling, beyond, draws, mean_interval


def by_hand(values: list[float], resamples: int, seed: int) -> tuple[float, float]:
    """Each resample summed question by question; the bounds by ranks, between neighbours in proportion."""
    counts = np.random.default_rng([seed, 0, len(values)]).multinomial(
        len(values), [1 / len(values)] * len(values), size=resamples
    )
    means = sorted(sum(int(n) * v for n, v in zip(row, values, strict=True)) / len(values) for row in counts)

    def at(share: float) -> float:
        place = share * (resamples - 1)
        low = int(place)
        return means[low] + (place - low) * (means[min(low + 1, resamples - 1)] - means[low])

    return at(0.025), at(0.975)


def test_the_interval_of_a_mean_is_the_one_made_by_hand() -> None:
    values = [1.0, 0.5, 0.0, 1.0, 1.0, 0.25, 0.5]
    found = mean_interval(values, Resampling(500, 3))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((sum(values) / 7, *by_hand(values, 500, 3)))


def test_it_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(0).normal(size=400)
    found = mean_interval(values, Resampling(4000, 0))
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.06)


def test_draws_come_in_blocks_that_are_one_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(draws(9, Resampling(50, 2))))
    monkeypatch.setattr("corpus.evaluation.bootstrap._CELLS", 63)
    cut = list(draws(9, Resampling(50, 2)))
    assert len(cut) > 3
    assert np.array_equal(np.concatenate(cut), whole)
    assert set(whole.sum(1)) == {9}


def test_one_question_or_no_resamples_have_no_bounds() -> None:
    assert mean_interval([], Resampling()) is None
    for found in (mean_interval([0.5], Resampling()), mean_interval([0.5, 1.0], Resampling(0))):
        assert found is not None
        assert (found.low, found.high) == (None, None)


def test_chance_is_two_sided() -> None:
    assert beyond(np.asarray([1.0, 2.0, 3.0, -1.0])) == 0.5
    assert beyond(np.asarray([0.0, 0.0])) == 1.0
    assert beyond(np.asarray([1.0, 2.0])) == 0.0
    assert beyond(np.zeros(0)) is None
