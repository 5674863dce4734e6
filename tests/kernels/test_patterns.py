from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.catalogue import measure
from corpus.kernels.patterns import _GROUPS, ANCHORS, EMAIL, PHRASES, URL, _count, problem
from corpus.kernels.signal import SignalCall
from corpus.kernels.text_signals import PHRASE_GROUPS


@pytest.mark.parametrize(
    ("text", "count", "chars"),
    [
        ("见https://example.org/路径", 1, 20),
        ("请访问https://example.org/a?b=1。谢谢", 1, 25),
        ("HTTP://EXAMPLE.ORG and www.example.com", 2, 33),
        ("awww.cute 没有链接", 0, 0),
    ],
)
def test_a_url_ends_where_chinese_goes_on(text: str, count: int, chars: int, ask: Any) -> None:
    assert ask("url_count", text) == count
    assert ask("url_char_ratio", text) == pytest.approx(chars / len(text))


def test_addresses_are_counted(ask: Any) -> None:
    assert ask("email_count", "写信给zhang.san@mail.example.cn或 li@example.com") == 2
    assert ask("email_count", "@all a@b 3@4") == 0


DIRTY = {
    "javascript": ["Please enable JavaScript to continue", "请启用 JavaScript", "您的浏览器不支持JavaScript"],
    "lorem_ipsum": ["Lorem ipsum dolor"],
    "cookie": ["We use cookies here", "接受所有Cookie", "Cookie 政策"],
    "placeholder": ["Page not found", "暂无内容", "敬请期待"],
    "html_remnant": ["一行<br/>两行", "<div class='x'>", "a&nbsp;b"],
    "mojibake": ["锟斤拷", "donâ€™t", "cafÃ©", "鏄剧ず锛屽ソ"],
}
CLEAN = {
    "javascript": ["JavaScript 是一门语言", "I write JavaScript"],
    "lorem_ipsum": ["the word lorem"],
    "cookie": ["烤了一盘 cookies", "cookies and milk"],
    "placeholder": ["这里有内容", "the page was found"],
    "html_remnant": ["if a<b and c>d", "List<String> x", "AT&T; a & b"],
    "mojibake": ["À côté, là-bas « déjà »", "irmã»", "锟是一个字"],
}


@pytest.mark.parametrize("group", PHRASE_GROUPS)
def test_phrases_hit_what_they_should_and_spare_prose(group: str, ask: Any) -> None:
    assert set(DIRTY) == set(CLEAN) == set(PHRASES) == set(PHRASE_GROUPS)
    assert [text for text in DIRTY[group] if not ask("phrase_density", text, of=group)] == []
    assert [text for text in CLEAN[group] if ask("phrase_density", text, of=group)] == []


def test_density_is_for_each_thousand_characters(ask: Any) -> None:
    assert ask("phrase_density", "锟斤拷" + "好" * 497, of="mojibake") == pytest.approx(2.0)
    assert ask("pattern_density", "a1b22", pattern=r"\d+") == pytest.approx(400.0)
    assert ask("pattern_density", "广告，广告", pattern=r"\p{Han}{2}") == pytest.approx(400.0)


def test_curly_brackets_are_a_share(ask: Any) -> None:
    assert ask("curly_ratio", "{a}b") == 0.5


def test_an_unusable_pattern_is_told_before_and_refused_after() -> None:
    assert problem(r"\d+") is None
    assert problem("(") is not None
    assert problem(r"(?=a)") is not None
    assert problem("") is not None
    batch = pa.RecordBatch.from_arrays([pa.array(["a"], pa.large_string())], ["text"])
    with pytest.raises(ValueError, match="pattern"):
        measure(batch, [SignalCall("pattern_density", (("pattern", "("),))])


def test_every_group_is_one_linear_expression() -> None:
    for parts in PHRASES.values():
        assert pl.Series(["x"]).str.count_matches("|".join(parts))[0] == 0


FRAGMENTS = (
    "enable JavaScript ", "开启java script", "Accept all COOKIES ", "cookie policy", "接受cookie", "Lorem Ipsum ",
    "DOLOR sit amet", "consectetur adipiscing", "<div class='a'>", "</b>", "&nbsp;", "-->", "<!--", "]]>", "<![CDATA[",
    "HTTPS://a.example/x", "http://例子", "WWW.b.example", "a.b@c.example ", "@", "正文", " \n", "ww", "ht",
    "Under Construction", "coming soon", "Page cannot be FOUND", "your text here", "Sample text goes here",
    "no results yet", "此处填写", "页面", "不存在", "内容已被删除", "暂无评论", "网站建设中", "敬请期待", "敬請期待",
    "待补充", "頁面不存在", "<ſpan>", "&AMP;", "R&D",
)  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join) | st.none(), max_size=8))
def test_looking_for_literals_first_loses_no_match(texts: list[str | None]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    patterns = {"url": URL, "email": EMAIL, **_GROUPS}
    assert set(ANCHORS) <= set(patterns)
    for name, pattern in patterns.items():
        assert _count(series, pattern, name).to_list() == series.str.count_matches(pattern).to_list(), name


SOME = ("(?i)蕨|fern", r"^\d+\.$", "a{2,3}", r"(?m:^x)|[水渠]{2}", "(?-u:\\b)no(?-u:\\b)")


@given(
    st.lists(st.none() | st.text(alphabet="aAxno水渠蕨1. \n", max_size=8) | st.just("普通的一句话。"), max_size=40),
    st.lists(st.sampled_from(SOME), min_size=1, max_size=5, unique=True),
)
def test_patterns_count_the_same_together_and_alone(texts: list[str | None], patterns: list[str]) -> None:
    batch = pa.RecordBatch.from_pydict({"text": pa.array([*texts, *["无关的话。"] * 60], pa.large_string())})
    calls = [SignalCall("pattern_density", (("pattern", pattern),)) for pattern in patterns]
    together = measure(batch, calls)
    for call, column in zip(calls, together.columns, strict=True):
        assert column.equals(measure(batch, [call]).column(0))
