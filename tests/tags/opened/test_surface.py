"""Spellings of one tag have one surface form; different tags keep theirs apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.tags.opened.surface import singular, surface


@pytest.mark.parametrize(
    "spellings",
    [
        [
            "data analysis",
            "Data-Analysis",
            "DATA_ANALYSIS",
            "Ｄａｔａ　Ａｎａｌｙｓｉｓ",
            "data analyses",
            "#data analysis!",
        ],
        ["翻译", "翻譯", "翻译任务", " 翻译。", "翻 译", "“翻译”", "翻译相关"],
        ["cover letter", "Cover Letters", "a cover letter", "cover letter task", "the cover-letters"],
        ["C++", "c++", "Ｃ＋＋"],
        ["story", "stories", "Stories"],
        ["text summarization", "Text Summarisation"],
    ],
)
def test_spellings_of_one_tag(spellings):
    assert len({surface(one) for one in spellings}) == 1


def test_different_tags_stay_apart():
    tags = ["C", "C++", "C#", "python 2", "python 3", "news", "new", "physics", "任务", "分类", "文本分类", "类"]
    assert len({surface(one) for one in tags}) == len(tags)


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("classes", "class"),
        ("boxes", "box"),
        ("analyses", "analysis"),
        ("cities", "city"),
        ("plans", "plan"),
        ("bus", "bus"),
        ("physics", "physics"),
        ("basis", "basis"),
        ("famous", "famous"),
    ],
)
def test_singular(word, one):
    assert singular(word) == one


def test_a_tag_without_letters_has_no_form():
    assert surface("！？ -- ") == ""


@given(st.text(max_size=30))
def test_the_form_of_a_form_is_stable_in_case_and_width(text):
    form = surface(text)
    assert form == form.strip()
    assert "  " not in form
