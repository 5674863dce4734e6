from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.setsim import containment_pairs, jaccard_pairs

SETS = st.lists(st.sets(st.integers(0, 60) | st.integers(0, (1 << 32) - 1), max_size=40), min_size=1, max_size=6)


def packed(sets: list[set[int]], limit: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rows = [sorted(one)[:limit] for one in sets]
    values = np.array([value for row in rows for value in row], np.uint32)
    return values, np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)


def every_pair(many: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.divmod(np.arange(many * many), many)
    return a, b


@settings(max_examples=200, deadline=None)
@given(SETS)
def test_small_sets_are_compared_exactly(sets: list[set[int]]) -> None:
    a, b = every_pair(len(sets))
    jaccard, contained = jaccard_pairs(*packed(sets), a, b), containment_pairs(*packed(sets), a, b)
    for place, (one, other) in enumerate((sets[i], sets[j]) for i, j in zip(a, b, strict=True)):
        common = len(one & other)
        assert jaccard[place] == np.float32(common) / np.float32(len(one | other) or 1)
        assert contained[place] == np.float32(common) / np.float32(min(len(one), len(other)) or 1)


@settings(max_examples=100, deadline=None)
@given(SETS, st.integers(1, 30))
def test_a_sketch_and_the_whole_set_give_the_same_estimate(sets: list[set[int]], limit: int) -> None:
    a, b = every_pair(len(sets))
    for compare in (jaccard_pairs, containment_pairs):
        whole = compare(*packed(sets), a, b, limit)
        assert compare(*packed(sets, limit), a, b, limit).tolist() == whole.tolist()


@pytest.mark.parametrize("similarity", [0.2, 0.5, 0.7, 0.9])
def test_estimates_of_large_sets_lie_within_the_stated_error(similarity: float) -> None:
    source = np.random.default_rng(17)
    union, trials, limit = 6000, 150, 512
    common = round(union * similarity)
    half = common + (union - common) // 2
    errors = []
    for _ in range(trials):
        values = np.unique(source.integers(0, 1 << 32, union + 100, dtype=np.uint32))
        values = source.permutation(values)[:union].tolist()
        sets = [set(values[:half]), {*values[:common], *values[half:]}]
        first, second = np.array([0]), np.array([1])
        estimated = float(jaccard_pairs(*packed(sets, limit), first, second, limit)[0])
        errors.append(estimated - similarity)
        share = common / min(map(len, sets))
        contained = float(containment_pairs(*packed(sets, limit), first, second, limit)[0])
        assert abs(contained - share) < 6 * math.sqrt(share * (1 - share) / (0.9 * limit)) + 1e-3
    stated = math.sqrt(similarity * (1 - similarity) / limit)
    assert abs(np.mean(errors)) < 5 * stated / math.sqrt(trials)
    assert np.std(errors) < 1.25 * stated


def test_a_part_is_contained_in_the_whole() -> None:
    sets = [set(range(100)), set(range(20)), set(range(500, 520))]
    a, b = np.array([0, 1, 0]), np.array([1, 0, 2])
    assert containment_pairs(*packed(sets), a, b).tolist() == [1.0, 1.0, 0.0]
    assert jaccard_pairs(*packed(sets), a, b).tolist() == pytest.approx([0.2, 0.2, 0.0])


def test_no_pairs_are_no_work_and_a_limit_below_one_is_refused() -> None:
    nothing = np.array([], np.int64)
    assert jaccard_pairs(*packed([set()]), nothing, nothing).shape == (0,)
    with pytest.raises(ValueError, match="limit is 0"):
        jaccard_pairs(*packed([set()]), nothing, nothing, 0)
