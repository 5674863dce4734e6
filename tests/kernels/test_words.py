from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "words"),
    [("the cat sat", 3), ("今天天气很好", 4), ("天", 1), ("用 Python 写代码", 4),
     ("don't stop", 2), ("한국 사람", 2), ("", 0), ("--- !", 0)],
)  # fmt: skip
def test_words_are_runs_and_two_for_three_han(text: str, words: int, ask: Any) -> None:
    assert ask("words", text) == words


def test_mean_length_is_of_alphabetic_words_alone(ask: Any) -> None:
    assert ask("mean_word_length", "cats and 12345 天气") == 3.5
    assert ask("mean_word_length", "don’t") == 5
    assert ask("mean_word_length", "只有汉字") is None


def test_the_longest_piece_leaves_han_out(ask: Any) -> None:
    assert ask("max_word_length", "很长很长很长的一句话没有空格 abcdef") == 6
    assert ask("max_word_length", "见https://example.org/a。好") == 21
    assert ask("long_word_ratio", "aaaa bb 天", above=3) == pytest.approx(1 / 3)
    assert ask("long_word_ratio", "a" * 41) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The CAT and the dog have to be with that of", 8),
        ("other tool weather", 0),
        ("the the the", 1),
        ("the1 t-he th’e be", 1),
        ("汉字", 0),
    ],
)
def test_english_stop_words_are_whole_words_counted_once(text: str, count: int, ask: Any) -> None:
    assert ask("stop_words", text, language="en") == count


def test_chinese_stop_words_count_both_scripts_once(ask: Any) -> None:
    assert ask("stop_words", "这是我的，這是他們的，他们的", language="zh") == 6
    assert ask("stop_words", "显卡价格", language="zh") == 0


def test_alphabetic_share_is_of_pieces(ask: Any) -> None:
    assert ask("alphabetic_word_ratio", "one 2 -- three") == 0.5
    assert ask("alphabetic_word_ratio", "一句，两句。") == 1
    assert ask("alphabetic_word_ratio", " ，") is None


def test_symbols_are_counted_for_each_word(ask: Any) -> None:
    assert ask("symbol_word_ratio", "#a b #c d", of="hash") == 0.5
    assert ask("symbol_word_ratio", "wait... what…… yes", of="ellipsis") == pytest.approx(2 / 3)
    assert ask("symbol_word_ratio", "# # #", of="hash") is None
    assert ask("symbol_word_ratio", "a###", of="hash") == 1
