"""Rhythm: fragments, floods, splices, marks, spacing, alien runs and loose lines."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.rhythm import RATIOS
from corpus.kernels.signal import SignalCall

PROSE = (
    "昨天下午，镇上的图书馆把旧书架重新摆了一遍。来借书的老人说，找书方便多了。\n门口的梨树开了花，孩子们在树下读书。"
)
ENGLISH = "The old mill stands by the river. Nobody remembers who built it, but the pear tree is older still."
NAMES = sorted(RATIOS)


@pytest.mark.parametrize("name", [one for one in NAMES if one != "comma_ratio"])
@pytest.mark.parametrize("text", [PROSE, ENGLISH])
def test_prose_has_none_of_it(ask, name, text):
    assert ask(name, text) in (0, None)


@pytest.mark.parametrize("apart", [" | ", "\n", " ", "  ", " > ", "/"])
def test_a_menu_is_fragments_whatever_stands_between(ask, apart):
    menu = apart.join(["首页", "新闻", "财经", "体育", "娱乐", "科技"])
    assert ask("fragment_char_ratio", menu) == pytest.approx(1, abs=0.35)
    assert 0.1 < ask("fragment_char_ratio", PROSE + "\n" + menu) < 0.5


def test_terms_between_commas_without_spaces_are_fragments(ask):
    assert ask("fragment_char_ratio", "手机报价,二手手机,笔记本电脑,旅游攻略,特价机票,酒店预订") > 0.6
    assert ask("fragment_char_ratio", "、".join(["手机报价", "旅游攻略", "酒店预订"] * 4)) > 0.6
    assert ask("fragment_char_ratio", "、".join(["手机报价", "旅游攻略"] * 4)) == 0
    assert ask("fragment_char_ratio", "今天很好, 我们去公园, 他们在家, 天又下雨, 大家读书, 晚上睡觉") == 0


def test_four_fragments_and_names_with_commas_are_no_menu(ask):
    assert ask("fragment_char_ratio", "首页 新闻 财经 体育") == 0
    assert ask("fragment_char_ratio", "来的人有张三、李四、王五、赵六、钱七、孙八和周九。") == 0
    assert ask("fragment_char_ratio", "Ann, Ben, Cid, Dan, Eve, Fay and Gus came to the mill.") == 0


def test_a_flood_has_no_mark_for_more_than_forty_characters(ask):
    unmarked = (
        "今天下午我们先去了河边再沿着小路走到山脚下的村子里看望住在那里的老朋友然后大家一起吃了晚饭才慢慢地走回家"
    )
    assert ask("flood_ratio", unmarked) == 1
    assert ask("flood_ratio", unmarked[:40] + "。" + unmarked[40:]) == 0
    assert ask("flood_ratio", unmarked[:30] + " " + unmarked[30:]) == 1


def test_a_sentence_of_another_language_within_a_line_is_a_splice(ask):
    spliced = "昨天下午图书馆重新开门。The meeting was moved to Thursday because of rain.来借书的人不少。"
    assert ask("splice_ratio", spliced) > 0.5
    assert ask("splice_ratio", "昨天下午图书馆开门。Вчера вечером шёл дождь.来借书的人不少。") > 0.3
    assert ask("splice_ratio", "He came home late. 昨天下午图书馆重新开门了。 Then it rained all night long.") > 0.1


def test_terms_addresses_and_paragraphs_in_english_are_no_splices(ask):
    assert ask("splice_ratio", "我们用 Python 和 Rust 写了一个小工具，见 https://a.example/b/c/d/e/f/g/h 的说明。") == 0
    assert (
        ask(
            "splice_ratio",
            "下面是原文，后面是译文，一句一段地排在一起，方便对照。\nThe old mill stands by the river, and is old.\n",
        )
        == 0
    )


@pytest.mark.parametrize("wrong", ["，，", "。，", "；、", "。。", "！。"])
def test_marks_that_cannot_follow_each_other(ask, wrong):
    assert ask("misplaced_mark_ratio", f"今天很好{wrong}我们去公园") == 0.5


@pytest.mark.parametrize("right", ["？！", "！！！", "……。", "”。", "——，", "3.14", "a.b, c", "...", "?!"])
def test_marks_that_may(ask, right):
    assert ask("misplaced_mark_ratio", f"今天很好{right}我们去公园") in (0, None)


def test_a_mark_that_begins_a_line_or_follows_an_opening_quote(ask):
    assert ask("misplaced_mark_ratio", "今天很好\n，我们去公园。") == 0.5
    assert ask("misplaced_mark_ratio", "他说“，今天很好。”") == 0.5


def test_spaces_between_han(ask):
    assert ask("spaced_han_ratio", "今 天 很好") == 0.5
    assert ask("spaced_han_ratio", "我们用 Python 写\n程序") == 0


def test_alien_runs_are_longer_than_fifteen_code_points(ask):
    assert ask("alien_run_ratio", "要买的人请见 https://www.shop.example/item 上的那一段说明") == pytest.approx(29 / 42)
    assert ask("alien_run_ratio", "型号是 AB-1234567890 的机器") == 0
    assert ask("alien_run_ratio", "Row 12|34|56|78 of it") == pytest.approx(11 / 18)


def test_loose_lines_and_commas(ask):
    assert ask("loose_line_char_ratio", "没有句号的一行\n有句号的一行。") == 0.5
    assert ask("loose_line_char_ratio", "他说：\n“好。”\n（完了。）") == 0
    assert ask("comma_ratio", "今天，天气，很好。走吧！") == 0.5


def test_nothing_gives_nothing(ask):
    for name in NAMES:
        assert ask(name, None) is None
        assert ask(name, "") is None


@given(
    st.lists(
        st.none() | st.text(alphabet=st.sampled_from("今天好a的 \n\t|/，。！？“”1дあ가.é,;\u3000"), max_size=60),
        max_size=8,
    )
)
def test_rows_do_not_see_each_other(rows):
    from corpus.kernels.catalogue import measure

    calls = [SignalCall(name) for name in NAMES]

    def of(texts: list[str | None]) -> pa.RecordBatch:
        return measure(pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"]), calls)

    whole = of(rows).to_pylist()
    assert whole == [one for text in rows for one in of([text]).to_pylist()]
    assert all(value is None or 0 <= value <= 1 for row in whole for value in row.values())
