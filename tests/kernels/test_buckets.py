from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.buckets import WALKED, Buckets

ROWS = st.lists(st.lists(st.integers(1, 6), min_size=3, max_size=3), max_size=WALKED)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_a_row_meets_exactly_those_it_shares_a_band_with(rows: list[list[int]]) -> None:
    table = Buckets(3)
    # The hash of a band has the band in it, as signatures have, so that equal numbers of other bands never meet.
    bands = [np.array([one * 10 + band for band, one in enumerate(row)], np.uint64) for row in rows]
    for row, own in enumerate(bands):
        wanted = [other for other in range(row) if (bands[other] == own).any()]
        assert table.sharing(own).tolist() == wanted
        table.add(own)


def test_it_grows_and_forgets_nothing_and_rows_without_bands_meet_nobody() -> None:
    table = Buckets(2)
    for row in range(10_000):
        table.add(np.array([row + 1, 20_000 + row // 2], np.uint64))
    table.add(np.zeros(2, np.uint64))
    assert table.sharing(np.array([77, 20_000 + 4999], np.uint64)).tolist() == [76, 9998, 9999]
    assert table.sharing(np.zeros(2, np.uint64)).tolist() == []


def test_of_a_large_bucket_the_latest_are_looked_at() -> None:
    table = Buckets(1)
    for _ in range(WALKED + 5):
        table.add(np.array([9], np.uint64))
    assert table.sharing(np.array([9], np.uint64)).tolist() == list(range(5, WALKED + 5))
