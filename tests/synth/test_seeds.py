"""The shipped seeds are what docs/synth.md says: complete, balanced, and each unlike the others."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pyarrow as pa
import pytest
from rapidfuzz.distance import LCSseq

from corpus.errors import UsageError
from corpus.kernels.shingles import units
from corpus.synth.rouge import strings_of
from corpus.synth.seeds import LANGUAGES, Seed, load

MOST_ALIKE = 0.5


def rouge_l(one: str, other: str) -> float:
    """F1 of the longest common subsequence."""
    return 2 * LCSseq.similarity(one, other) / (len(one) + len(other))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_seeds_ask_alike(lang: str) -> None:
    texts = strings_of(units(pa.array([f"{one.instruction}\n{one.input}" for one in load(lang)])))
    alike = [(rouge_l(*pair), pair) for pair in combinations(texts, 2)]
    assert max(alike)[0] <= MOST_ALIKE


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_field_is_filled_and_ids_are_unique(lang: str) -> None:
    for one in load(lang):
        assert all((one.id, one.category, one.instruction, one.output)), one
        assert all(text == text.strip() for text in (one.instruction, one.input, one.output)), one
    assert len({one.id for one in load(lang)}) == len(load(lang))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_there_are_175_in_balanced_categories(lang: str) -> None:
    assert len(load(lang)) == 175
    counts = Counter(one.category for one in load(lang))
    assert len(counts) >= 12
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_four_of_ten_have_an_input(lang: str) -> None:
    share = sum(bool(one.input) for one in load(lang)) / len(load(lang))
    assert 0.35 <= share <= 0.5


def test_the_languages_have_the_same_categories() -> None:
    assert {one.category for one in load("zh")} == {one.category for one in load("en")}


def test_seeds_are_typed_and_other_languages_refused() -> None:
    assert all(isinstance(one, Seed) for one in load("en"))
    with pytest.raises(UsageError, match="zh, en"):
        load("fr")
