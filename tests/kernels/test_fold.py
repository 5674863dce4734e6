from __future__ import annotations

import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpus.kernels.fold import BLOCK, fold, fold_keys
from corpus.kernels.unicode_tables import tables

ANY = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=60)
MARKED = st.text("aé\u0301\u0323\u0308\u0345ᾳΑかガ\u3099한\u1112\u1161\u11abᄒㅏ漢，. 1+ﷺ", max_size=40)


def folded(text: str) -> str | None:
    return fold(pa.array([text], pa.large_string()))[0].as_py()


def key(text: str) -> tuple[int | None, int | None]:
    high, low = fold_keys(pa.array([text], pa.large_string()))
    return high[0].as_py(), low[0].as_py()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ｃｏｒｐｕｓ　１２３", "corpus 123"),
        ("漢語，資料。", "汉语资料"),
        ("STRASSE", "Straße"),
        ("cafe\u0301", "CAFÉ"),
        ("が ガ", "か\u3099カ\u3099"),
        ("ｶﾞ", "ガ"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
        ("“引用”——句子……", "引用句子"),
        ("a\u200bb\ufeffc\u00ad", "ABC"),
        ("１．５", "1.5"),
        ("㎏", "kg"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_width_case_script_and_punctuation_do_not_matter(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C"), ("C#", "C"), ("3.14", "314"), ("第 1 章", "第 2 章"), ("1/2", "12"), ("5-3", "53"), ("天", "夭"),
        ("resume", "résumé"), ("か", "が"), ("a", "aa"), ("$5", "€5"), ("100%", "100"), ("😀", "😁"),
    ],
)  # fmt: skip
def test_letters_digits_symbols_and_numbers_do_matter(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert key(one) != key(other)


def test_a_point_between_digits_stays_and_others_go() -> None:
    assert folded("v1.2, a.b 3. 4 .5 6.") == "v1.2ab3456"


@settings(max_examples=300, deadline=None)
@given(ANY | MARKED)
@example("a\u0345\u0301")
@example("\u1100\u200b\u1161")
def test_folding_twice_is_folding_once_and_equivalent_texts_agree(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, text)) == once


@settings(max_examples=200, deadline=None)
@given(ANY | MARKED, ANY | MARKED)
def test_keys_are_equal_when_folded_texts_are(one: str, other: str) -> None:
    assert (folded(one) == folded(other) != "") == (key(one) == key(other) != (None, None))


def test_folding_keeps_no_upper_case_no_spaces_and_no_traditional() -> None:
    if tables().unicode_version != unicodedata.unidata_version:
        pytest.skip(f"tables are of Unicode {tables().unicode_version}, this Python of {unicodedata.unidata_version}")
    every = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in {"Cs", "Cn"}]
    result = fold(pa.array(every, pa.large_string())).to_pylist()
    for before, after in zip(every, result, strict=True):
        for mark in after:
            assert unicodedata.category(mark) not in {"Zs", "Zl", "Zp", "Cc", "Cf", "Po"} or mark in "#%&@", before
            assert unicodedata.combining(mark) or mark.casefold() == mark or len(before) == 0, before


def test_what_folds_to_nothing_has_no_key() -> None:
    high, low = fold_keys(pa.array(["", "，。！", " \n\u200b", None, "好"], pa.large_string()))
    assert high.is_null().to_pylist() == low.is_null().to_pylist() == [True, True, True, True, False]
    assert fold(pa.array(["，", None], pa.large_string())).to_pylist() == ["", None]


def test_keys_are_these_on_every_machine() -> None:
    assert key("今天天气很好，C++ 与 3.14") == GOLDEN_SHORT
    assert key("天地玄黄" * 5000) == GOLDEN_LONG


GOLDEN_SHORT = (6109262089171272335, 4983459692690775987)
GOLDEN_LONG = (6605458861736798800, 737164104099130618)


def plain_key(folded_text: str) -> tuple[int, int]:
    """The hash in plain Python: code points three to a word, two multiplicative halves, then the length."""
    mask, points = (1 << 64) - 1, [ord(mark) for mark in folded_text]
    first, second = 0x9FB21C651E98DF25, 0xD6E8FEB86659FD93
    one, two = 0x243F6A8885A308D3, 0x13198A2E03707344
    for index in range(0, len(points), 3):
        word = sum((point + (place > 0)) << 21 * place for place, point in enumerate(points[index : index + 3]))
        one = ((one ^ word) * first) & mask
        one ^= one >> 32
        two = ((two + word) * second) & mask
        two ^= two >> 29

    def finish(value: int) -> int:
        value = ((value ^ len(points)) * second) & mask
        value = ((value ^ value >> 32) * first) & mask
        value ^= value >> 29
        return value - (1 << 64) if value >> 63 else value

    return finish(one), finish((two + one) & mask)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30).filter(lambda text: folded(text) != ""))
def test_the_hash_is_the_one_described(text: str) -> None:
    assert key(text) == plain_key(folded(text) or "")


@pytest.mark.parametrize("length", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 130])
def test_long_texts_fold_alike_however_their_blocks_fall(length: int) -> None:
    text = ("天é" * length)[:length]
    assert folded(text) == unicodedata.normalize("NFD", text)
    spaced = " ".join(text)
    assert key(spaced) == key(text)
    assert key(text + "x") != key(text) != key(text[:-1])
    assert key("ﷺ" * (length // 18 + 1)) == key("صلى الله عليه وسلم" * (length // 18 + 1))


def test_batches_may_be_cut_anywhere() -> None:
    texts = pa.array(["一", "Two", None, "，", "三" * 3000, ""], pa.large_string())
    parts = [fold_keys(texts.slice(0, 2)), fold_keys(texts.slice(2))]
    for half in (0, 1):
        assert pa.concat_arrays([part[half] for part in parts]) == fold_keys(texts)[half]
    assert pa.concat_arrays([fold(texts.slice(0, 3)), fold(texts.slice(3))]) == fold(texts)
