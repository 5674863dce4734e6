from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.models.ngram.buckets import bucket, cuts_of, shares_of


def test_ziya_takes_three_tenths_and_three_more() -> None:
    values = np.arange(100, dtype=np.float32)
    cuts = {0: cuts_of(values, shares_of("ziya"))}
    found = bucket(values, np.zeros(100, int), cuts, np.zeros(100, bool)).to_pylist()
    assert [found.count(name) for name in ("head", "middle", "tail")] == [30, 30, 40]
    assert found[0] == "head"
    assert found[99] == "tail"


def test_groups_have_their_own_cuts_and_rows_without_a_rank_none() -> None:
    values = np.array([1, 2, 3, 10, 20, 30, np.nan, 5], np.float32)
    groups = np.array([0, 0, 0, 1, 1, 1, 0, 0])
    exempt = np.array([False] * 7 + [True])
    cuts = {0: cuts_of(values[:3], (1 / 3, 2 / 3)), 1: cuts_of(values[3:6], (1 / 3, 2 / 3))}
    found = bucket(values, groups, cuts, exempt).to_pylist()
    assert found == ["head", "middle", "tail", "head", "middle", "tail", None, "exempt"]


def test_a_group_of_nothing_but_exempt_rows_needs_no_cuts() -> None:
    found = bucket(np.array([1.0]), np.array([0]), {}, np.array([True])).to_pylist()
    assert found == ["exempt"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.permutations(range(30)))
def test_buckets_do_not_depend_on_the_order_and_equal_values_fall_together(values: list[int], order: list[int]) -> None:
    array = np.array(values, np.float32)
    moved = array[[place for place in order if place < len(values)]]
    assert cuts_of(array, (0.3, 0.6)) == cuts_of(moved, (0.3, 0.6))
    cuts = {0: cuts_of(array, (0.3, 0.6))}
    found = bucket(array, np.zeros(len(array), int), cuts, np.zeros(len(array), bool)).to_pylist()
    assert len({(value, name) for value, name in zip(values, found, strict=True)}) == len(set(values))
    assert found.count("head") >= 0.3 * len(values) - 1e-9


@pytest.mark.parametrize("said", ["half", "0.3", "0.6,0.3", "0,0.5", "0.5,1", "a,b", "0.1,0.2,0.3"])
def test_cuts_that_are_none_are_refused(said: str) -> None:
    with pytest.raises(UsageError, match="--cuts"):
        shares_of(said)
