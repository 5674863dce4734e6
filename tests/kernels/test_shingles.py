from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.shingles import LEAST, SIZE, shingle_hashes, units

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
SENTENCE = "春天来了，院子里的桃树开满了花，邻居家的孩子每天放学都来树下写作业。"
MASK = (1 << 64) - 1


def texts(*values: str | None) -> pa.Array:
    return pa.array(values, pa.large_string())


def many_units(text: str) -> int:
    return len(units(texts(text)).values)


def same_units(one: str, other: str) -> bool:
    return units(texts(one)).values.tolist() == units(texts(other)).values.tolist()


def keys(text: str) -> tuple[int, int]:
    found = units(texts(text)).keys[0]
    return int(found[0]), int(found[1])


@pytest.mark.parametrize(
    ("text", "many"),
    [
        ("今天天气", 4), ("今天 good weather 天气", 6), ("hello, world", 2), ("don't", 1), ("C++ 与 C#", 3),
        ("2024年3月", 4), ("3.14", 1), ("カタカナとひらがな", 9), ("한국어", 3), ("สวัสดี", 4), ("Привет мир", 2),
        ("a😀b", 3), ("|a|b|", 2), ("x=y", 2), ("，。！", 0), ("", 0), ("<p>字</p>", 1), ("a<br>b", 2), ("foo_bar", 2),
    ],
)  # fmt: skip
def test_han_kana_and_hangul_are_units_and_words_of_other_scripts(text: str, many: int) -> None:
    assert many_units(text) == many


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("繁體漢語，資料。", "繁体汉语 资料"),
        ("Ｃｏｒｐｕｓ　１２３", "corpus 123"),
        ("<p>你好，<b>世界</b></p>", "你好世界"),
        ("Café au lait", "CAFE\u0301 au—lait"),
        ("见https://example.org/x这里", "见 这里"),
    ],
)
def test_width_script_variant_case_and_markup_make_no_difference(one: str, other: str) -> None:
    assert same_units(one, other)
    assert keys(one) == keys(other)


def test_where_words_end_makes_a_difference_to_units_and_none_to_the_key() -> None:
    assert not same_units("now here", "nowhere")
    assert keys("now here") == keys("nowhere")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第1章", "第12章"), ("2024-01-05 报告", "2023-11-30 报告"), ("价格3.14元", "价格5元"), ("１２号", "3号"),
        ("a1b", "a22b"), ("٣ كتب", "٧ كتب"),
    ],
)  # fmt: skip
def test_texts_that_differ_in_numbers_alone_share_the_masked_key_only(one: str, other: str) -> None:
    assert keys(one)[0] != keys(other)[0]
    assert keys(one)[1] == keys(other)[1]


@pytest.mark.parametrize(("one", "other"), [("第1章", "第章"), ("1 2", "1a2"), ("甲1", "乙1"), ("1甲", "甲1")])
def test_texts_that_differ_otherwise_share_no_key(one: str, other: str) -> None:
    assert keys(one)[0] != keys(other)[0]
    assert keys(one)[1] != keys(other)[1]


def test_no_key_text_has_no_key() -> None:
    assert units(texts("", "，。", None, "<br>")).keys.tolist() == [[0, 0]] * 4


def plain_shingles(values: list[int], size: int) -> set[int]:
    """The hash in plain Python: a polynomial of the units, mixed; its leading 32 bits, 0 made 1."""

    def of(window: list[int]) -> int:
        value = 0
        for unit in window:
            value = (value * 0xA0761D6478BD642F + unit) & MASK
        value = ((value ^ value >> 32) * 0xD6E8FEB86659FD93) & MASK
        value = ((value ^ value >> 29) * 0x9FB21C651E98DF25) & MASK
        return (value ^ value >> 32) >> 32 or 1

    return {of(values[place : place + size]) for place in range(len(values) - size + 1)}


@settings(max_examples=150, deadline=None)
@given(ANY, st.integers(1, 9))
def test_hashes_are_the_ones_described_sorted_and_different(text: str, size: int) -> None:
    values, offsets = shingle_hashes(texts(text), size, least=1)
    found = units(texts(text)).values.tolist()
    expected = plain_shingles(found, size) if len(found) >= size else set()
    assert values.tolist() == sorted(expected)
    assert offsets.tolist() == [0, len(expected)]


def test_a_long_text_is_sorted_too() -> None:
    text = "".join(chr(0x4E00 + index * index % 9973) for index in range(30_000))
    values, _ = shingle_hashes(texts(text))
    assert set(values.tolist()) == plain_shingles(units(texts(text)).values.tolist(), SIZE)
    assert np.all(np.diff(values.astype(np.int64)) > 0)


def test_a_limit_gives_the_smallest_hashes() -> None:
    batch = texts(SENTENCE * 2, "短", SENTENCE)
    values, offsets = shingle_hashes(batch)
    few, places = shingle_hashes(batch, limit=7)
    assert places.tolist() == [0, 7, 7, 14]
    assert few.tolist() == [*values[offsets[0] : offsets[0] + 7], *values[offsets[2] : offsets[2] + 7]]


def test_a_text_of_too_few_units_has_no_shingles() -> None:
    short = "一二三四五六七八九十" * 2
    assert len(short) == LEAST
    _, offsets = shingle_hashes(texts(short[:-1], short, "", "，。！？" * 20, None))
    assert np.diff(offsets).tolist() == [0, 10, 0, 0, 0]


@settings(max_examples=150, deadline=None)
@given(st.lists(ANY | st.none(), max_size=6), st.integers(0, 6))
def test_batches_may_be_cut_anywhere(values: list[str | None], cut: int) -> None:
    batch = texts(*values)
    whole = [shingle_hashes(part, 2, least=2) for part in (batch, batch.slice(0, cut), batch.slice(cut))]
    assert np.concatenate([whole[1][0], whole[2][0]]).tolist() == whole[0][0].tolist()
    assert [*np.diff(whole[1][1]), *np.diff(whole[2][1])] == np.diff(whole[0][1]).tolist()
    keyed = [units(part).keys.tolist() for part in (batch, batch.slice(0, cut), batch.slice(cut))]
    assert keyed[1] + keyed[2] == keyed[0]


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_canonically_equivalent_texts_have_the_same_units(text: str) -> None:
    assert same_units(unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))


def test_a_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="one unit or more"):
        shingle_hashes(texts("字"), 0)


def test_hashes_are_these_on_every_machine() -> None:
    values, _ = shingle_hashes(texts(SENTENCE))
    assert (len(values), values[:4].tolist()) == GOLDEN
    assert keys("第1章 Hello") == GOLDEN_KEYS


GOLDEN = (27, [397363727, 405428237, 463249251, 526961353])
GOLDEN_KEYS = (943941949305153346, 8481988392398324387)
