from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.synth.rouge import alike, neighbours_shared, rouge_l, unit_strings

UNITS = st.text("甲乙丙丁戊", max_size=14)


def common(one: str, other: str) -> int:
    """Length of the longest common subsequence, by the textbook."""
    row = [0] * (len(other) + 1)
    for left in one:
        before = row[:]
        for place, right in enumerate(other):
            row[place + 1] = before[place] + 1 if left == right else max(before[place + 1], row[place])
    return row[-1]


@settings(max_examples=150, deadline=None)
@given(UNITS, UNITS)
def test_it_is_the_f1_of_the_longest_common_subsequence(one: str, other: str) -> None:
    wanted = 2 * common(one, other) / (len(one) + len(other)) if one and other else 0.0
    assert rouge_l(one, other) == pytest.approx(wanted)
    assert rouge_l(one, other, 0.7) == pytest.approx(wanted if wanted >= 0.7 else 0.0)


def test_chinese_is_compared_by_characters_and_english_by_words() -> None:
    chinese, english, mixed = unit_strings(["写一首关于春天的诗。", "Write a poem about spring!", "用Python写诗"])
    assert (len(chinese), len(english), len(mixed)) == (9, 5, 4)
    other = unit_strings(["WRITE a Poem about winter"])[0]
    assert rouge_l(english, other) == pytest.approx(0.8)


def test_width_case_traditional_forms_and_punctuation_make_no_difference() -> None:
    one, other = unit_strings(["请翻译：“ABC”，谢谢", "請翻譯ａｂｃ谢谢"])
    assert one == other


def test_short_texts_are_alike_only_when_they_are_equal() -> None:
    poem, song, again = unit_strings(["写一首诗", "写一首歌", "写一首诗！"])
    assert alike(poem, song, 0.7) == 0.0
    assert alike(poem, again, 0.7) == 1.0


def test_the_same_words_in_another_order_share_their_neighbours() -> None:
    one, other = unit_strings(["用 Python 写一个快速排序函数并加上注释", "写一个快速排序函数并加上注释，用 Python"])
    assert rouge_l(one, other) < 0.9
    assert neighbours_shared(one, other) > 0.8
    three = unit_strings(["先解释什么是光合作用，再列出它需要的条件", "列出它需要的条件，再先解释什么是光合作用"])
    assert rouge_l(*three) < 0.7
    assert alike(*three, 0.7) >= 0.7
    assert alike(*three, 0.7, turned=False) == 0.0
