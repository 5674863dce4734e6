"""Estimates against the formulas of Chen and Goodman written down once more, over tuples and dictionaries."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from corpus.kernels.ngram_counts import count, pack
from corpus.kernels.ngram_score import lookup, score
from corpus.kernels.ngram_units import BEGIN, FIRST, UNKNOWN
from corpus.kernels.ngram_units import Sequence as Ids
from corpus.models.ngram.kneser_ney import FALLBACK, Level, discounts, estimate

Gram = tuple[int, ...]
BITS = 16


def ids_of(texts: Sequence[Sequence[int]]) -> Ids:
    values = np.array([one for text in texts for one in (BEGIN, *text)], np.uint32)
    lengths = [1 + len(text) for text in texts]
    found = Ids(values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    for array in (found.values, found.offsets):
        array.flags.writeable = False
    return found


def trained(texts: Sequence[Sequence[int]], order: int, size: int, least: Sequence[int]) -> list[Level]:
    return estimate(count(pack(ids_of(texts), order, BITS)), order, BITS, size, least)


def bits_of(levels: list[Level], texts: Sequence[Sequence[int]]) -> np.ndarray:
    single = np.stack([levels[0].log2, levels[0].weight], axis=1)
    longer = []
    for length, level in enumerate(levels[1:], 2):
        ids = np.array([unpacked(int(key), length) for key in level.keys], np.uint32).reshape(-1, length)
        longer.append((ids, np.stack([level.log2, level.weight], axis=1)))
    return score(ids_of(texts), lookup(single, longer), 64)[:, 1]


def unpacked(key: int, length: int) -> Gram:
    return tuple(key >> BITS * place & 0xFFFF for place in range(length - 1, -1, -1))


class Paper:
    """Interpolated modified Kneser-Ney, n-gram by n-gram."""

    def __init__(self, texts: Sequence[Sequence[int]], order: int, size: int, least: Sequence[int]) -> None:
        self.size, self.least = size, least
        self.raw: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        for text in texts:
            whole = (BEGIN, *text)
            for length in range(1, order + 1):
                for end in range(max(length, 2), len(whole) + 1):
                    self.raw[length][whole[end - length : end]] += 1
        self.adjusted: list[dict[Gram, int]] = [{} for _ in range(order + 1)]
        self.adjusted[order] = dict(self.raw[order])
        for length in range(1, order):
            for gram, times in self.raw[length].items():
                before = {longer[0] for longer in self.raw[length + 1] if longer[1:] == gram}
                self.adjusted[length][gram] = times if gram[0] == BEGIN else len(before)
        self.taken = [discounts(np.array(list(counts.values()) or [0])) for counts in self.adjusted]

    def probability(self, history: Gram, one: int) -> float:
        length = len(history) + 1
        below = 1 / (self.size - UNKNOWN) if length == 1 else self.probability(history[1:], one)
        here = {gram: times for gram, times in self.adjusted[length].items() if gram[:-1] == history}
        total = sum(here.values())
        if not total:
            return below
        own = {
            gram: (times - self.taken[length][min(times, 3) - 1]) / total
            for gram, times in here.items()
            if length == 1 or self.raw[length][gram] >= self.least[length - 1]
        }
        return own.get((*history, one), 0.0) + (1 - sum(own.values())) * below


@pytest.mark.parametrize(("order", "least"), [(2, (1, 1)), (3, (1, 1, 1)), (3, (1, 1, 2)), (4, (1, 2, 2, 3))])
def test_probabilities_are_those_of_the_paper(order: int, least: tuple[int, ...]) -> None:
    rng = random.Random(7)
    words = list(range(UNKNOWN, FIRST + 6))
    texts = [[rng.choice(words[: rng.randint(2, 7)]) for _ in range(rng.randint(0, 9))] for _ in range(60)]
    size = FIRST + 6
    levels, paper = trained(texts, order, size, least), Paper(texts, order, size, least)
    for text in [*texts[:12], [FIRST + 5, FIRST + 5, FIRST + 5, UNKNOWN], [UNKNOWN, FIRST]]:
        whole = (BEGIN, *text)
        expected = -sum(
            np.log2(paper.probability(whole[max(0, place - order + 1) : place], whole[place]))
            for place in range(1, len(whole))
        )
        assert bits_of(levels, [text])[0] == pytest.approx(expected, abs=1e-4)


def test_a_pair_worked_out_by_hand() -> None:
    """a b a b and a c: of the bigrams (begin a) 2, (a b) 2, (b a) 1, (a c) 1.

    n1 = n2 = 2 and none thrice, so the discounts are 0.5, 1 and 1.5. (a b) is 2 of 3 after a: (2 - 1) / 3, and what is
    left after a is 1 - 1/3 - (1 - 0.5) / 3 = 1/2. Different units before: a 2 (begin, b), b 1, c 1, of 4; discounted
    1, 0.5 and 0.5, so 1/2 is left for the four units of the vocabulary: p(b) = 0.5 / 4 + 1/8 = 0.25. Together
    p(b | a) = 1/3 + 1/2 * 1/4 = 11/24.
    """
    a, b, c = FIRST, FIRST + 1, FIRST + 2
    levels = trained([[a, b, a, b], [a, c]], 2, FIRST + 3, (1, 1))
    alone, after = bits_of(levels, [[a], [a, b]])
    assert 2.0 ** (alone - after) == pytest.approx(11 / 24, rel=1e-6)


@pytest.mark.parametrize("least", [(1, 1, 1), (1, 2, 3)])
def test_probabilities_after_any_history_add_up_to_one(least: tuple[int, ...]) -> None:
    rng = random.Random(1)
    size = FIRST + 5
    texts = [[rng.randint(UNKNOWN, size - 1) for _ in range(12)] for _ in range(25)]
    levels = trained(texts, 3, size, least)
    everything = range(UNKNOWN, size)
    for history in [[], *([one] for one in everything), *map(list, itertools.product(everything, repeat=2))]:
        before = bits_of(levels, [history])[0]
        after = bits_of(levels, [[*history, one] for one in everything])
        assert np.exp2(before - after).sum() == pytest.approx(1, abs=1e-5)


def test_discounts_are_those_of_the_counts_of_counts_or_declared() -> None:
    counts = np.repeat([1, 2, 3, 4], [10, 4, 2, 1])
    share = 10 / 18
    assert discounts(counts) == pytest.approx((1 - 2 * share * 0.4, 2 - 3 * share * 0.5, 3 - 4 * share * 0.5))
    assert discounts(np.array([1, 1, 2])) == FALLBACK


def test_least_may_not_fall() -> None:
    with pytest.raises(ValueError, match="do not fall"):
        trained([[FIRST]], 2, FIRST + 1, (2, 1))
