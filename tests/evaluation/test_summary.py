from __future__ import annotations

import random

import numpy as np
import pytest

from corpus.evaluation.bootstrap import Resampling, draws
from corpus.evaluation.summary import Scored, differences, standing

HOW = Resampling(300, 2)
ROWS: list[Scored] = [
    ("a", "open qa", 1.0), ("b", "open qa", 0.5), ("c", "open qa", None), ("d", "maths", 0.0), ("e", "maths", 0.2),
    ("f", "maths", 0.4), ("g", "extraction", 0.9),
]  # fmt: skip


def test_averages_are_those_made_by_hand() -> None:
    found = standing("m", ROWS, HOW)
    assert found.micro is not None
    assert found.macro is not None
    assert found.without is not None
    assert (found.scored, found.unscored) == (6, 1)
    assert found.micro.value == pytest.approx((1 + 0.5 + 0 + 0.2 + 0.4 + 0.9) / 6)
    assert found.macro.value == pytest.approx((0.75 + 0.2 + 0.9) / 3)
    assert found.without.value == pytest.approx((0.75 + 0.9) / 2)
    assert (found.categories["open qa"].scored, found.categories["open qa"].unscored) == (2, 1)
    assert found.categories["maths"].mean == pytest.approx(0.2)


def test_the_interval_of_the_macro_average_draws_within_each_category() -> None:
    found = standing("m", ROWS, HOW)
    means = []
    for stratum, values in enumerate(([0.9], [0.0, 0.2, 0.4], [1.0, 0.5])):  # categories by name, questions by id
        drawn = np.concatenate(list(draws(len(values), HOW, stratum)))
        means.append([sum(n * v for n, v in zip(row, values, strict=True)) / len(values) for row in drawn])
    macro = [sum(three) / 3 for three in zip(*means, strict=True)]
    assert found.macro is not None
    assert (found.macro.low, found.macro.high) == pytest.approx(tuple(np.percentile(macro, [2.5, 97.5])))


def test_the_order_of_rows_does_not_matter() -> None:
    shuffled = ROWS.copy()
    random.Random(1).shuffle(shuffled)
    assert standing("m", shuffled, HOW) == standing("m", ROWS, HOW)


def test_pairing_makes_a_small_steady_difference_certain() -> None:
    scores = np.random.default_rng(3).random(200)
    one = [(f"q{n:03}", "open qa", float(score)) for n, score in enumerate(scores)]
    other = [(key, category, score - 0.01) for key, category, score in one]
    found = differences({"one": one, "other": [*other, ("more", "open qa", 1.0)]}, HOW)[0]
    assert found.paired == 200
    assert found.macro.value == pytest.approx(0.01)
    assert found.macro.low == pytest.approx(0.01)
    assert found.p_macro == 0.0
    apart = [standing("m", rows, HOW).macro for rows in (one, other)]
    assert apart[0] is not None
    assert apart[1] is not None
    assert apart[0].low is not None
    assert apart[0].low < apart[1].value


def test_models_without_a_question_in_common_are_not_compared() -> None:
    assert differences({"a": [("x", "code", 1.0)], "b": [("y", "code", 0.0), ("x", "code", None)]}, HOW) == ()
    nothing = standing("m", [("x", "code", None)], HOW)
    assert (nothing.macro, nothing.micro, nothing.without, nothing.unscored) == (None, None, None, 1)
