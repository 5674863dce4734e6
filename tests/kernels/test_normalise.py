from __future__ import annotations

import unicodedata
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.kernels.normalise import normalise

PIECES = st.sampled_from(
    [
        "好", "a", " ", "  ", "\t", "\n", "\n\n\n\n", "\r", "\r\n", "\u2028", "\x85", "\x0c", "\x00", "\x1f", "\ufeff",
        "\u200b", "\u200c", "\u200d", "\u200e", "\u00ad", "\u202b",
        "\u2066", "\ufff9", "e", "\u0301", "\u0323", "👩", "💻", "❤", "\ufe0f",
        "क", "्", "ष", "ب", "ש", "ก", "か", "\u3099", "\u3000", "\u00a0", "\u2000", "\uf900", "\u1112", "\u1161", "Å",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=20).map("".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def clean(text: str | None, **options: Any) -> str | None:
    return normalise(pa.array([text], pa.large_string()), **options)[0][0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        "第一行\n第二行\n\n第四行\n",
        "def f(x):\n    if x:\n\t\treturn 1  # tab\n",
        "C++ 与 C#，a<b and c>d，x & y",
        "Ελληνικά, русский, かな カナ, 한국어, עברית, العربية, ไทย",
        "他说……然后——“走了”。",
        "E = mc², ∑_{i=1}^n x_i ≤ ½, √2 ≈ 1.41",
        "　　段首两个全角空格",
        "a  b\u00a0c",
        "👨\u200d👩\u200d👧\u200d👦 ❤\ufe0f\u200d🔥 👩🏽\u200d💻",
        "क्\u200dष न्\u200cह",
        "می\u200cخواهم",
        "ภาษา\u200bไทย",
        "\u200fעברית\u200e abc",
        "trailing newline\n",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "https://example.org/a?b=c#d",
        "龍馬 ﷽ \U00020000 \ue000",
    ],
)
def test_what_is_in_order_is_left_alone(text: str) -> None:
    array = pa.array([text], pa.large_string())
    cleaned, removed, changed = normalise(array)
    assert cleaned.to_pylist() == [text]
    assert (removed.to_pylist(), changed.to_pylist()) == ([0], [0])


@pytest.mark.parametrize(
    ("text", "cleaned", "removed", "changed"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0cg\x0bh", "a\nb\nc\nd\ne\nf\ng\nh", 1, 6),
        ("\ufeff你\u200b好\u200d吗\u2060", "你好吗", 4, 0),
        ("a\x00b\x1b[0m\x7f", "ab[0m", 3, 0),
        ("行尾  \t\n全角\u3000\n", "行尾\n全角\n", 4, 0),
        ("a\n\n\n\n\nb", "a\n\n\nb", 2, 0),
        ("\n \n\na\n\n", "a\n", 5, 0),
        ("a\n \n\t\n \n \nb", "a\n\n\nb", 6, 0),
        ("e\u0301", "é", 0, 1),
        ("か\u3099 \u1112\u1161\u11ab", "が 한", 0, 3),
        ("\u212b", "Å", 0, 1),
        ("\ufeffe\u200b\u0301  ", "é", 4, 1),
        (" \n\t\n", "", 4, 0),
        ("soft\u00adhyphen", "softhyphen", 1, 0),
        ("a\u202eb\u202c", "ab", 2, 0),
        ("x\u200d\u200d\u200by", "xy", 3, 0),
    ],
)
def test_repairs_and_their_counts(text: str, cleaned: str, removed: int, changed: int) -> None:
    result = normalise(pa.array([text], pa.large_string()))
    assert [column[0].as_py() for column in result] == [cleaned, removed, changed]


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["NFC", "none"]), st.integers(0, 3))
@example("e\u200d\u0301❤", True, True, True, "NFC", 2)
def test_cleaning_twice_is_cleaning_once(
    text: str, newlines: bool, controls: bool, trailing: bool, unicode: str, blank: int
) -> None:
    options = {
        "newlines": newlines,
        "controls": controls,
        "trailing_space": trailing,
        "unicode": unicode,
        "blank_lines": blank,
    }
    once = clean(text, **options)
    again, removed, changed = normalise(pa.array([once], pa.large_string()), **options)
    assert again[0].as_py() == once
    assert (removed[0].as_py(), changed[0].as_py()) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_every_visible_character_stays(text: str) -> None:
    def visible(one: str) -> list[str]:
        gone = {"Cc", "Cf", "Zs", "Zl", "Zp"}
        return [mark for mark in unicodedata.normalize("NFD", one) if unicodedata.category(mark) not in gone]

    cleaned = clean(text)
    assert cleaned is not None
    assert sorted(visible(cleaned)) == sorted(visible(text))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | TEXTS, max_size=6), st.integers(0, 6))
def test_batches_may_be_cut_anywhere(texts: list[str | None], cut: int) -> None:
    array = pa.array(texts, pa.large_string())
    whole = normalise(array)
    parts = [normalise(array.slice(0, cut)), normalise(array.slice(min(cut, len(texts))))]
    for index in range(3):
        assert whole[index] == pa.concat_arrays([part[index] for part in parts])
        assert whole[index].is_null().to_pylist() == [text is None for text in texts]


def test_every_repair_can_be_switched_off() -> None:
    text = "a\r\nb \x00e\u0301\n\n\n\nc"
    off = {"newlines": False, "unicode": "none", "controls": False, "trailing_space": False, "blank_lines": 9}
    assert clean(text, **off) == text
    assert clean(text, **{**off, "newlines": True}) == "a\nb \x00e\u0301\n\n\n\nc"
    assert clean(text, **{**off, "controls": True}) == "a\r\nb e\u0301\n\n\n\nc"
    assert clean(text, **{**off, "unicode": "NFC"}) == "a\r\nb \x00é\n\n\n\nc"
    assert clean(text, **{**off, "blank_lines": 0}) == "a\r\nb \x00e\u0301\nc"
    with pytest.raises(ValueError, match="unicode"):
        clean(text, unicode="NFKC")


def test_a_long_run_of_invisible_characters_is_read_once() -> None:
    assert clean("क" + "\u200d" * 200_000 + "a") == "क" + "\u200d" * 200_000 + "a"
    assert clean("b" + "\u200d\x00" * 200_000 + "a") == "ba"
