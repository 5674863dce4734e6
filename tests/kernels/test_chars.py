from __future__ import annotations

import unicodedata
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.chars import count_kinds
from corpus.kernels.text_signals import CHAR_KINDS
from corpus.kernels.unicode_tables import tables

MEMBERS = {
    "han": ("汉漢々〇龘\U00020000", "あア한aα，"),
    "kana": ("あアｱー", "漢한aｗ"),
    "hangul": ("한ㅎᄒ", "漢あa"),
    "latin": ("aZéＡß", "αж漢1"),
    "greek": ("αΩ", "aж"),
    "cyrillic": ("жЯ", "aα"),
    "letter": ("a漢あ한αжनि", "1，+ ½"),
    "digit": ("0９٣", "½①a一"),
    "punctuation": ("，。！“”（）.,!《》、…—#", "+$a 😀"),
    "symbol": ("+$€±~→★", "，a1😀"),
    "whitespace": (" \t\n\r\u3000\u00a0\u2028", "a\u200b\x00"),
    "control": ("\x00\x07\x1b\x7f\x80", "\n\t\u200b a"),
    "format": ("\u200b\u200d\ufeff\u00ad", "a \x00"),
    "emoji": ("😀🚀🇨❤✅", "★a→"),
    "private": ("\ue000\U000f0000", "a\ufffd"),
    "replacement": ("\ufffd", "?a"),
    "uppercase": ("AÉΩЯＡ", "aé漢1"),
    "alphanumeric": ("a漢1½①", "，+ "),
    "fullwidth": ("ＡｂＺ０９", "，！Aあ"),
    "traditional": ("漢語體驗", "汉语一人"),
}


def test_every_kind_has_members_here() -> None:
    assert set(MEMBERS) == set(CHAR_KINDS)


@pytest.mark.parametrize("kind", CHAR_KINDS)
def test_kinds_hold_what_they_say(kind: str, ask: Any) -> None:
    inside, outside = MEMBERS[kind]
    missing = [mark for mark in inside if ask("char_count", mark, of=kind) == 0]
    wrong = [mark for mark in outside if ask("char_count", mark, of=kind) > 0]
    assert (missing, wrong) == ([], [])


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=80))
def test_counts_agree_with_unicodedata(text: str) -> None:
    if tables().unicode_version != unicodedata.unidata_version:
        pytest.skip(f"tables are of Unicode {tables().unicode_version}, this Python of {unicodedata.unidata_version}")
    kinds = ["digit", "punctuation", "private", "format", "uppercase"]
    categories = [("Nd",), ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"), ("Co",), ("Cf",), ("Lu", "Lt")]
    counts, _ = count_kinds(pa.array([text], pa.large_string()), kinds)
    assert counts[0, 0] == len(text)
    for row, wanted in zip(counts[1:, 0], categories, strict=True):
        assert row == sum(unicodedata.category(character) in wanted for character in text)


def test_shares_are_of_all_code_points(ask: Any) -> None:
    assert ask("char_ratio", "天天a，", of="han") == 0.5
    assert ask("char_ratio", "", of="han") is None
    assert ask("char_ratio", None, of="han") is None


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("今天 ok", "Hani"),
        ("カタカナ", "Kana"),
        ("한국어", "Hang"),
        ("hello 好", "Latn"),
        ("Привет", "Cyrl"),
        ("नमस्ते", "Deva"),
        ("123 ，。", None),
        ("", None),
        (None, None),
    ],
)
def test_script_is_that_of_most_letters(text: str | None, script: str | None, ask: Any) -> None:
    assert ask("script", text) == script
