"""Rows hold what they can, and hardly anything is left empty."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from train.pack.fit import fit


def by_hand(lengths: list[int], size: int) -> list[int]:
    """Best fit decreasing, the obvious way: of equal rows the one that was used last."""
    left: list[int] = []
    used: list[int] = []
    rows = [0] * len(lengths)
    for moment, place in enumerate(sorted(range(len(lengths)), key=lambda one: -lengths[one])):
        fits = [row for row in range(len(left)) if left[row] >= lengths[place]]
        if fits:
            row = min(fits, key=lambda one: (left[one], -used[one]))
        else:
            row = len(left)
            left.append(size)
            used.append(0)
        left[row] -= lengths[place]
        used[row] = moment
        rows[place] = row
    return rows


@given(st.lists(st.integers(1, 130), max_size=60), st.sampled_from([130, 191, 192, 256]))
def test_every_sequence_has_the_row_of_the_obvious_way(lengths: list[int], size: int) -> None:
    rows, count = fit(np.array(lengths, np.int64), size)
    assert rows.tolist() == by_hand(lengths, size)
    assert count == len(set(rows.tolist()))
    assert not len(lengths) or np.bincount(rows, lengths).max() <= size


def test_many_sequences_fill_their_rows() -> None:
    lengths = np.clip(np.random.default_rng(0).lognormal(5, 0.8, 20000).astype(np.int64), 1, 2048)
    rows, count = fit(lengths, 2048)
    assert lengths.sum() / (count * 2048) > 0.999
    assert np.bincount(rows, lengths).max() <= 2048
