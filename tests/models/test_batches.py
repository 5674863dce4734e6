from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.models.batches import alone, batches, padded


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 120))
def test_every_sequence_is_in_one_batch_within_the_budget_longest_first(lengths: list[int], tokens: int) -> None:
    sizes = np.array(lengths, np.int64)
    found = list(batches(sizes, tokens))
    assert sorted(place for group in found for place in group) == [at for at, one in enumerate(lengths) if one]
    assert all(len(group) == 1 or len(group) * sizes[group].max() <= tokens for group in found)
    order = [sizes[place] for group in found for place in group]
    assert order == sorted(order, reverse=True)


def test_alone_is_one_at_a_time_without_empty_ones() -> None:
    assert [group.tolist() for group in alone(np.array([3, 0, 1]))] == [[0], [2]]


def test_sequences_stand_on_the_left_and_the_mask_is_one_where_they_are() -> None:
    ids, mask = padded([np.array([5, 6, 7]), np.array([8])], 9)
    assert ids.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
