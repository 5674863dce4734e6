"""What each rewrite changes and, above all, what it leaves: the defects of earlier cleaners are the cases here."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.rewrites import checks
from corpus.kernels.rewrites.catalogue import KERNELS, RewriteCall, rewrite
from corpus.kernels.rewrites.endings import lines_matching, unfinished_tail
from corpus.kernels.rewrites.markup import html_remnants, image_links, urls
from corpus.kernels.rewrites.pii import pii
from corpus.kernels.rewrites.spacing import repeated_punctuation, spaces_between_han
from corpus.kernels.rewrites.spans import repeated_spans
from corpus.kernels.rewrites.variants import simplified_to_traditional, traditional_to_simplified
from corpus.kernels.rewrites.widths import fold_width, numerals
from corpus.ruleset.rewrites import load_rewrites

SHIPPED = load_rewrites(["common", "zh", "pii", "tails", "wordlists", "sources", "web"])
EXTRA = [RewriteCall("fold_width", (("what", "all"),))]
CALLS = [one.call for one in SHIPPED] + EXTRA
PIECES = st.sampled_from(
    ["我们", " ", "\n", "a<b", "<p>", "</p>", "&lt;", "```\n", "！", "!!!", "①", "Ａ", "https://a.com/b", "![x](y)",
     "13800000000", "。", "他走了", "|", "　", "é", "𠀀", "😀", "点赞 3\n", "QQ：12345678", "1.2.3.4", "x@y.cn",
    "（", "...",
     "山里的人每天清早都要走很远的路去挑水，回来以后再做早饭给孩子们吃。"]
)  # fmt: skip
TEXTS = st.lists(st.none() | st.lists(PIECES | st.text(max_size=6), max_size=12).map("".join), min_size=1, max_size=5)


def array(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.large_string())


def run(function, *texts: str | None, **options) -> list[str | None]:
    return function(array(*texts), **options).text.to_pylist()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.kernel)
@settings(max_examples=30, deadline=None)
@given(texts=TEXTS)
def test_a_row_is_changed_alone_and_its_loss_is_told(call, texts):
    text = array(*texts)
    done = rewrite(text, call)
    alone = [rewrite(text.slice(row, 1), call).text[0].as_py() for row in range(len(text))]
    assert done.text.to_pylist() == alone
    assert done.text.is_null().equals(text.is_null())
    done.text.validate(full=True)
    assert done.removed.equals(pc.subtract(pc.utf8_length(text), pc.utf8_length(done.text)).cast(pa.int32()))


IDEMPOTENT = (
    "fold_width", "numerals", "repeated_punctuation", "lines_matching", "unfinished_tail", "pii", "trim_ends",
    "term_lines", "by_action", "edge_marks",
)  # fmt: skip


@pytest.mark.parametrize("call", [call for call in CALLS if call.kernel in IDEMPOTENT], ids=lambda call: call.kernel)
@settings(max_examples=30, deadline=None)
@given(texts=TEXTS)
def test_a_second_time_changes_nothing(call, texts):
    once = rewrite(array(*texts), call).text
    assert rewrite(once, call).text.equals(once)


KEEPS_LINES = ("fold_width", "numerals", "spaces_between_han", "repeated_punctuation", "urls", "image_links", "pii")


@pytest.mark.parametrize("call", [call for call in CALLS if call.kernel in KEEPS_LINES], ids=lambda call: call.kernel)
@settings(max_examples=30, deadline=None)
@given(texts=TEXTS)
def test_lines_survive(call, texts):
    text = array(*texts)
    newlines = [pc.count_substring(one, "\n") for one in (text, rewrite(text, call).text)]
    assert newlines[0].equals(newlines[1])


HARMLESS = [
    "第一段。\n\n第二段。\n第三段。",
    "He said it was fine. Nobody answered. The end.",
    "1949-1978 2008-2012", "3.14159265358979323846", "ISBN 978-7-111-12345-6", "9787111123456", "123 456 7890",
    "awww great", "www and ww3 things, then went home (quickly).",
    "1+1==2，a//b，C++，……，——", "x ?? y, !!flag, a[0]", "------\n### 三\n| - | - |\n...",
    "a<b and c>d", "std::vector<int> v; if (a<b && b>c)", "见文献[1]和a[0]",
    "概述述职报告", "app发自图片的故事",
    "He said… text.", "αβ привет café", "かなカナ 한글 ℃ € £ 㐀 𠀀",
    "啦啦啦啦，哈哈哈哈哈哈", "| 一 | 一 |\n| 一 | 一 |", "编辑、来源、评论、电话、分享，谢谢！",
    "第一条　为了方便居民，制定本办法。\n（一）水井；\n（二）水塘。",
    "版本 4.18.0.1，内核 91.0.4472.124，2020-01-01 12:30:45", "订单号：13800000000", "https 和 http 的区别",
    "```python\nx = '<div>' + 'a!!!' # 13 8\n```",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_what_earlier_cleaners_broke_is_left_alone(text):
    for one in SHIPPED:
        assert rewrite(array(text), one.call).text.to_pylist() == [text], one.id


def with_check_digit(seventeen: str) -> str:
    return next(seventeen + sign for sign in "0123456789X" if checks.id_card(seventeen + sign))


def with_luhn(digits: str) -> str:
    return next(digits + sign for sign in "0123456789" if checks.luhn(digits + sign))


def with_credit_check(seventeen: str) -> str:
    return next(seventeen + sign for sign in "0123456789ABCDEFGHJKLMNPQRTUWXY" if checks.credit_code(seventeen + sign))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"身份证{with_check_digit('11010119900101001')}。", "身份证<ID_CARD>。"),
        (f"{with_check_digit('11010119900101001')[:-1]}Z", None),
        (with_check_digit("11010119900101001").replace("0101001", "0231001"), None),
        ("电话13800000000，或010-60000000", "电话<PHONE>，或<PHONE>"),
        ("+86 138 0000 0000", "<PHONE>"),
        ("12345678901", None),
        (f"卡号：{with_luhn('622202123456789012')}", "卡号：<BANK_CARD>"),
        (with_luhn("411111111111111"), None),
        (f"银行卡 {with_luhn('411111111111111')}", "银行卡 <BANK_CARD>"),
        (f"代码{with_credit_check('91110108MA0000000')}", "代码<CREDIT_CODE>"),
        ("车牌京A12345、粤B·12345D", "车牌<PLATE>、<PLATE>"),
        ("护照号：E12345678", "护照号：<PASSPORT>"),
        ("微信号：abc_12345，QQ：12345678", "微信号：<WECHAT>，QQ：<QQ>"),
        ("微信 Android 版，QQ空间", None),
        ("写信到a.b@example.com.cn。", "写信到<EMAIL>。"),
        ("服务器 8.8.8.8，来自203.119.25.1", "服务器 <IP>，来自<IP>"),
        ("192.168.1.1 127.0.0.1 v1.2.3.4 1.2.3.4", None),
        ("2400:3200::1 12:30:45 std::vector", "<IP> 12:30:45 std::vector"),
        ("tel=13800000000，phone/13900000000，Tel.13700000000", "tel=<PHONE>，phone/<PHONE>，Tel.<PHONE>"),
        ("电话/13800000000/13900000000，张三,13700000000", "电话/<PHONE>/<PHONE>，张三,<PHONE>"),
        ("https://a.cn/，电话13800000000；/home/a.txt 13900000000", "https://a.cn/，电话<PHONE>；/home/a.txt <PHONE>"),
        ("13800000000(微信同号)，(+86)13900000000，008613700000000", "<PHONE>(微信同号)，<PHONE>，<PHONE>"),
        ("电话01060000000，01060000000，(0755)20000000-8001", "电话<PHONE>，01060000000，<PHONE>"),
        ("0800-6000000，0260-2345678", None),
        (f"id_card={with_check_digit('11010119900101001')}", "id_card=<ID_CARD>"),
        (f"卡号{with_luhn('37000000000000')}，账号{with_luhn('5000000000000000')}", "卡号<BANK_CARD>，账号<BANK_CARD>"),
        (f"卡号{with_luhn('712345678901234')}", None),
        ("3.13800000000，1e13800000000，-13800000000，uid: 13800000000", None),
        ("SSN 123-45-6789, not 000-12-3456", "SSN <SSN>, not 000-12-3456"),
        ("x=13800000000，https://a.cn/13800000000.html，13800000000元", None),
    ],
)
def test_personal_numbers_are_found_by_their_form_and_nothing_else_is(before, after):
    assert run(pii, before) == [after or before]


def test_placeholders_are_counted_by_kind():
    done = pii(array("13800000000，13900000000", "a@b.cn", "无"), ["phone", "email"])
    assert {kind: many.to_pylist() for kind, many in done.counts.items()} == {"phone": [2, 0, 0], "email": [0, 1, 0]}
    assert run(pii, "a@b.cn 13800000000", kinds=["phone"]) == ["a@b.cn <PHONE>"]


def test_markup():
    assert run(html_remnants, '<div class="x">一</div>二<br/>三<b>四</b>') == ["一\n二\n三四"]
    assert run(html_remnants, "&amp;&#x4e00;&unknown;&nbsp;x") == ["&一&unknown; x"]
    assert run(html_remnants, "a<!-- x -->b<script>var i;</script>c") == ["abc"]
    assert run(urls, "看https://a.com/x，好(http://b.cn/c)") == ["看，好()"]
    assert run(urls, "[文](https://a.com) <https://b.cn> www.c.org/d。") == ["文  。"]
    assert run(image_links, "[![a](b.png)](https://c.cn)甲![](d)") == ["甲"]


def test_spaces_and_marks():
    assert run(spaces_between_han, "我 们 走", "你好 ，走", "白日依山尽 黄河入海流", "甲  乙 丙") == [
        "我们走", "你好，走", "白日依山尽 黄河入海流", "甲  乙 丙",
    ]  # fmt: skip
    assert run(repeated_punctuation, "好！！，，嗯………………———", "a!!!!b??") == ["好！，嗯……——", "a!b??"]


def test_widths_and_numerals():
    assert run(fold_width, "Ａ１，ｚ　", what="letters_digits") == ["A1，z　"]
    assert run(fold_width, "Ａ，！", what="all") == ["A,!"]
    assert run(numerals, "①甲 ①② ⑴ ⒈ ㊀ 3①") == ["1甲 ①② (1) 1. 一 3①"]


def test_repeats_keep_one_copy():
    span = "山里的人每天清早都要走很远的路去挑水，回来以后再做早饭给孩子们吃。"
    assert run(repeated_spans, "起" + span * 5 + "止", span, "1234567890" * 20, "-" * 200) == [
        "起" + span + "止", span, "1234567890" * 20, "-" * 200,
    ]  # fmt: skip


def test_ends_and_lines():
    assert run(unfinished_tail, "他走了。可是", "He left. Then he", "他说：“走。”", "无标点的一行", "走了。——某某") == [
        "他走了。", "He left.", "他说：“走。”", "无标点的一行", "走了。——某某",
    ]  # fmt: skip
    assert run(lines_matching, "甲\n广告\n乙\n```\n广告\n```", pattern="^广告$") == ["甲\n乙\n```\n广告\n```"]


def test_variants_are_opencc_s():
    assert run(traditional_to_simplified, "漢語", None, "汉语") == ["汉语", None, "汉语"]
    assert run(simplified_to_traditional, "汉语") == ["漢語"]


def test_every_kernel_is_called_somewhere_here():
    elsewhere = {"traditional_to_simplified", "simplified_to_traditional", "mask_terms"}
    assert {call.kernel for call in CALLS} | elsewhere == set(KERNELS)
