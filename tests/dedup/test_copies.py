from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from similar import chinese

from corpus.dedup.copies import KINDS, copies
from corpus.dedup.evidence import similarity
from corpus.kernels.shingles import SIZE, units

TEXTS = [chinese(seed, 500) for seed in range(40)]
DONORS = [chinese(1000 + seed, 500) for seed in range(40)]
TARGETS = np.linspace(0.5, 0.97, 40).astype(np.float32)


def shingles(text: str) -> frozenset[tuple[int, ...]]:
    values = units(pa.array([text], pa.large_string())).values.tolist()
    return frozenset(tuple(values[place : place + SIZE]) for place in range(len(values) - SIZE + 1))


def test_the_similarity_told_is_that_of_the_texts() -> None:
    made = copies(TEXTS, DONORS, TARGETS)
    for text, copy, jaccard, contained in zip(TEXTS, made.texts, made.jaccard, made.containment, strict=True):
        one, other = shingles(text), shingles(copy)
        assert similarity(one, other, "jaccard") == pytest.approx(jaccard, abs=1e-6)
        assert similarity(one, other, "containment") == pytest.approx(contained, abs=1e-6)


def test_copies_are_about_as_similar_as_wanted_and_never_the_text_itself() -> None:
    made = copies(TEXTS, DONORS, TARGETS)
    off = np.abs(made.jaccard - TARGETS)
    assert off.max() < 0.15
    assert off[[kind == KINDS[0] for kind in made.kinds]].max() < 0.03
    assert all(copy != text for copy, text in zip(made.texts, TEXTS, strict=True))
    assert set(made.kinds) == set(KINDS)


def test_the_same_seed_makes_the_same_copies() -> None:
    assert copies(TEXTS, DONORS, TARGETS, 3).texts == copies(TEXTS, DONORS, TARGETS, 3).texts
    assert copies(TEXTS, DONORS, TARGETS, 3).texts != copies(TEXTS, DONORS, TARGETS, 4).texts


def test_a_text_of_one_sentence_has_a_copy_too() -> None:
    text = chinese(1, 40).replace("，", "").replace("。", "")
    made = copies([text] * 4, [chinese(2, 40)] * 4, np.full(4, 0.9, np.float32))
    assert len(made.texts) == 4
    assert all(0 <= value <= 1 for value in made.jaccard)
