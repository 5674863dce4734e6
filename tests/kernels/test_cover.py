"""The kernel chooses as the paper's algorithm, written out in Python, does."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.cover import cover


def by_hand(rows: list[list[int]], sizes: list[int], order: list[int], budget: int) -> list[int]:
    rounds = [0] * len(rows)
    total, turn, added = 0, 0, True
    while added and total < budget:
        added, turn, covered = False, turn + 1, set()
        for row in order:
            if rounds[row] or total + sizes[row] > budget or not set(rows[row]) - covered:
                continue
            covered |= set(rows[row])
            rounds[row], total, added = turn, total + sizes[row], True
    return rounds


@settings(max_examples=200)
@given(
    st.lists(st.lists(st.integers(0, 6), max_size=4, unique=True), max_size=12),
    st.integers(0, 15),
    st.randoms(use_true_random=False),
)
def test_it_equals_the_algorithm_by_hand(rows, budget, random):
    sizes = [random.randint(1, 3) for _ in rows]
    order = sorted(range(len(rows)), key=lambda row: (-len(rows[row]), row))
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    labels = np.array([label for row in rows for label in row], np.int64)
    found = cover(np.array(order, np.int64), offsets, labels, np.array(sizes, np.int64), budget)
    assert found.tolist() == by_hand(rows, sizes, order, budget)
    assert sum(size for size, turn in zip(sizes, found, strict=True) if turn) <= budget
