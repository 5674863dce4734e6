"""The shipped taxonomies are clean and their examples hold; what a reviewer would doubt is found."""

from __future__ import annotations

import pytest
from taxonomy import SMALL

from corpus.tags.lint import lint
from corpus.tags.lint import test_examples as run_examples
from corpus.tags.load import load_tags, shipped_names


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_taxonomies_are_clean_and_their_examples_hold(name):
    tagset = load_tags([name])
    assert [str(one) for one in lint(tagset) + run_examples(tagset)] == []


def test_examples_that_do_not_hold_are_told_with_their_scores(write):
    wrong = SMALL.replace("keep: [雪梨汤]", "keep: [苹果树], other: [雪梨]")
    told = [str(one) for one in run_examples(load_tags([write(wrong)]))]
    assert len(told) == 2
    assert "fruit.yaml:17:1: pear: keep example 1 is tagged apple (score 0, least 2)" in told[0]
    assert "other example 1 is tagged pear" in told[1]


@pytest.mark.parametrize(
    ("old", "new", "doubt"),
    [
        ("[雪梨, pear]", "[雪梨, 梨]", "the term '梨' has one character"),
        ("keep: [雪梨汤]", "other: [苹果]", "no example that keeps it"),
        ("match: '红'", "match: 'x*'", "matches the empty string"),
        ("keep: [一个苹果], other: [苹果手机]", "keep: [苹果], other: [苹果]", "both kept and not"),
        ("least: 2\n", "least: 90\n", "can never be given"),
    ],
)
def test_doubts(write, old, new, doubt):
    assert old in SMALL
    assert any(doubt in str(one) for one in lint(load_tags([write(SMALL.replace(old, new))])))
