from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.graph.candidates import Buckets, PairSet, bucket_pairs, merge_pairs

BANDS = st.lists(st.integers(0, 6), max_size=60)


def column(values: list[int]) -> np.ndarray:
    return np.array(values, np.uint64)


def shuffled(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(n)


def by_hand(values: list[int], order: np.ndarray, full: int) -> list[tuple[int, int]]:
    found = []
    for value in set(values) - {0}:
        members = sorted((row for row, one in enumerate(values) if one == value), key=lambda row: order[row])
        if len(members) <= full:
            found += list(combinations(members, 2))
        else:
            found += [(members[0], row) for row in members[1:]] + list(pairwise(members[1:]))
    return sorted(found)


def as_list(a: np.ndarray, b: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(a.tolist(), b.tolist(), strict=True))


@settings(max_examples=200, deadline=None)
@given(BANDS, st.integers(1, 12), st.integers(0, 9))
def test_small_buckets_give_all_pairs_and_large_ones_a_star_and_neighbours(
    values: list[int], full: int, seed: int
) -> None:
    order = shuffled(len(values), seed)
    pairs = bucket_pairs(column(values), order, full)
    assert sorted(as_list(pairs.a, pairs.b)) == by_hand(values, order, full)
    assert (order[pairs.a] < order[pairs.b]).all()
    assert pairs.counts.pairs == len(pairs.a)


@settings(max_examples=100, deadline=None)
@given(BANDS, st.integers(2, 8), st.integers(0, 9), st.integers(0, 9))
def test_where_rows_stand_does_not_matter(values: list[int], full: int, seed: int, moved: int) -> None:
    order, to = shuffled(len(values), seed), shuffled(len(values), moved)
    before = bucket_pairs(column(values), order, full)
    elsewhere = bucket_pairs(column(values)[to], order[to], full)
    assert sorted(as_list(to[elsewhere.a], to[elsewhere.b])) == sorted(as_list(before.a, before.b))


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30), st.integers(0, 9))
def test_any_band_value_is_a_bucket_of_its_own(values: list[int], seed: int) -> None:
    doubled = values + values
    pairs = bucket_pairs(column(doubled), shuffled(len(doubled), seed), 64)
    assert {doubled[a] for a in pairs.a} == {doubled[b] for b in pairs.b} == set(values) - {0}
    assert (column(doubled)[pairs.a] == column(doubled)[pairs.b]).all()


def test_rows_without_a_band_are_in_no_bucket() -> None:
    pairs = bucket_pairs(column([0, 0, 0, 7]), np.arange(4))
    assert len(pairs.a) == 0
    assert pairs.counts == Buckets()


def test_counts_say_what_buckets_held_and_gave() -> None:
    values = [1] * 2 + [2] * 3 + [3] * 10 + [4]
    counts = bucket_pairs(column(values), np.arange(16), 5).counts
    assert counts == Buckets(
        buckets=3, large=1, members=15, largest=10, full_pairs=1 + 3, star_pairs=9, neighbour_pairs=8
    )
    assert counts + counts == Buckets(6, 2, 30, 10, 8, 18, 16)


def test_a_bucket_of_100_000_gives_two_pairs_a_member() -> None:
    order = shuffled(100_000, 3)
    pairs = bucket_pairs(np.full(100_000, 9, np.uint64), order)
    assert len(pairs.a) == 2 * 100_000 - 3
    centre = int(np.flatnonzero(order == 0)[0])
    assert (pairs.a == centre).sum() == 99_999


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="3 band values but 2 places"):
        bucket_pairs(column([1, 1, 1]), np.arange(2))
    with pytest.raises(ValueError, match="at least 1"):
        bucket_pairs(column([1, 1]), np.arange(2), 0)


PAIRS = st.lists(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=12), max_size=6)


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_merged_pairs_are_the_sorted_set_of_all(bands: list[list[tuple[int, int]]]) -> None:
    columns = [np.array(band, np.int64).reshape(-1, 2) for band in bands]
    a, b = merge_pairs(((one[:, 0], one[:, 1]) for one in columns), 21)
    assert as_list(a, b) == sorted({pair for band in bands for pair in band})


def test_a_set_of_pairs_stays_a_set_while_it_grows_past_its_buffer() -> None:
    chance = np.random.default_rng(5)
    whole, seen = PairSet(1000), []
    for _ in range(5):
        a, b = chance.integers(0, 1000, (2, 700_000))
        whole.add(a, b)
        seen.append(a * 1000 + b)
    a, b = whole.arrays()
    assert (a * 1000 + b == np.unique(np.concatenate(seen))).all()
    assert len(whole) == len(a)


def test_the_last_row_that_fits_is_told_from_the_first() -> None:
    last = (1 << 32) - 1
    a, b = merge_pairs([(np.array([last, 0]), np.array([0, last]))], 1 << 32)
    assert as_list(a, b) == [(0, last), (last, 0)]


def test_pairs_outside_the_rows_and_too_many_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="outside the 3 rows"):
        merge_pairs([(np.array([0]), np.array([3]))], 3)
    with pytest.raises(ValueError, match="2 first ends but 1"):
        merge_pairs([(np.array([0, 1]), np.array([1]))], 3)
    with pytest.raises(ValueError, match="more than 4294967296"):
        PairSet((1 << 32) + 1)
