"""Lint finds what loads but is doubtful; test_examples finds examples that the kernels judge otherwise."""

from __future__ import annotations

import pytest

from corpus.ruleset.lint import lint
from corpus.ruleset.lint import test_examples as wrong_examples
from corpus.ruleset.load import load_rules


def test_a_sound_rule_has_no_doubts(write, rule_text):
    ruleset = load_rules([write(rule_text)])
    assert lint(ruleset) == []
    assert wrong_examples(ruleset) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{min: 0.2, max: 0.9}", "{max: 1}", "my.han_low: can never fail: char_ratio.han is always at most 1"),
        ("{min: 0.2, max: 0.9}", "{min: 0}", "can never fail"),
        ("char_ratio, of: han}\n  keep_when: {min: 0.2, max: 0.9}", "lines}\n  keep_when: {min: 0}", "can never fail"),
        ("reason: too little Chinese in a Chinese text", "reason: bad text", "the reason 'bad text' is too short"),
        ("今天天气很好, sunny and warm.", "sunny and warm.", "applies to Chinese, but keep example 1 has none"),
        ("sunny and warm, 好", "今天天气很好, sunny and warm.", "has an example that is both kept and dropped"),
        ("char_ratio, of: han", "pattern_density, pattern: 'a*'", "matches the empty string"),
    ],
)
def test_a_doubtful_rule_is_named(write, rule_text, old, new, said):
    assert old in rule_text
    text = rule_text.replace(old, new)
    if "pattern" in new:
        text = text.replace("{min: 0.2, max: 0.9}", "{max: 5}")
    assert said in "\n".join(map(str, lint(load_rules([write(text)]))))


def test_the_same_side_of_a_signal_is_bounded_once(write, rule_text):
    twice = rule_text + rule_text.replace("my.han_low", "my.again").replace("min: 0.2, max: 0.9", "min: 0.3")
    (doubt,) = lint(load_rules([write(twice)]))
    assert "my.again: drops by the min of char_ratio.han for the same records as my.han_low" in str(doubt)
    assert doubt.line == 11
    other = twice.replace("min: 0.3}\n  otherwise: drop", "min: 0.3}\n  otherwise: flag")
    assert lint(load_rules([write(other)])) == []


def test_shipped_ids_begin_with_their_directory(write, rule_text, tmp_path, monkeypatch):
    (tmp_path / "zh").mkdir()
    monkeypatch.setattr("corpus.ruleset.entries.rules_root", lambda: tmp_path)
    write(rule_text, "zh/mine.yaml")
    (doubt,) = lint(load_rules(["zh/mine"]))
    assert "stands in rules/zh/mine.yaml, so its id should begin with 'zh.'" in str(doubt)


def test_an_example_that_the_kernels_judge_otherwise_is_told_with_its_value(write, rule_text):
    wrong = rule_text.replace("sunny and warm, 好", "今天 sunny").replace(
        "今天天气很好, sunny and warm.", "all sunny, but 好"
    )
    found = [str(problem).split(": ", 1)[1] for problem in wrong_examples(load_rules([write(wrong)]))]
    assert found == [
        "my.han_low: drop example 1 is kept: the signal is 0.25, kept when from 0.2 to 0.9",
        "my.han_low: keep example 1 fails: the signal is 0.0625, kept when from 0.2 to 0.9",
    ]


def test_an_example_counts_only_where_the_rule_applies(write, rule_text):
    far = rule_text.replace("applies: {lang: [zh]}", "applies: {lang: [zh], source: [news], min_chars: 100}")
    assert ["is kept" in str(problem) for problem in wrong_examples(load_rules([write(far)]))] == [True]


def test_an_example_is_a_value_of_the_column_the_signal_reads(write, rule_text):
    score = rule_text.replace("{kernel: char_ratio, of: han}", "{kernel: lang_score}").replace(
        "{min: 0.2, max: 0.9}", "{min: 0.5}"
    )
    score = score.replace('["今天天气很好, sunny and warm."]', "[0.5, 0.9]").replace('["sunny and warm, 好"]', "[0.49]")
    ruleset = load_rules([write(score)])
    assert lint(ruleset) == []
    assert wrong_examples(ruleset) == []
    url = rule_text.replace("{kernel: char_ratio, of: han}", "{kernel: url_length}").replace(
        "{min: 0.2, max: 0.9}", "{max: 30}"
    )
    url = url.replace("今天天气很好, sunny and warm.", "https://example.org/a").replace(
        "sunny and warm, 好", "https://example.org/" + "a" * 40
    )
    assert wrong_examples(load_rules([write(url)])) == []
