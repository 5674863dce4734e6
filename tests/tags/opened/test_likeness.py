"""Cosines of n-grams equal those by hand in any order of the tags; digits and other words keep tags apart."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.tags.opened.likeness import by_characters, by_vectors, grams, other_words

TAGS = ["data analysis", "data analisis", "data analytics", "诗词赏析", "诗词的赏析", "诗歌赏析", "python 2",
        "python 3", "python", "nutrition plan", "nutrient plan", "contract plan"]  # fmt: skip


def by_hand(left: str, right: str, tags: list[str]) -> float:
    stands = Counter(gram for tag in tags for gram in set(grams(tag)))

    def vector(tag: str) -> dict[str, float]:
        return {gram: many * math.log((len(tags) + 1) / stands[gram]) for gram, many in Counter(grams(tag)).items()}

    first, second = vector(left), vector(right)
    dot = sum(weight * second.get(gram, 0) for gram, weight in first.items())
    return dot / math.sqrt(sum(x * x for x in first.values()) * sum(x * x for x in second.values()))


def pairs_of(tags: list[str], least: float) -> dict[tuple[str, str], float]:
    rows = by_characters(tags, least).iter_rows()
    return {tuple(sorted((tags[left], tags[right]))): cosine for left, right, cosine in rows}


def test_grams_are_threes_of_words_and_ones_and_twos_of_chinese():
    assert grams("ab cde") == ["^ab", "ab$", "^cd", "cde", "de$"]
    assert grams("诗词a") == ["诗", "词", "诗词", "^a$"]


def test_cosines_equal_those_by_hand_in_any_order():
    expected = pairs_of(TAGS, 0.3)
    assert expected
    for (left, right), cosine in expected.items():
        assert cosine == pytest.approx(by_hand(left, right, TAGS))
    shuffled = TAGS.copy()
    random.Random(1).shuffle(shuffled)
    assert pairs_of(shuffled, 0.3) == pytest.approx(expected)


WORDS = ["poem", "poems", "poetry", "plan", "planing", "诗", "诗词", "赏析", "赏鉴", "note", "notes"]


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), min_size=2, max_size=12, unique=True
    ),
    st.sampled_from([0.3, 0.5, 0.7, 0.9]),
)
def test_all_pairs_are_found(tags, least):
    found = pairs_of(tags, least)
    for left, right in itertools.combinations(sorted(tags), 2):
        cosine = by_hand(left, right, tags)
        if (left, right) in found:
            assert found[left, right] == pytest.approx(cosine)
        elif not other_words(left, right):
            assert cosine < least + 1e-6


def test_digits_andother_words_tell_tags_apart():
    found = pairs_of(TAGS, 0.05)
    assert ("data analisis", "data analysis") in found
    assert ("诗词的赏析", "诗词赏析") in found
    for apart in (("python 2", "python 3"), ("python", "python 2"), ("contract plan", "nutrition plan")):
        assert apart not in found


class Embedder:
    """Three directions, by the first letter of a text."""

    name, digest, dim = "letters", "0", 3

    def embed(self, texts):
        return np.array([{"a": (3, 0, 0), "b": (2.9, 0.1, 0)}.get(one[0], (0, 0, 0)) for one in texts.to_pylist()])


def test_vectors_of_an_embedder_are_compared_by_their_cosine():
    pairs = by_vectors(["apple", "banana", "cherry", "avocado 1"], Embedder(), 0.95)
    assert pairs.select("left", "right").rows() == [(0, 1)]
    assert pairs["cosine"][0] == pytest.approx(2.9 / math.hypot(2.9, 0.1), abs=1e-6)
