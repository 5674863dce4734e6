from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.graph.components import connected
from corpus.graph.resolve import By, Resolution, keep_order, mixed, resolve

NODES = 24


@dataclass(frozen=True)
class Graph:
    """Verified pairs of NODES records and a keep order."""

    a: np.ndarray
    b: np.ndarray
    similarity: np.ndarray
    order: np.ndarray

    def resolved(self) -> Resolution:
        return resolve(self.a, self.b, self.similarity, self.order, NODES)

    def edges(self) -> dict[frozenset[int], float]:
        """The best similarity of each pair of different records."""
        best: dict[frozenset[int], float] = {}
        for a, b, value in zip(self.a.tolist(), self.b.tolist(), self.similarity.tolist(), strict=True):
            if a != b:
                best[frozenset((a, b))] = max(value, best.get(frozenset((a, b)), 0.0))
        return best


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    node = st.integers(0, NODES - 1)
    edges = draw(st.lists(st.tuples(node, node, st.sampled_from([0.7, 0.8, 0.9, 1.0])), max_size=50))
    order = draw(st.permutations(range(NODES)))
    columns = list(zip(*edges, strict=True)) if edges else [(), (), ()]
    return Graph(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.float32),
        np.array(order, np.int64),
    )


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_a_record_goes_exactly_when_a_kept_record_before_it_is_verified_similar(graph: Graph) -> None:
    result, edges = graph.resolved(), graph.edges()
    for node in range(NODES):
        before = [
            other
            for other in range(NODES)
            if result.kept[other] and graph.order[other] < graph.order[node] and frozenset((node, other)) in edges
        ]
        assert result.kept[node] == (not before)
        if before:
            best = max(before, key=lambda other: (edges[frozenset((node, other))], -graph.order[other]))
            assert result.survivor[node] == best
            assert result.similarity[node] == np.float32(edges[frozenset((node, best))])
        else:
            assert result.survivor[node] == -1
            assert np.isnan(result.similarity[node])


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_no_two_kept_records_are_verified_similar(graph: Graph) -> None:
    kept = graph.resolved().kept
    assert not any(all(kept[node] for node in pair) for pair in graph.edges())


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_every_record_that_came_in_is_counted_for_one_kept_record(graph: Graph) -> None:
    result = graph.resolved()
    assert result.cluster_size.sum() == NODES
    for node in range(NODES):
        standing_for = (result.survivor == node).sum() + 1
        assert result.cluster_size[node] == (standing_for if result.kept[node] else 0)


@settings(max_examples=150, deadline=None)
@given(graphs(), st.permutations(range(NODES)), st.randoms(use_true_random=False))
def test_names_and_order_of_records_and_pairs_do_not_matter(graph: Graph, new: list[int], chance: object) -> None:
    to = np.array(new)  # record `node` is now `to[node]`
    at = list(range(len(graph.a)))
    chance.shuffle(at)  # type: ignore[attr-defined]
    order = np.empty(NODES, np.int64)
    order[to] = graph.order
    moved = Graph(to[graph.b[at]], to[graph.a[at]], graph.similarity[at], order).resolved()
    before = graph.resolved()
    expected = np.where(before.survivor < 0, -1, to[before.survivor])
    assert moved.survivor[to].tolist() == expected.tolist()
    assert moved.cluster_size[to].tolist() == before.cluster_size.tolist()
    np.testing.assert_array_equal(moved.similarity[to], before.similarity)
    same = before.component[:, None] == before.component[None, :]
    assert ((moved.component[to][:, None] == moved.component[to][None, :]) == same).all()


def test_a_chain_loses_every_second_record_not_all_but_one() -> None:
    n = 10_001
    result = resolve(np.arange(n - 1), np.arange(1, n), np.full(n - 1, 0.9, np.float32), np.arange(n), n)
    assert result.kept.tolist() == [node % 2 == 0 for node in range(n)]
    assert (result.component == 0).all()


def test_a_star_around_the_last_in_keep_order_loses_only_its_centre() -> None:
    n = 1000
    a, b = np.zeros(n, np.int64), np.arange(1, n + 1)
    order = np.arange(-1, n)
    order[0] = n
    result = resolve(a, b, np.full(n, 0.8, np.float32), order, n + 1)
    assert np.flatnonzero(~result.kept).tolist() == [0]
    assert result.survivor[0] == 1, "of equally similar records the one that is kept first"


def test_100_000_copies_leave_one() -> None:
    n = 100_000
    order = np.random.default_rng(2).permutation(n)
    first = int(np.flatnonzero(order == 0)[0])
    others = np.delete(np.arange(n), first)
    result = resolve(np.full(n - 1, first), others, np.ones(n - 1, np.float32), order, n)
    assert np.flatnonzero(result.kept).tolist() == [first]
    assert result.cluster_size[first] == n


def test_exact_duplicates_found_before_count_with_their_survivor() -> None:
    weights = np.array([1, 5, 2])
    result = resolve(np.array([0]), np.array([1]), np.ones(1, np.float32), np.array([1, 0, 2]), 3, weights)
    assert result.cluster_size.tolist() == [0, 6, 2]


def test_components_are_those_of_the_pairs() -> None:
    chance = np.random.default_rng(3)
    a, b = chance.integers(0, 500, (2, 400))
    result = resolve(a, b, np.ones(400, np.float32), chance.permutation(500), 500)
    assert result.component.tolist() == connected(a, b, 500).tolist()


@pytest.mark.parametrize(
    ("a", "b", "similarity", "order", "said"),
    [
        ([0], [3], [1.0], [0, 1, 2], "outside the 3 nodes"),
        ([0], [1], [float("nan")], [0, 1, 2], "a similarity that is a number"),
        ([0], [1], [], [0, 1, 2], "a similarity that is a number"),
        ([0], [1], [1.0], [0, 1, 1], "the same place"),
        ([0], [1], [1.0], [0, 1, 3], "outside 0 to 2"),
        ([0], [1], [1.0], [0, 1], "2 places in the keep order for 3"),
    ],
)
def test_what_does_not_fit_is_refused(
    a: list[int], b: list[int], similarity: list[float], order: list[int], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        resolve(np.array(a), np.array(b), np.array(similarity, np.float32), np.array(order), 3)


POLICY = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([0.5, 0.75, float("nan")]), st.integers(-(2**63), 2**63 - 1)),
    max_size=30,
    unique_by=lambda row: row[2],
)


def placed(rows: list[tuple[int, float, int]]) -> list[tuple[int, float, int]]:
    """The rows in the order that the policy 'priority, then least score' gives."""
    priority, score, ids = (np.array([row[at] for row in rows]) for at in range(3))
    ids = ids.astype(np.int64)
    order = keep_order([By(priority), By(score.astype(np.float64), False)], ids, np.zeros(len(rows), np.int64))
    assert sorted(order.tolist()) == list(range(len(rows)))
    return [rows[index] for index in np.argsort(order)]


@settings(max_examples=100, deadline=None)
@given(POLICY, st.randoms(use_true_random=False))
def test_the_keep_order_follows_the_policy_and_then_the_hashed_id(
    rows: list[tuple[int, float, int]], chance: object
) -> None:
    def key(row: tuple[int, float, int]) -> tuple[float, ...]:
        hashed = int(mixed(np.array([row[2]]), np.array([0]))[0])
        return (-row[0], row[1] if row[1] == row[1] else 2.0, hashed)

    expected = sorted(rows, key=key)
    assert [row[2] for row in placed(rows)] == [row[2] for row in expected]
    moved = list(rows)
    chance.shuffle(moved)  # type: ignore[attr-defined]
    assert [row[2] for row in placed(moved)] == [row[2] for row in expected]


def test_ids_that_repeat_are_told_apart_by_rank_and_refused_without() -> None:
    ids, zeros = np.array([7, 7, 9]), np.zeros(3, np.int64)
    ranks = np.array([1, 0, 0])
    order = keep_order([By(zeros)], ids, zeros, ranks)
    assert order[1] < order[0]
    with pytest.raises(ValueError, match="00000000000000070000000000000000 and the same rank"):
        keep_order([By(zeros)], ids, zeros)
    assert sorted(keep_order([By(np.array([1, 2, 1]))], ids, zeros).tolist()) == [0, 1, 2]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[2, 3\] rows"):
        keep_order([By(np.zeros(2))], np.zeros(3, np.int64), np.arange(3))
