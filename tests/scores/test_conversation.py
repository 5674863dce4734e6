"""Answers judged by their form: what each facet falls for, and what it lets pass."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.ruleset.quality import load_quality
from corpus.scores.conversation import FACETS, POLICY, facets, product
from corpus.scores.quality import curves, histogram, quality

ASK = "请介绍一下怎样给院子里的梨树修剪枝条。"
GOOD = (
    "修剪梨树最好在冬末春初进行，这时枝条还没有发芽。先剪去枯枝、病枝和互相摩擦的枝条，再疏掉过密的部分，让阳光照进树冠。"
    "剪口要平，稍微向外倾斜，免得积水。修剪后可以在大的剪口上涂一层保护剂。"
)
ENGLISH = (
    "Prune it in late winter, before the buds open. First cut dead and crossing branches, then thin the crown so that "
    "light reaches the inside, and keep each cut clean and flat."
)


def of(ask: str | None, answer: str | None) -> dict[str, float | None]:
    return facets(pa.array([ask], pa.string()), pa.array([answer], pa.string())).row(0, named=True)


def test_a_good_answer_is_good_in_every_facet():
    assert of(ASK, GOOD) == dict.fromkeys(FACETS, 1.0)
    english = of("Describe how to prune a pear tree.", ENGLISH)
    assert all(value > 0.8 for value in english.values())


@pytest.mark.parametrize(
    ("facet", "answer"),
    [
        ("answer_length", "好。"),
        ("answer_repetition", "先剪去枯枝和病枝再疏掉过密的部分。" * 12),
        ("answer_refusal", "很抱歉，作为一个人工智能语言模型，我无法回答这个问题。"),
        ("answer_refusal", "I'm sorry, but I can't help with that."),
        ("answer_refusal", "N/A"),
        ("answer_refusal", "[Insert answer here]"),
        ("answer_language", ENGLISH),
        ("answer_format", GOOD[:60]),
        ("answer_format", "```python\nprint(1)\n" + GOOD),
        ("answer_echo", ASK),
    ],
)  # fmt: skip
def test_each_facet_falls_for_its_own_defect(facet, answer):
    found = of(ASK, answer)[facet]
    assert found is not None
    assert found <= 0.5


def test_a_few_words_answer_what_a_few_words_can_answer():
    assert of("判断这句话的情感是正面还是负面。", "正面")["answer_length"] == pytest.approx(0.85)
    assert of("Name the capital of France.", "Paris")["answer_length"] == pytest.approx(0.85)


def test_another_language_where_it_is_asked_for_and_terms_where_it_is_not():
    assert (
        of("把这句话翻译成英文：今天天气很好。", "The weather is very nice today, is it not so, my friend?")[
            "answer_language"
        ]
        == 1
    )
    assert (
        of("建议句子中“close”的同义词。", "可以用 nearby、adjacent、neighbouring、approaching 这几个词。")[
            "answer_language"
        ]
        == 1
    )
    assert of("12 + 30", "42")["answer_language"] is None


def test_an_apology_before_a_long_answer_is_half_a_refusal():
    assert of(ASK, "很抱歉，我没有看到你的院子。" + GOOD * 2)["answer_refusal"] == 0.5


@pytest.mark.parametrize("answer", [None, "", "  \n"])
def test_no_answer_has_no_length_and_nothing_else(answer):
    found = of(ASK, answer)
    assert found.pop("answer_length") == 0
    assert set(found.values()) == {None}


def test_columns_of_different_length_are_refused():
    with pytest.raises(UsageError, match="2 instructions and 1 answers"):
        facets(pa.array(["a", "b"]), pa.array(["c"]))


def test_the_policy_puts_them_together_with_the_judge():
    policy = load_quality(POLICY)
    answers = [GOOD, "很抱歉，作为一个人工智能语言模型，我无法回答。", None]
    found = facets(pa.array([ASK] * 3), pa.array(answers))
    frame = found.with_columns(source=pl.lit("s"), lang=pl.lit("zh"))
    alone = quality(frame, policy, curves(histogram(frame, policy), policy))["quality"]
    assert alone[0] == 1
    assert alone[1] < 0.8
    assert alone[2] == 0
    judged = frame.with_columns(pl.Series("judge.score", [1.0, 5.0, None]))
    both = quality(judged, policy, curves(histogram(judged, policy), policy))
    assert both["quality"][0] == pytest.approx(0.5)
    assert both["quality"][1] > 0.85
    assert both["quality_disagreement"][0] == pytest.approx(0.5)


def test_the_product_is_that_of_both_and_unknown_where_one_is():
    found = product(np.array([0.5, np.nan, 1.0]), np.array([0.5, 1.0, np.nan]))
    assert found[0] == 0.25
    assert np.isnan(found[1:]).all()


TEXT = st.none() | st.text(alphabet=st.sampled_from("今天好ab1。.!` \n[]I'm sorry无"), max_size=40)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=8))
def test_rows_do_not_see_each_other(rows):
    def of_all(some: list[tuple[str | None, str | None]]) -> pl.DataFrame:
        return facets(
            pa.array([ask for ask, _ in some], pa.string()), pa.array([said for _, said in some], pa.string())
        )

    whole = of_all(rows)
    assert whole.height == len(rows)
    assert all(of_all([row]).row(0) == whole.row(place) for place, row in enumerate(rows))
    assert all(value is None or 0 <= value <= 1 for row in whole.rows() for value in row)
