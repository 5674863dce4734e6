from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.buffers import frozen
from corpus.kernels.hashed_grams import BITS, ORDERS, count_documents, features_of, sums_of
from corpus.kernels.shingles import units

TEXTS = st.lists(st.text(alphabet="天地人 ab,", max_size=14), max_size=8)
ALL = 1 << 20


def found_in(said: list[str], lookup: np.ndarray, most: int = ALL) -> list[Counter[int]]:
    which, times, places = features_of(units(pa.array(said, pa.large_string())), lookup, 1 << BITS, most)
    return [
        Counter(dict(zip(which[a:b].tolist(), times[a:b].tolist(), strict=True))) for a, b in itertools.pairwise(places)
    ]


def every() -> np.ndarray:
    return frozen(np.arange(1 << BITS, dtype=np.int32))


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.integers(1, 6))
def test_grams_are_counted_as_by_hand(said: list[str], most: int) -> None:
    found = units(pa.array(said, pa.large_string()))
    rows = [found.values[a:b].tolist()[:most] for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]
    by_hand = [
        Counter(tuple(row[i : i + n]) for n in range(1, ORDERS + 1) for i in range(len(row) - n + 1)) for row in rows
    ]
    counted = found_in(said, every(), most)
    for one, other in zip(counted, by_hand, strict=True):
        assert sorted(one.values()) == sorted(other.values())
    seen, documents = np.zeros(1 << BITS, np.int32), np.zeros(1 << BITS, np.int32)
    for row in range(len(said)):
        count_documents(units(pa.array([said[row]], pa.large_string())), row, most, seen, documents)
    in_texts = Counter(bucket for row in counted for bucket in row)
    assert {int(b): int(documents[b]) for b in np.flatnonzero(documents)} == dict(in_texts)


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_sums_are_those_of_the_features(said: list[str]) -> None:
    chance = np.random.default_rng(5)
    lookup = frozen((np.arange(1 << BITS) % 7 - 1).astype(np.int32))
    table = chance.standard_normal((6, 5)).astype(np.float32)
    damped = np.array([0, 1, 1.5, 2], np.float32)
    sums = sums_of(units(pa.array(said, pa.large_string())), lookup, table, damped)
    which, times, places = features_of(units(pa.array(said, pa.large_string())), lookup, 6, ALL)
    for row in range(len(said)):
        here = slice(places[row], places[row + 1])
        expected = (damped[np.minimum(times[here], 3)][:, None] * table[which[here]]).sum(axis=0)
        length = np.linalg.norm(expected)
        assert np.allclose(sums[row], expected / length if length > 0 else expected, atol=1e-5)


def test_a_gram_and_its_reverse_differ() -> None:
    one, other = found_in(["天地", "地天"], every())
    assert len(one & other) == 2
    assert len(one | other) == 4
