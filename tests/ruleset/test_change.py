"""Bounds set from the command line are checked as those of a file are; an overlay says the same as a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.ruleset.change import Setting, changed, overlay, parse_setting
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import Bound


def test_a_setting_is_a_rule_a_side_and_a_number() -> None:
    assert parse_setting("zh.short.min=60") == Setting("zh.short", "min", 60)
    assert parse_setting("zh.punct_ratio_high.max = 0.25") == Setting("zh.punct_ratio_high", "max", 0.25)
    assert parse_setting("zh.short.min=none") == Setting("zh.short", "min", None)


@pytest.mark.parametrize("said", ["zh.short", "zh.short=3", "min=3", "zh.short.min=x", "zh.short.max=inf", "a.b.max="])
def test_anything_else_is_refused_with_what_was_said(said: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        parse_setting(said)


def test_only_the_bounds_that_are_set_change_and_the_order_stays() -> None:
    rules = load_rules(["zh/web"])
    assert changed(rules, [], []) == rules
    new = changed(rules, [Setting("zh.short", "min", 60)], ["zh.top_phrase"])
    assert [rule.id for rule in new.rules] == [rule.id for rule in rules.rules if rule.id != "zh.top_phrase"]
    assert {rule.id for rule in new.rules if rule != rules.rules[rules.by_id[rule.id]]} == {"zh.short"}


def test_every_mistake_is_told_at_once() -> None:
    rules = load_rules(["zh/web"])
    settings = [
        Setting("zh.shrot", "min", 3),
        Setting("zh.han_ratio_low", "min", 30),
        Setting("zh.top_3gram", "min", 0.9),
        Setting("zh.short", "min", None),
        Setting("zh.top_phrase", "max", 0.1),
    ]
    with pytest.raises(UsageError) as told:
        changed(rules, settings, ["zh.top_phrase", "zh.nothing"])
    for said in ("zh.short", "30 % is 0.3", "keeps nothing", "bounds nothing", "set and disabled", "zh.nothing"):
        assert said in str(told.value), said


@settings(deadline=None)
@given(low=st.floats(0, 0.5), high=st.floats(0.5, 1))
def test_an_overlay_is_a_rule_file_whatever_the_numbers(low: float, high: float) -> None:
    from tempfile import TemporaryDirectory

    rule = load_rules(["zh/web"]).rules[1]
    with TemporaryDirectory() as folder:
        path = f"{folder}/o.yaml"
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(overlay([(rule, Bound(low, high), 'a "source": 1')], ["made\nhere"]))
        new = load_rules(["zh/web", path]).rules[1]
    assert new.keep_when.min == pytest.approx(low, rel=1e-9, abs=0)
    assert new.keep_when.max == pytest.approx(high, rel=1e-9)
    assert new.source == 'a "source": 1'


def test_an_overlay_takes_a_side_away_and_may_be_empty(write: Callable[..., str]) -> None:
    rules = load_rules(["en/web"])
    rule = rules.rules[rules.by_id["en.word_length"]]
    new = load_rules(["en/web", write(overlay([(rule, Bound(2.5, None), "x")]))])
    assert new.rules[new.by_id["en.word_length"]].keep_when == Bound(2.5, None)
    assert load_rules(["en/web", write(overlay([]), "empty.yaml")]) == rules
