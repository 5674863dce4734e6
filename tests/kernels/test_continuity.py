"""Continuity: against a plain computation, and on texts whose sentences follow a rule."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.continuity import EDGE, MIN_SENTENCES, MOST_TOKENS, ORDERS, SECOND, continuity
from corpus.kernels.continuity_fit import Learned, learn

MASK = (1 << 64) - 1
ROWS, SIZE = 1 << 10, 8
FILLERS = "春夏秋冬山水花木鸟鱼虫兽金石土火"
MARKERS = "甲乙丙丁戊己庚辛壬癸"


def mixed(value: int) -> int:
    value = value * 0x9E3779B97F4A7C15 & MASK
    value ^= value >> 29
    value = value * 0xD6E8FEB86659FD93 & MASK
    return value ^ value >> 29


def rows_of(sentence: str, *, left: bool) -> list[int]:
    """The rows of a sentence of Han and a mark, by the definition."""
    tokens = [mixed(ord(one) + 1) if one != "。" else mixed(ord(one) | 1 << 32) for one in sentence]
    held = tokens[-MOST_TOKENS:] if left else tokens[:MOST_TOKENS]
    keys = [mixed(one ^ 1 << 40) for one in held]
    for one, two in itertools.pairwise(held):
        keys.append(mixed((one * 0xD6E8FEB86659FD93 + (two ^ 2 << 40)) & MASK))
    head, tail = mixed(3 << 40), mixed(4 << 40)
    for place in range(min(EDGE, len(tokens))):
        head, tail = mixed(head ^ tokens[place]), mixed(tail ^ tokens[-1 - place])
        keys += [head] if not left or place + 1 < EDGE else []
        keys += [tail] if left else []
    keys.append(mixed((5 << 40) + min(20, len(tokens) // 6)))
    return [key & ROWS - 1 for key in keys]


def plain(sentences: list[str], left: np.ndarray, right: np.ndarray, scales: tuple[float, float]) -> float:
    vectors = []
    for table, scale, side in ((left, scales[0], True), (right, scales[1], False)):
        found = []
        for one in sentences:
            rows = rows_of(one, left=side)
            found.append(table[rows].astype(float).sum(axis=0) * scale / math.sqrt(len(rows)))
        vectors.append(np.array(found))
    vectors[0][:, 0] = 1
    vectors[1][:, 1] = 1
    follows = vectors[0] @ vectors[1].T

    def total(order: list[int]) -> float:
        found = sum(follows[one, two] for one, two in itertools.pairwise(order))
        return float(found + SECOND * sum(follows[one, two] for one, two in zip(order, order[2:], strict=False)))

    order, state, totals = list(range(len(sentences))), 0x9E3779B97F4A7C15, []
    own = total(order)
    for _ in range(ORDERS):
        for place in range(len(order) - 1, 0, -1):
            state = state + 0x9E3779B97F4A7C15 & MASK
            other = mixed(state) % (place + 1)
            order[place], order[other] = order[other], order[place]
        totals.append(total(order))
    return own - math.log(sum(math.exp(one) for one in totals) / ORDERS)


def tables(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(-20, 21, (ROWS, SIZE)).astype(np.int8) for _ in range(2))
    return left, right


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(FILLERS, min_size=2, max_size=90), min_size=MIN_SENTENCES, max_size=9), st.integers(0, 5))
def test_continuity_is_what_it_is_said_to_be(words: list[str], seed: int) -> None:
    sentences = [f"{one}。" for one in words]
    left, right = tables(seed)
    found = continuity(pa.array(["".join(sentences)]), left, right, (0.02, 0.03))
    assert found[0] == pytest.approx(plain(sentences, left, right, (0.02, 0.03)), rel=1e-4, abs=1e-4)


def test_a_row_depends_on_its_text_alone_and_short_ones_have_no_value() -> None:
    left, right = tables(0)
    texts = [
        "花鸟虫鱼。" * 4,
        "山水有情。" * 5,
        None,
        "",
        "春去秋来。花开花落！金石为开？\n山高水长…木秀于林。”水落石出",
    ]
    found = continuity(pa.array(texts), left, right, (0.1, 0.1))
    assert np.isnan(found).tolist() == [True, False, True, True, False]
    for place in (1, 4):
        alone = continuity(pa.array(["头", *texts])[place + 1 :], left, right, (0.1, 0.1))
        assert alone[0] == found[place]


def chain(rng: random.Random, many: int = 8) -> list[str]:
    """Sentences each of which begins with the marker after that of the one before; what else they say is chance."""
    first = rng.randrange(len(MARKERS))
    return [
        MARKERS[(first + place) % len(MARKERS)] + "".join(rng.choices(FILLERS, k=rng.randint(4, 9))) + "。"
        for place in range(many)
    ]


@pytest.fixture(scope="module")
def learned() -> Learned:
    rng = random.Random(1)
    return learn(pa.array(["".join(chain(rng)) for _ in range(400)]), ROWS, SIZE, 4, 0.1, 0)


def test_what_follows_what_is_learned_from_texts_as_they_stand(learned: Learned) -> None:
    assert (learned.texts, learned.pairs) == (400, 400 * 7)
    assert learned.gain > 0.5
    rng = random.Random(2)
    ordered = [chain(rng) for _ in range(60)]
    shuffled = [rng.sample(one, len(one)) for one in ordered]
    grids = [np.clip(np.rint(one / 0.02), -127, 127).astype(np.int8) for one in (learned.left, learned.right)]
    values = continuity(pa.array(["".join(one) for one in [*ordered, *shuffled]]), *grids, (0.02, 0.02))
    assert np.mean(values[:60, None] > values[None, 60:]) > 0.95


def test_the_same_texts_give_the_same_tables(learned: Learned) -> None:
    rng = random.Random(1)
    again = learn(pa.array(["".join(chain(rng)) for _ in range(400)]), ROWS, SIZE, 4, 0.1, 0)
    assert np.array_equal(again.left, learned.left)
    assert np.array_equal(again.right, learned.right)
