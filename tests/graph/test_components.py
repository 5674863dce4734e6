from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.graph.components import connected, sizes

EDGES = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60)


def ends(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    columns = np.array(edges, np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def by_search(edges: list[tuple[int, int]], n: int) -> list[int]:
    """The smallest node that each node reaches, found by walking."""
    near: dict[int, set[int]] = {node: set() for node in range(n)}
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    labels = [-1] * n
    for node in range(n):
        pending = [node] if labels[node] < 0 else []
        while pending:
            at = pending.pop()
            if labels[at] < 0:
                labels[at] = node
                pending += near[at]
    return labels


@settings(max_examples=200, deadline=None)
@given(EDGES)
def test_each_node_is_labelled_with_the_smallest_it_reaches(edges: list[tuple[int, int]]) -> None:
    assert connected(*ends(edges), 40).tolist() == by_search(edges, 40)


@settings(max_examples=100, deadline=None)
@given(EDGES, st.randoms(use_true_random=False))
def test_order_and_direction_of_edges_do_not_matter(edges: list[tuple[int, int]], chance: object) -> None:
    turned = [edge if chance.random() < 0.5 else edge[::-1] for edge in edges]  # type: ignore[attr-defined]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    assert connected(*ends(turned), 40).tolist() == connected(*ends(edges), 40).tolist()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_shuffled_chain_and_a_star_are_one_component_each(seed: int) -> None:
    n = 100_000
    path = np.random.default_rng(seed).permutation(n)
    assert (connected(path[:-1], path[1:], n) == 0).all()
    assert (connected(np.full(n, n), np.arange(n), n + 1) == 0).all()


def test_a_node_without_edges_is_its_own_component() -> None:
    assert connected(np.array([3]), np.array([1]), 5).tolist() == [0, 1, 2, 1, 4]
    assert connected(np.empty(0, np.int64), np.empty(0, np.int64), 0).tolist() == []


def test_sizes_count_the_nodes_of_each_component() -> None:
    assert sizes(np.array([0, 1, 0, 3, 0])).tolist() == [3, 1, 3, 1, 3]


@pytest.mark.parametrize(("a", "b"), [([0], [5]), ([-1], [0]), ([0, 1], [1])])
def test_edges_outside_the_nodes_are_refused(a: list[int], b: list[int]) -> None:
    with pytest.raises(ValueError, match="edge"):
        connected(np.array(a), np.array(b), 5)
