from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.fold import fold
from corpus.kernels.keyview import key_view

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
PIECES = st.lists(
    st.sampled_from(
        ["<", ">", "</", "/>", "<!--", "-->", "<a ", "<b>", "<p>", "<script>", "</script>", "<style>", 'x="', "'", "=",
         "&", "&amp;", "&#", ";", "http", "s", "://", "www.", "a.b", "汉", "語", " ", "1", ".", "\n", "é"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def key(text: str) -> str | None:
    return key_view(texts(text))[0].as_py()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<p>今天</p><br/>明天", "今天明天"),
        ("<A HREF='x>y' class=\"q\"title=z>链接</A >", "链接"),
        ('<img src="data:a>b" alt=图>图', "图"),
        ("<input disabled><video controls src=a.mp4>片", "片"),
        ("<o:p>字</o:p><my-note>记</my-note>", "字记"),
        ("前<!-- a > b -->后<!DOCTYPE html><?xml version='1.0'?>", "前后"),
        ("<script>if (a<b) f();</script>文<STYLE>p{}</style >章", "文章"),
        ("一&nbsp;二&#8212;三&#x4E2D;四&frac12;", "一二三四"),
        ("见https://example.org/a?b=1,c。好", "见好"),
        ("（http://example.org），ftp://example.org/x 完", "完"),
        ("官网www.example.org欢迎", "官网欢迎"),
        ("链接<https://example.org/a>如上", "链接如上"),
        ("[说明](https://example.org/setup)", "说明"),
        ("HTTPS://EXAMPLE.ORG/ 大写", "大写"),
    ],
)
def test_markup_and_addresses_are_left_out(text: str, left: str) -> None:
    assert key(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "a<b and c>d", "若 a<b，c>d", "std::vector<int> v", "a<b>c", "1<2 && 3>2", "<用户名>", "<-- 见上", "x <y-z)",
        "AT&T 与 R&D;", "&a;", "a: //b", "wwwabc.org", "awww.example.org", "www.", "<p", "<b x>", "x<p y>", "<a='1'>",
        "比率 3:4", "<1>", "</ b>", "gopher://example.org",
    ],
)  # fmt: skip
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert key(text) == fold(texts(text))[0].as_py()


def test_a_comment_or_script_that_never_ends_hides_nothing() -> None:
    assert key("前<!-- 正文很长") == "前<正文很长"
    assert key("<script>正文很长") == "正文很长"
    assert key("<a href='正文很长") == "<ahref=正文很长"


def test_nothing_left_is_empty_and_null_stays_null() -> None:
    assert key_view(texts("<br>", "http://example.org", "，。", "", None)).to_pylist() == ["", "", "", "", None]


@settings(max_examples=200, deadline=None)
@given(ANY.map(lambda text: text.translate(dict.fromkeys(map(ord, "<&:wW"), " "))))
def test_plain_text_has_the_key_text_that_fold_gives_it(text: str) -> None:
    assert key(text) == fold(texts(text))[0].as_py()


@settings(max_examples=200, deadline=None)
@given(ANY, ANY)
def test_tags_between_texts_do_not_matter(one: str, other: str) -> None:
    plain = [text.translate(dict.fromkeys(map(ord, "<&:wW\0"), "x")) for text in (one, other)]
    assert key(f"{plain[0]}\n<br>\n{plain[1]}") == key(f"{plain[0]}\n \n<p class='a'></p>{plain[1]}")


@settings(max_examples=300, deadline=None)
@given(st.lists(ANY | PIECES, max_size=6), st.integers(0, 6))
def test_any_text_has_a_key_text_wherever_the_batch_is_cut(values: list[str], cut: int) -> None:
    batch = texts(*values)
    whole = key_view(batch)
    whole.validate(full=True)
    assert pa.concat_arrays([key_view(batch.slice(0, cut)), key_view(batch.slice(cut))]) == whole


@pytest.mark.parametrize(
    "piece", ["<a x='", "<!--", "<script>", "<a p=\"<a q='\" r='<a s=\"' ", "<div a ", "<!d", "&#1"]
)
def test_a_megabyte_of_markup_that_never_ends_is_read_in_linear_time(piece: str) -> None:
    # Read again from each piece on, this would take hours: the test's time limit is the measure.
    assert key_view(texts(piece * (1_000_000 // len(piece)), "好")).to_pylist()[1] == "好"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("见[首页](/web/20230107/x.html)说明", "见首页说明"),
        ("见[上节](#part-2)说明", "见上节说明"),
        ("见[图](../img/a.png)", "见图"),
        ("取table[row](value)的值", "取tablerowvalue的值"),
        ("见[首页](/没有结束", "见首页没有结束"),
        ("a[0](.5)", "a05"),
    ],
)
def test_the_path_of_a_markdown_link_is_left_out(text: str, key: str) -> None:
    assert key_view(pa.array([text])).to_pylist() == [key]
