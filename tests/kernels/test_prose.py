from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.prose import END_MARKS, level_one


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("今天很好，我们去散步。", 0.0),
        ("你好,世界.真的吗?好!", 1.0),
        ("一半，一半,一半。", pytest.approx(1 / 3)),
        ("圆周率是3.14，约1,000次。", 0.0),
        ("用 a, b, c 表示", None),
        ("Hello, world. Yes?", None),
        ("他,\n好", 1.0),
    ],
)
def test_half_width_marks_count_between_han_alone(ask, text, wanted):
    assert ask("halfwidth_mark_ratio", text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("他说：“好（真的）。”", 0.0),
        ("他说：“好。", 1.0),
        ("“好”）", pytest.approx(1 / 3)),
        ("It's a dog's life, isn’t it?", None),
        ("the students’ own ‘words’", 0.0),
        ("1) first\na) second\n2）第二", None),
        ("5'10\" tall", None),
        ('a "b" c\n"d', pytest.approx(1 / 3)),
        ("“第一段说话。\n“第二段接着说。”", 0.0),
        ("「『内』外」《书》【注】", 0.0),
        ("f(a[0], {b})", 0.0),
        ("if a < b and c > d", None),
    ],
)
def test_unpaired_quotes_and_brackets_are_found_and_apostrophes_are_none(ask, text, wanted):
    assert ask("unpaired_ratio", text) == wanted


def test_han_for_each_mark_is_null_without_han_and_all_of_them_without_marks(ask):
    assert ask("han_per_mark", "一二三，四五。") == 2.5
    assert ask("han_per_mark", "一二三四") == 4
    assert ask("han_per_mark", "no. han, here.") is None


def test_marks_inside_numbers_and_names_are_none(ask):
    assert ask("marks", "3.14 1,000 example.com 12:30") == 0
    assert ask("marks", "好，好. Yes. No! ……") == 6


def test_a_paragraph_ends_with_a_mark_or_a_quote_after_one(ask):
    full, cut = "字" * 19 + "。", "字" * 20
    assert ask("unended_paragraph_ratio", full + "\n" + "字" * 18 + "。”") == 0
    assert ask("unended_paragraph_ratio", full + "\n" + cut) == 0.5
    assert ask("unended_paragraph_ratio", cut + "”") == 1
    assert ask("unended_paragraph_ratio", "短") is None


@settings(deadline=None)
@given(st.lists(st.text("字a，。”\n ", max_size=40), max_size=6))
def test_paragraphs_agree_with_a_plain_reading(ask, parts):
    text = "\n".join(parts)
    long = [line for line in (line.strip() for line in text.split("\n")) if len(line) >= 20]
    unended = [line for line in long if (line.replace(" ", "").rstrip("”") or "x")[-1:] not in END_MARKS]
    wanted = pytest.approx(len(unended) / len(long)) if long else None
    assert ask("unended_paragraph_ratio", text) == wanted


def test_common_han_are_those_of_level_one_in_both_scripts(ask):
    assert len(level_one()) == 3755
    assert ask("common_han_ratio", "学而时习之，學而時習之") == 1
    assert ask("common_han_ratio", "鑫靁") == 0
    assert ask("common_han_ratio", "abc") is None


def test_scripts_that_take_turns_are_found_and_names_are_not(ask):
    assert ask("mixed_script_windows", "加a我b微c信") == 1
    assert ask("mixed_script_windows", "A股和B股，T恤，U盘，甲A乙B丙C") == 0
    assert ask("mixed_script_windows", "，。") is None


def test_shares_of_characters_are_right_on_chinese(ask):
    assert ask("special_char_ratio", "好，1 a") == pytest.approx(3 / 5)
    assert ask("non_alphanumeric_ratio", "好，1。 #") == pytest.approx(1 / 5)
    assert ask("parentheses_ratio", "桥（1931）好") == pytest.approx(6 / 8)
    assert ask("parentheses_ratio", "桥（1931\n好）") == 0
    assert ask("function_han_ratio", "我的书") == pytest.approx(2 / 3)


VILLAGE = [
    "村里的人都去河边洗衣服。",
    "河边的石头被人洗得很亮。",
    "衣服洗好了就挂在河边的树上。",
    "树上的衣服一会儿就干了。",
    "孩子们在河边的石头上玩水。",
    "老人坐在树下看孩子们玩水。",
    "村里的老人都喜欢坐在河边。",
    "洗衣服的人和老人说村里的事。",
    "孩子们玩水玩到衣服都湿了。",
    "湿了的衣服又挂在树上晒干。",
    "河边的树上挂着村里人的衣服。",
    "老人和孩子们都喜欢河边的树。",
]
FOREIGN = (
    "注册即送百元彩金，加客服领取最新优惠码，限时返现。",
    "Register now and claim your bonus code before midnight today.",
)


@pytest.mark.parametrize("sentence", FOREIGN)
@pytest.mark.parametrize("place", [1, 6, 11])
def test_a_foreign_sentence_raises_the_score(ask, sentence, place):
    before = ask("inserted_sentence_score", "".join(VILLAGE))
    after = ask("inserted_sentence_score", "".join([*VILLAGE[:place], sentence, *VILLAGE[place:]]))
    assert after > before + 0.1


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_shuffling_the_sentences_leaves_the_score(ask, chance: random.Random):
    shuffled = list(VILLAGE)
    chance.shuffle(shuffled)
    whole = ask("inserted_sentence_score", "".join(VILLAGE))
    assert ask("inserted_sentence_score", "".join(shuffled)) == pytest.approx(whole, abs=1e-6)


def test_fewer_than_eight_sentences_have_no_score(ask):
    assert ask("inserted_sentence_score", "".join(VILLAGE[:7])) is None
    assert ask("inserted_sentence_score", "".join(VILLAGE[:8])) is not None
