from __future__ import annotations

import numpy as np
import pytest

from corpus.dedup.thinning import counted, jackknife, sizes_before


def members(sizes: np.ndarray, many: np.ndarray) -> float:
    return float((sizes * many)[sizes > 1].sum())


def test_a_sample_that_is_everything_is_given_back() -> None:
    sizes, many = sizes_before({1: 10, 3: 2}, 1.0)
    assert (sizes.tolist(), many.tolist()) == ([1, 3], [10, 2])


def test_records_alone_stay_alone() -> None:
    sizes, many = sizes_before({1: 500}, 0.1)
    assert members(sizes, many) == pytest.approx(0, abs=1e-6)
    assert (sizes * many).sum() == pytest.approx(5000, rel=0.01)


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_groups_are_as_large_as_they_were_before_members_went(share: float) -> None:
    chance = np.random.default_rng(1)
    before = np.concatenate([np.full(10_000, 1), np.full(1000, 2), np.full(300, 5), np.full(20, 60), [3000]])
    sizes, many = sizes_before(counted(chance.binomial(before, share)), share)
    assert members(sizes, many) == pytest.approx(before[before > 1].sum(), rel=0.15)
    assert (sizes * many).sum() == pytest.approx(before.sum(), rel=0.05)


def test_nothing_seen_is_nothing_and_a_share_of_nothing_is_refused() -> None:
    assert sizes_before({}, 0.5)[0].tolist() == []
    with pytest.raises(ValueError, match="above 0"):
        sizes_before({1: 1}, 0.0)


def test_counting_leaves_out_groups_of_which_nothing_is_left() -> None:
    assert counted(np.array([0, 0, 1, 2, 2])) == {1: 1, 2: 2}


def test_the_jackknife_of_a_sum_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    parts = values.reshape(20, 20).sum(axis=1)
    total = values.sum()
    without = (total - parts) * 20 / 19
    assert jackknife(float(total), without) == pytest.approx(parts.std(ddof=1) * 20**0.5, rel=1e-6)
