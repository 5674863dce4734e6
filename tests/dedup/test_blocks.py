"""Blocks hold every pair once, with both its records, and no more than fits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.dedup.blocks import cut_blocks
from corpus.graph.components import connected


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] != pair[1]), max_size=60),
    st.lists(st.integers(1, 50), min_size=31, max_size=31),
    st.integers(1, 400),
)
def test_no_block_weighs_more_than_the_budget_or_one_pair(
    pairs: list[tuple[int, int]], weights: list[int], budget: int
) -> None:
    a, b = (np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1))
    weight = np.array(weights, np.int64)
    block = cut_blocks(a, b, connected(a, b, 31), weight, budget)
    assert sorted(set(block.tolist())) == list(range(len(set(block.tolist()))))
    for number in set(block.tolist()):
        chosen = block == number
        records = np.unique(np.concatenate([a[chosen], b[chosen]]))
        assert chosen.sum() == 1 or weight[records].sum() <= budget


def test_a_component_that_fits_stays_together() -> None:
    a, b = np.array([0, 1, 5, 6]), np.array([1, 2, 6, 7])
    block = cut_blocks(a, b, connected(a, b, 8), np.full(8, 10, np.int64), 30)
    assert block.tolist() == [0, 0, 1, 1]
