from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cluster.diverse import balanced, greedy
from corpus.errors import UsageError
from corpus.kernels.vectors import cosines, lengths_of, wide


def made(rows: int, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((max(1, rows // 3), 5))[chance.integers(0, max(1, rows // 3), rows)]
    return (vectors + 0.2 * chance.standard_normal((rows, 5))).astype(np.float16)


def naive(vectors: np.ndarray, scores: np.ndarray, budget: float, limit: float, costs: np.ndarray) -> list[int]:
    """The definition, row by row."""
    raw = wide(vectors)
    lengths = lengths_of(raw)
    chosen: list[int] = []
    spent = 0.0
    able = [row for row in range(len(vectors)) if not np.isnan(scores[row]) and lengths[row] > 0]
    for row in sorted(able, key=lambda row: (-scores[row], row)):
        places = np.array(chosen, np.int64)
        if len(chosen) and cosines(raw, lengths, raw, lengths, np.full(len(places), row), places).max() >= np.float32(
            limit
        ):
            continue
        spent += costs[row]
        if spent > budget:
            break
        chosen.append(row)
    return chosen


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(0, 60), st.sampled_from([0.3, 0.7, 0.9, 1.0]), st.integers(0, 60), st.booleans()
)
def test_greedy_is_the_naive_choice(seed: int, rows: int, limit: float, budget: int, priced: bool) -> None:
    vectors, chance = made(rows, seed), np.random.default_rng(seed)
    vectors[chance.random(rows) < 0.05] = 0
    scores = chance.integers(0, 10, rows).astype(float)
    scores[chance.random(rows) < 0.05] = np.nan
    costs = chance.integers(1, 5, rows).astype(float) if priced else np.ones(rows)
    expected = naive(vectors, scores, budget, limit, costs)
    for block in (5, 4096):
        found = greedy(vectors, scores, budget, limit, costs=costs if priced else None, block=block)
        assert found.tolist() == expected


def test_ties_are_settled_by_the_numbers_given_and_not_by_where_rows_stand() -> None:
    chance = np.random.default_rng(0)
    vectors, scores, ties = made(80, 0), chance.integers(0, 4, 80).astype(float), chance.permutation(80)
    ids = chance.integers(0, 5, 80).astype(np.int32)
    moved = chance.permutation(80)
    assert np.array_equal(
        ties[greedy(vectors, scores, 20, ties=ties)],
        ties[moved][greedy(vectors[moved], scores[moved], 20, ties=ties[moved])],
    )
    assert np.array_equal(
        ties[balanced(ids, scores, 20, ties=ties)],
        ties[moved][balanced(ids[moved], scores[moved], 20, ties=ties[moved])],
    )


def test_no_two_chosen_rows_are_alike_and_every_other_has_a_better_one_like_it() -> None:
    vectors, scores = made(200, 1), np.random.default_rng(1).random(200)
    chosen = greedy(vectors, scores, 1000, 0.8, block=16)
    raw = wide(vectors)
    lengths = lengths_of(raw)
    for row in range(200):
        others = chosen[(scores[chosen] > scores[row]) & (chosen != row)]
        like = cosines(raw, lengths, raw, lengths, np.full(len(others), row), others) >= np.float32(0.8)
        assert like.any() == (row not in chosen)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-1, 4), max_size=50), st.integers(0, 60))
def test_equal_shares_differ_by_one_at_most_but_for_clusters_that_are_used_up(clusters: list[int], budget: int) -> None:
    ids = np.array(clusters, np.int32)
    scores = np.random.default_rng(len(clusters)).random(len(ids))
    chosen = balanced(ids, scores, budget)
    assert len(set(chosen.tolist())) == len(chosen) == min(budget, int((ids >= 0).sum()))
    shares = {c: int((ids[chosen] == c).sum()) for c in range(5)}
    open_shares = [shares[c] for c in range(5) if shares[c] < int((ids == c).sum())]
    if open_shares:
        assert max(shares.values()) - min(open_shares) <= 1
    for c in range(5):
        members = np.flatnonzero(ids == c)
        best = members[np.argsort(-scores[members], kind="stable")][: shares[c]]
        assert set(best.tolist()) == set(chosen[ids[chosen] == c].tolist())


def test_proportional_shares_are_those_of_the_clusters() -> None:
    ids = np.repeat(np.arange(3), [600, 300, 100]).astype(np.int32)
    chosen = balanced(ids, np.random.default_rng(0).random(1000), 100, power=1.0)
    assert np.bincount(ids[chosen]).tolist() == [60, 30, 10]


def test_mistakes_are_told() -> None:
    with pytest.raises(UsageError, match="limit 0"):
        greedy(made(3, 0), np.ones(3), 2, 0)
    with pytest.raises(UsageError, match="neither can be below 0"):
        balanced(np.zeros(3, np.int32), np.ones(3), -1)
