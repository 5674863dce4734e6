from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.pairs.arithmetic import last_number, sums, worth


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("3 + 4 = 7", [True]),
        ("3+4=8", [False]),
        ("小明有 12 个苹果，吃了 5 个：12－5＝7。所以剩 7 个。", [True]),
        ("2 × (3 + 4) ÷ 7 = 2", [True]),
        ("先算 15*4=60，再算 60-1=58。", [True, False]),
        ("10/3=3.33", [True]),
        ("10/3=3.34", [False]),
        ("1,200 + 300 = 1,500", [True]),
        ("x = 7", []),
        ("7 = 7", []),
        ("1/0=3", []),
        ("没有算式", []),
        ("-3+5=2", [True]),
    ],
)
def test_each_sum_in_a_text_is_worked_out_again(text: str, right: list[bool]) -> None:
    assert sums(text) == right


@given(st.integers(-999, 999), st.integers(0, 999), st.integers(1, 999))
def test_expressions_are_worth_what_they_are_worth(one: int, two: int, three: int) -> None:
    assert worth(f"{one} + {two} * {three}") == one + two * three
    assert worth(f"({one} - {two}) / {three}") == Fraction(one - two, three)


@given(st.text(max_size=80))
def test_any_text_has_sums_or_none_and_is_never_run(text: str) -> None:
    assert all(isinstance(one, bool) for one in sums(text))
    last_number(text)


def test_what_is_no_expression_is_worth_nothing() -> None:
    for bad in ("", "1+", "(1+2", "1)2", "__import__('os')", "2**3", "1" * 50, "(" * 60 + "1" + ")" * 60):
        assert worth(bad) is None


def test_the_last_number_is_what_an_answer_ends_with() -> None:
    assert last_number("一共 3 箱，每箱 1,024 个，答案是 3,072。") == 3072
    assert last_number("约 −2.50 度") == Fraction(-5, 2)
    assert last_number("没有") is None
