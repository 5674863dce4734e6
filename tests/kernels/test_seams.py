"""Seams: what is counted, and texts of which the halves of some sentences were changed for others."""

from __future__ import annotations

import math
import random

import numpy as np
import pyarrow as pa
import pytest

from corpus.kernels.seams import KNOWN, LEAST_TOKENS, MOST_ODDS, RARE, seams
from corpus.kernels.seams_fit import Learned, frequent, learn

ROWS, SIZE = 1 << 12, 8
LAUDS = "的了在是把被从向对和也就都很"
NOUNS = "山水花木鸟鱼虫兽金石土火车马门窗书笔灯桌"


def sentence(rng: random.Random) -> str:
    """Nouns and particles in turns: two nouns never stand beside each other, nor do two particles."""
    words = [rng.choice(NOUNS) + rng.choice(LAUDS) for _ in range(rng.randint(5, 9))]
    return "".join(words) + rng.choice(NOUNS) + "。"


def text(rng: random.Random) -> list[str]:
    return [sentence(rng) for _ in range(8)]


def glued(sentences: list[str], rng: random.Random) -> list[str]:
    """Half of the sentences end or begin in their middle, at a place of the wrong kind for what is beside it."""
    return [one[: 2 * rng.randint(1, 3) + 1] if rng.random() < 0.5 else one for one in sentences]


@pytest.fixture(scope="module")
def learned() -> Learned:
    rng = random.Random(1)
    return learn(pa.array(["".join(text(rng)) for _ in range(150)]), ROWS, SIZE, 20_000, 0.1, 0)


def measured(learned: Learned, texts: list[str | None]) -> np.ndarray:
    table = np.clip(np.rint(learned.table / 0.02), -127, 127).astype(np.int8)
    return seams(pa.array(texts), learned.tokens, table, np.append(learned.weights, np.float32(0.02)))


def test_texts_with_seams_are_told_from_texts_without(learned: Learned) -> None:
    assert learned.loss < 0.6
    rng = random.Random(2)
    whole = [text(rng) for _ in range(40)]
    cut = [glued(one, rng) for one in whole]
    values = measured(learned, ["".join(one) for one in [*whole, *cut]])
    assert np.mean(values[:40, None] < values[None, 40:]) > 0.9


def test_a_row_depends_on_its_text_alone_and_short_ones_have_no_value(learned: Learned) -> None:
    rng = random.Random(3)
    first, second = "".join(text(rng)), "".join(text(rng))
    found = measured(learned, [first, "山的水。", None, second])
    assert np.isnan(found).tolist() == [False, True, True, False]
    assert measured(learned, [second])[0] == found[3]


def test_the_same_texts_give_the_same_network(learned: Learned) -> None:
    rng = random.Random(1)
    again = learn(pa.array(["".join(text(rng)) for _ in range(150)]), ROWS, SIZE, 20_000, 0.1, 0)
    assert all(np.array_equal(getattr(again, name), getattr(learned, name)) for name in ("tokens", "table", "weights"))


def test_what_knows_nothing_says_the_same_of_every_place() -> None:
    said = "山的水。" * LEAST_TOKENS
    table, tokens = np.zeros((16, 4), np.int8), np.zeros(0, np.uint64)
    for odds, counted in ((0.0, 0.0), (1.5, 1.5), (-40.0, -20.0), (40.0, MOST_ODDS)):
        weights = np.array([1, 1, 1, 1, odds, 1], np.float32)
        wanted = 100 * math.log(1 - RARE + RARE * math.exp(-counted))
        assert seams(pa.array([said]), tokens, table, weights)[0] == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_addresses_and_code_are_left_out(learned: Learned) -> None:
    rng = random.Random(4)
    prose = "".join(text(rng))
    dressed = f"https://a.example/b/c?d=1&e=2\n{prose}\n-----\nx[1]={{'a': [2, 3]}};\n"
    assert measured(learned, [dressed])[0] == measured(learned, [prose])[0]


def test_frequent_tokens_are_the_most_frequent_first() -> None:
    tokens = frequent(pa.array(["的的的的水水水山山了，" * 3, None]))
    assert len(tokens) == 5
    assert tokens[0] == frequent(pa.array(["的的了"]))[0]
    many = "".join(chr(0x4E00 + place) * 2 for place in range(KNOWN + 50))
    assert len(frequent(pa.array([many]))) == KNOWN
