"""Scores and tags: sums by hand, one label or many, nulls, windows, and rows that do not depend on their batch."""

from __future__ import annotations

import functools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from taxonomy import SMALL

from corpus.tags.load import load_tags
from corpus.tags.score import columns, judge


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def tagged(tagset, *values: str | None) -> list[object]:
    return columns(texts(*values), tagset)[0].to_pylist()


def test_a_score_is_the_sum_of_capped_terms_and_cues(write):
    tagset = load_tags([write()])
    scores = judge(
        texts("苹果苹果苹果", "苹果果园", "苹果手机", "苹果红了吗", "苹果红", "红" * 9, "an apple a day"), tagset
    )[0].scores
    assert scores[:, 0].tolist() == [4, 3, 0, 3, 2, 1, 2]
    assert scores[:, 1].tolist() == [0, 1, 0, 0, 0, 0, 0]


def test_one_label_is_the_best_and_of_equal_ones_the_first(write):
    tagset = load_tags([write()])
    assert tagged(tagset, "苹果和雪梨", "雪梨在果园，苹果", "果园", "", None) == ["apple", "apple", None, None, None]
    assert tagged(tagset, "雪梨雪梨苹果", "pears and apples", "grapple") == ["pear", "apple", None]


def test_many_labels_are_all_that_reach_their_score(write):
    tagset = load_tags([write(SMALL.replace("labels: one", "labels: many"))])
    assert tagged(tagset, "苹果和雪梨", "雪梨", "果园", None) == [["apple", "pear"], ["pear"], None, None]


def test_distinct_terms_may_be_asked_for(write):
    tagset = load_tags([write(SMALL.replace("least: 2", "least: 2\ndistinct: 2"))])
    assert tagged(tagset, "苹果苹果", "苹果果园", "苹果红了吗") == [None, "apple", "apple"]


def test_scores_for_each_thousand_characters_count_bytes_by_three(write):
    tagset = load_tags([write(SMALL.replace("per: text", "per: thousand\nfloor: 100").replace("cap: 2", "cap: 0"))])
    scores = judge(texts("苹果", "苹果" * 100, "apple " * 100), tagset)[0].scores[:, 0]
    assert scores.tolist() == pytest.approx([2 * 1000 / 100, 200 * 1000 / 200, 200 * 1000 / 200])


def test_only_the_ends_are_read_where_the_taxonomy_says_so(write):
    tagset = load_tags([write(SMALL.replace("per: text", "per: text\nhead: 4\ntail: 2"))])
    assert tagged(tagset, "苹果在这里就在这里", "这里有很多苹果", "这里有几个苹果在中间呢", "这里有苹果啦") == [
        "apple",
        "apple",
        None,
        "apple",
    ]


def test_a_text_above_the_greatest_length_has_no_tag(write):
    tagset = load_tags([write(SMALL.replace("per: text", "per: text\nmost: 4"))])
    assert tagged(tagset, "苹果", "苹果苹果", "苹果苹果了", None) == ["apple", "apple", None, None]


def test_taxonomies_of_different_windows_are_judged_together(write):
    small = write()
    ends = write(SMALL.replace("per: text", "per: text\nhead: 4\ntail: 2").replace("tag_fruit", "tag_ends"), "e.yaml")
    both = columns(texts("这里有几个苹果在中间呢", "雪梨"), load_tags([small, ends]))
    assert [one.to_pylist() for one in both] == [["apple", "pear"], [None, "pear"]]


@functools.cache
def shipped():
    return load_tags(["tasks", "domains", "subjects", "safety"])


WORDS = [
    "翻译成英文",
    "写一首诗",
    "解方程",
    "苹果",
    "量子力学",
    "电子",
    "光子",
    "股票",
    "投资者",
    "casino",
    "\n",
    "。",
    "，今天",
    "12 + 30 =",
    "\0",
    "👍🏽",
]


@settings(max_examples=25)
@given(
    st.lists(st.one_of(st.none(), st.lists(st.sampled_from(WORDS), max_size=40).map("".join)), min_size=1, max_size=6),
    st.integers(0, 6),
)
def test_a_row_has_the_same_tags_in_every_batch(values, cut):
    tagset = shipped()
    whole = [one.to_pylist() for one in columns(texts(*values), tagset)]
    first, second = (columns(texts(*some), tagset) for some in (values[:cut], values[cut:]))
    assert whole == [one.to_pylist() + other.to_pylist() for one, other in zip(first, second, strict=True)]
    sliced = columns(texts("翻译", *values).slice(1), tagset)
    assert whole == [one.to_pylist() for one in sliced]


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("The chef put butter and garlic in the sauce; the recipe asks for an oven.", "life/food"),
        ("The goalkeeper saved the penalty kick and the striker scored the goal of the match.", "sports/football"),
        ("Deep learning by a neural network needs training data.", "technology/artificial_intelligence"),
        ("The plaintiff filed a lawsuit for breach of contract and asked for damages.", "law/civil"),
        ("這部電影的導演和演員獲得了好評，票房也很高。", "entertainment/film"),
        ("嗯，好的，那就这样吧。", None),
    ],
)  # fmt: skip
def test_domains_of_english_traditional_and_empty_talk(text, leaf):
    assert columns(texts(text), shipped())[1].to_pylist() == [leaf]
