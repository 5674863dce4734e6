"""Complexity and diversity by hand; the choice covers, keeps its budget and does not depend on the order of rows."""

from __future__ import annotations

import math

import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.tags.opened.choose import choose, spread

ROWS = pl.DataFrame(
    [(0, "a"), (0, "b"), (1, "a"), (2, "c"), (3, "a"), (3, "b"), (3, "c"), (5, "d")],
    schema={"row": pl.Int64, "tag": pl.String},
    orient="row",
)
KEYS = pl.Series("key", [f"k{number}" for number in range(6)])


def test_spread_by_hand():
    found = spread(ROWS, 8)
    assert (found.rows, found.diversity, found.coverage) == (5, 4, 0.5)
    assert found.complexity == pytest.approx(8 / 5)
    shares = [3 / 8, 2 / 8, 2 / 8, 1 / 8]
    assert found.evenness == pytest.approx(-sum(one * math.log(one) for one in shares) / math.log(4))


def test_the_most_complex_comes_first_and_then_what_adds_a_tag():
    assert choose(KEYS, ROWS, 1).to_list() == [False, False, False, True, False, False]
    assert choose(KEYS, ROWS, 2).to_list() == [False, False, False, True, False, True]
    assert choose(KEYS, ROWS, 100).to_list() == [True, True, True, True, False, True]


def test_the_choice_does_not_depend_on_the_order_of_rows():
    chosen = set(KEYS.filter(choose(KEYS, ROWS, 3)))
    turned = [5, 4, 3, 2, 1, 0]
    rows = ROWS.with_columns(row=5 - pl.col("row")).reverse()
    assert set(KEYS.gather(turned).filter(choose(KEYS.gather(turned), rows, 3))) == chosen


def test_a_budget_of_nothing_is_a_mistake():
    with pytest.raises(UsageError):
        choose(KEYS, ROWS, 0)
