from __future__ import annotations

import statistics
from collections import Counter
from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(deadline=None)
@given(
    st.lists(st.text("字a 、，\n", max_size=30), min_size=1, max_size=8).map("\n".join),
    st.sampled_from(["lines", "clauses"]),
)
def test_segments_agree_with_a_plain_reading(ask, text, marks):
    flat = text.replace("、", "\n").replace("，", "\n" if marks == "clauses" else "，")
    lengths = [len(part.strip()) for part in flat.split("\n") if part.strip()]
    if len(lengths) < 2:
        assert ask("mean_segment_length", text, marks=marks) is None
        return
    mean, reach = statistics.fmean(lengths), 3 * statistics.pstdev(lengths)
    kept = [length for length in lengths if abs(length - mean) <= reach + 1e-9]
    assert ask("mean_segment_length", text, marks=marks) == pytest.approx(statistics.fmean(kept), rel=1e-5)
    assert ask("segment_length_deviation", text, marks=marks) == pytest.approx(statistics.pstdev(kept), abs=1e-3)
    together = statistics.fmean(kept) + statistics.pstdev(kept)
    assert ask("segment_length_reach", text, marks=marks) == pytest.approx(together, abs=1e-3)


def test_one_long_paragraph_does_not_hide_a_table(ask):
    text = "二字\n" * 30 + "长" * 2000
    assert ask("mean_segment_length", text, marks="lines") == 2


def test_chapter_marks_are_counted_with_any_numerals(ask):
    text = "第一章 归乡\n第十二回 旧井\n第 3 章\n第３章 又\n第几章 第章 第一节"
    assert ask("chapter_heading_count", text, of="chapter") == 4
    assert ask("chapter_heading_count", "（一）总则（12）范围（略）(三)", of="numbered") == 2
    assert ask("chapter_char_ratio", "第一章好", of="chapter") == 0.75


def test_a_long_law_with_numbered_items_has_a_low_share(ask):
    law = (
        "".join(f"（{number}）在公共水井周围二十米内倾倒垃圾、排放污水的；\n" for number in "一二三四五六七八九十") * 5
    )
    assert ask("chapter_heading_count", law, of="numbered") == 50
    assert ask("chapter_char_ratio", law, of="numbered") < 0.15


def test_lines_of_few_words_are_counted_in_both_languages(ask):
    assert ask("few_word_line_ratio", "Home\nThe mill stood empty\n首页\n今天天气很好\n\n", below=3) == 0.5
    assert ask("few_word_line_ratio", "don't stop now", below=3) == 0


@settings(deadline=None)
@given(st.text("ab字", max_size=60), st.integers(2, 5))
def test_character_repetition_agrees_with_its_definition(ask, text, n):
    grams = Counter(text[place : place + n] for place in range(len(text) - n + 1))
    if not grams:
        assert ask("char_repetition_ratio", text, n=n) is None
        return
    counts = sorted(grams.values(), reverse=True)
    wanted = min(isqrt(len(counts)), len(counts) - counts.count(1))
    assert ask("char_repetition_ratio", text, n=n) == pytest.approx(sum(counts[:wanted]) / sum(counts))


def test_lines_with_phrases_are_a_share_of_the_lines_that_are_not_blank(ask):
    text = "隐私政策\n\n今天很好。\nAll rights reserved, privacy policy.\n好"
    assert ask("phrase_line_ratio", text, of="policy") == 0.5
    assert ask("phrase_line_ratio", "Please enable JavaScript\nok", of="javascript") == 0.5
    assert ask("pattern_line_ratio", "a1\nb2 3\nc\n", pattern=r"^\w\d") == pytest.approx(2 / 3)
    assert ask("pattern_line_ratio", " \n", pattern="a") is None
