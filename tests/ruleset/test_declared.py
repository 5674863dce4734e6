"""`corpus rules` takes rules and rewrites alike, and judges rewrites as strictly as rules."""

from __future__ import annotations

import pytest

from corpus.errors import ConfigError
from corpus.ruleset.declared import load_declared
from corpus.ruleset.doubts import states
from corpus.ruleset.lint import lint
from corpus.ruleset.lint_rewrites import lint_rewrites
from corpus.ruleset.lint_rewrites import test_rewrites as wrong_examples
from corpus.ruleset.load import load_rules
from corpus.ruleset.rewrites import load_rewrites, shipped_rewrites

ONE = """\
- id: my.urls
  rewrite: {kernel: lines_matching, pattern: '^广告$'}
  reason: addresses are no text at all
  source: a test
  examples: [{before: "a\\n广告", after: "a\\n"}, {before: 广告牌, after: 广告牌}]
"""


def test_names_of_both_kinds_are_told_apart(write, rule_text) -> None:
    found = load_declared(["common", "rewrites/pii", write(ONE, "changes.yaml"), write(rule_text, "rules.yaml")])
    assert "my.han_low" in found.rules.by_id
    assert [one.id for one in found.rewrites] == ["pii.all", "my.urls"]
    everything = load_declared([])
    assert len(everything.rewrites) == len(load_rewrites(shipped_rewrites()))
    assert "zh.punct_ratio_high" in everything.rules.by_id


def test_a_file_of_overrides_belongs_to_what_it_overrides(write) -> None:
    disabled = write("- override: pii.all\n  disable: true\n", "off.yaml")
    assert load_declared(["common", "rewrites/pii", disabled]).rewrites == ()
    own = write("- override: my.urls\n  applies: {lang: [zh]}\n", "own.yaml")
    assert load_declared([write(ONE, "mine.yaml"), own]).rewrites[0].applies.lang == ("zh",)
    with pytest.raises(ConfigError, match="no rule 'my.nothing' stands before this override"):
        load_declared([write("- override: my.nothing\n  disable: true\n", "none.yaml")])


def test_mistakes_of_both_kinds_are_told_at_once(write, rule_text) -> None:
    broken = [
        write(rule_text.replace("of: han", "of: hna"), "r.yaml"),
        write(ONE.replace("lines_m", "lines_n"), "w.yaml"),
    ]
    with pytest.raises(ConfigError) as caught:
        load_declared(broken)
    assert len(caught.value.problems) == 2


def test_every_shipped_rewrite_is_sound_and_does_what_its_examples_say() -> None:
    shipped = load_rewrites(shipped_rewrites())
    assert lint_rewrites(shipped) == []
    assert wrong_examples(shipped) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("addresses are no text at all", "bad", "the reason 'bad' is too short"),
        ("'^广告$'", "'^(?:广告)*$'", "matches the empty string"),
        ("'^广告$'", "'^广告(?:.{0,99}){40}$'", "has 3962 states"),
        ("{before: 广告牌, after: 广告牌}", "{before: 牌, after: 牌}, {before: 牌, after: 牌}", "has an example twice"),
        ("  source", "  applies: {lang: [en]}\n  source", "applies to English, but example 1 is Chinese"),
    ],
)
def test_a_doubtful_rewrite_is_named(write, old: str, new: str, said: str) -> None:
    assert old in ONE
    assert said in "\n".join(map(str, lint_rewrites(load_rewrites([write(ONE.replace(old, new))]))))


def test_a_rewrite_that_an_earlier_one_makes_idle_is_named(write) -> None:
    again = ONE.replace("my.urls", "my.again").replace("  source", "  applies: {lang: [zh]}\n  source")
    (doubt,) = lint_rewrites(load_rewrites([write(ONE + again)]))
    assert "my.again: does the same as my.urls" in str(doubt)
    assert lint_rewrites(load_rewrites([write(again + ONE, "other.yaml")])) == []


def test_an_override_that_changes_nothing_is_named_for_rules_and_rewrites(write, rule_text) -> None:
    idle = write("- override: my.urls\n  applies: {lang: []}\n", "idle.yaml")
    (doubt,) = lint_rewrites(load_rewrites([write(ONE), idle]))
    assert "the override at" in str(doubt)
    assert "changes nothing" in str(doubt)
    same = write("- override: my.han_low\n  keep_when: {max: 0.9}\n", "same.yaml")
    assert "changes nothing" in "\n".join(map(str, lint(load_rules([write(rule_text, "r.yaml"), same]))))


def test_an_overridden_call_needs_examples_of_its_own(write) -> None:
    change = write("- override: my.urls\n  rewrite: {kernel: lines_matching, pattern: '^公告$'}\n", "change.yaml")
    assert "needs an example that changes" in str(lint_rewrites(load_rewrites([write(ONE), change]))[0])


@pytest.mark.parametrize(
    ("pattern", "many"), [("abc", 3), ("a{3}", 3), ("(?:ab){3}c", 7), (r"[a\]b]\d{2,5}", 6), (r"(?i)\p{Han}{4}|x+", 5)]
)
def test_states_are_those_of_the_pattern_written_out(pattern: str, many: int) -> None:
    assert states(pattern) == many
