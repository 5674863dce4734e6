from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.lineview import MAX_WORD, views


def arrow(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.large_string())


def view(text: str) -> str:
    return views(arrow(text)).to_pylist()[0].removesuffix("\n")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("今天好", "今 天 好"),
        ("Hello, World", "hello world"),
        ("电话１３８ 00", "电 话 000 00"),
        ("繁體字", "繁 体 字"),
        ("加*微*信", "加 微 信"),
        ("加\u200b微信", "加 微 信"),
        ("iPhone15手机", "iphone 00 手 机"),
        ("カタカナ", "カ タ カ ナ"),
        ("__label__1 </s>", "label 0 s"),
        ("。，！★", ""),
    ],
)
def test_characters_of_chinese_and_words_of_other_scripts_are_tokens(text: str, seen: str) -> None:
    assert view(text) == seen


def test_a_run_without_spaces_is_cut_and_keeps_every_letter() -> None:
    tokens = view("a" * 100).split(" ")
    assert [len(token) for token in tokens] == [MAX_WORD] * 4 + [4]


def test_null_stays_null_and_nothing_is_an_empty_line() -> None:
    assert views(arrow(None, "", "\x00")).to_pylist() == [None, "\n", "\n"]


def test_a_view_that_outgrows_its_text_is_whole() -> None:
    assert view("ﷺ" * 5000).replace(" ", "") == view("ﷺ").replace(" ", "") * 5000


TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=60))


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=6), st.integers(0, 6))
def test_any_split_of_a_batch_gives_the_same_views_and_a_view_is_its_own_view(
    texts: list[str | None], cut: int
) -> None:
    whole = views(arrow(*texts))
    assert whole.to_pylist() == views(arrow(*texts[:cut])).to_pylist() + views(arrow(*texts[cut:])).to_pylist()
    for line in whole.drop_null().to_pylist():
        assert "_" not in line
        assert "<" not in line
        assert line.count("\n") == 1
        assert view(line) == line.removesuffix("\n")
