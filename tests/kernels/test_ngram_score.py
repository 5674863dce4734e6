from __future__ import annotations

import numpy as np
import pytest

from corpus.kernels.ngram_score import AHEAD, MAX_ORDER, Lookup, lookup, score
from corpus.kernels.ngram_units import BEGIN, FIRST, UNKNOWN, Sequence

A, B, C = FIRST, FIRST + 1, FIRST + 2


def model(unknown: float = 0.0) -> Lookup:
    single = np.array([[-99, 0], [-99, -0.5], [-10, 0], [-3, -1], [-4, -0.25], [-5, 0]], np.float32)
    pairs = np.array([[BEGIN, A], [A, B], [B, C]]), np.array([[-1, 0], [-2, -0.125], [-1.5, 0]], np.float32)
    threes = np.array([[A, B, C]]), np.array([[-0.75, 0]], np.float32)
    return lookup(single, [pairs, threes], unknown)


def rows(*texts: list[int]) -> Sequence:
    values = np.array([one for text in texts for one in text], np.uint32)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    for array in (values, offsets):
        array.flags.writeable = False
    return Sequence(values, offsets)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ([BEGIN, A], 1),
        ([BEGIN, B], 0.5 + 4),
        ([BEGIN, A, B], 1 + 2),
        ([BEGIN, A, B, C], 1 + 2 + 0.75),
        ([BEGIN, A, C], 1 + (1 + 5)),
        ([BEGIN, A, B, A], 1 + 2 + (0.125 + 0.25 + 3)),  # weights of (a b) and of (b), then a alone
        ([BEGIN, C, B, C], (0.5 + 5) + 4 + 1.5),  # (c b) is none of the model's and weighs nothing
        ([BEGIN, A, BEGIN, A], 1 + 1),  # a sentence knows nothing of the one before
        ([BEGIN, UNKNOWN], 0.5 + 10 + 3),
    ],
)
def test_bits_are_those_of_the_back_off_rule(text: list[int], bits: float) -> None:
    assert score(rows(text), model(unknown=3.0), 64)[0, 1] == pytest.approx(bits)


def test_worst_is_the_window_with_the_most_bits_and_deviation_that_of_all_units() -> None:
    text = [BEGIN, A, B, C, C, C, A, B]
    each = [1, 2, 0.75, 5, 5, 3, 2]
    found = score(rows(text), model(), 2)[0]
    assert found[0] == 7
    assert found[1] == pytest.approx(sum(each))
    assert found[2] == pytest.approx(5)
    assert found[3] == pytest.approx(np.std(each))
    assert score(rows(text), model(), 8)[0, 2] == pytest.approx(np.mean(each))


def test_rows_without_units_have_no_numbers() -> None:
    found = score(rows([], [BEGIN], [BEGIN, A]), model(), 64)
    assert found[:, 0].tolist() == [0, 0, 1]
    assert np.isnan(found[:2, 2:]).all()


def test_long_rows_and_their_neighbours_do_not_touch() -> None:
    rng = np.random.default_rng(0)
    texts = [[BEGIN, *rng.integers(UNKNOWN, C + 1, many)] for many in (3 * AHEAD + 1, 0, 1, 500, AHEAD)]
    whole = score(rows(*texts), model(), 16)
    alone = np.concatenate([score(rows(text), model(), 16) for text in texts])
    assert np.array_equal(whole, alone, equal_nan=True)


def test_an_ngram_given_twice_and_too_long_ones_are_refused() -> None:
    twice = np.array([[A, B], [A, B]]), np.zeros((2, 2), np.float32)
    with pytest.raises(ValueError, match="twice"):
        lookup(np.zeros((6, 2), np.float32), [twice])
    with pytest.raises(ValueError, match=f"{MAX_ORDER} at most"):
        lookup(np.zeros((6, 2), np.float32), [twice] * MAX_ORDER)
