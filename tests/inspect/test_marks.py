"""What a signal counts is marked where it stands; a signal that sees no places marks nothing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import wordlists
from corpus.inspect.marks import MOST, calls_of, spans_of
from corpus.kernels.catalogue import SIGNALS
from corpus.kernels.signal import SignalCall
from corpus.rundir import RunDir


def said(text: str, kernel: str, *arguments: tuple[str, str | int | float]) -> list[str]:
    return [text[start:end] for start, end in spans_of(text, SignalCall(kernel, arguments))]


def test_hits_of_lists_patterns_phrases_and_addresses() -> None:
    assert said("看https://example.org/a 和 www.b.cn。", "url_char_ratio") == ["https://example.org/a", "www.b.cn"]
    assert said("写信到 a.b@example.org", "email_count") == ["a.b@example.org"]
    assert said("甲1乙22", "pattern_density", ("pattern", r"\d+")) == ["1", "22"]
    assert said("please Enable JavaScript now", "phrase_density", ("of", "javascript")) == ["Enable JavaScript"]
    term = wordlists.load("zh/gambling").terms[0].text
    assert said(f"请来，{term}。", "term_density", ("list", "zh/gambling"), ("digest", "")) == [term]


def test_characters_runs_and_repeated_lines() -> None:
    assert said("ab，。cd！", "char_ratio", ("of", "punctuation")) == ["，。", "！"]
    assert said("好好好！！！！", "longest_run") == ["！！！！"]
    assert said("一行\n二行\n一行\n三行\n一行", "duplicate_line_ratio") == ["一行", "一行"]
    assert said("话……\n完", "ellipsis_line_ratio") == ["……"]


def test_running_text_lengths_and_models_mark_nothing() -> None:
    assert said("汉字", "char_ratio", ("of", "han")) == []
    assert said("汉字", "chars") == []
    assert said("a", "term_density", ("list", "no/such-list"), ("digest", "")) == []
    assert said("a", "pattern_density", ("pattern", "(")) == []


@pytest.mark.parametrize(
    "call",
    [
        SignalCall("url_count"),
        SignalCall("longest_run"),
        SignalCall("bullet_line_ratio"),
        SignalCall("duplicate_line_ratio"),
        SignalCall("char_ratio", (("of", "emoji"),)),
        SignalCall("pattern_density", (("pattern", "a|b+"),)),
    ],
)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_spans_lie_in_the_text_and_do_not_overlap(call: SignalCall, text: str) -> None:
    spans = spans_of(text, call)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_marks_are_bounded() -> None:
    assert len(said("1 " * 5000, "pattern_density", ("pattern", r"\d"))) == MOST


def test_the_calls_of_a_run_are_those_of_its_rules(dirty: str) -> None:
    stages = RunDir.open(dirty).published
    calls = calls_of(stages)
    assert all(call.kernel in SIGNALS for call in calls.values())
    assert {rule["signal"] for rule in stages["decide"].manifest.details["rules"]} <= set(calls)
