from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.ngram_units import BEGIN, FIRST, LINE, UNKNOWN, identify, sequence, slots_of


def units(text: str) -> list[int]:
    return sequence(pa.array([text])).values.tolist()


def test_chinese_is_read_by_characters_and_english_by_words() -> None:
    mixed = units("用 Python 写代码")
    assert len(mixed) == 5
    assert mixed[0] == ord("用")
    assert mixed[1] == units("python")[0] > 0x110000
    assert mixed[2:] == [ord("写"), ord("代"), ord("码")]


def test_width_case_and_variant_make_no_difference() -> None:
    assert units("Ｗｏｒｄ，漢語！") == units("word,汉语!")


def test_marks_and_lines_are_units_and_runs_of_one_are_one() -> None:
    assert units("好。。。好") == [ord("好"), ord("。"), ord("好")]
    assert units("好\r\n \n好") == [ord("好"), LINE, ord("好")]
    assert units("\n\n好\n") == [ord("好")]
    assert units("a, b") == [*units("a"), ord(","), *units("b")]


def test_of_a_number_only_its_length_counts() -> None:
    assert units("123") == units("456") != units("45")
    assert units("123456789") == units("12345678901")


def test_null_and_empty_texts_have_no_units() -> None:
    found = sequence(pa.array([None, "", " ", "好"]))
    assert found.offsets.tolist() == [0, 0, 0, 0, 1]


@given(st.lists(st.text(max_size=40), max_size=6), st.integers(0, 6))
def test_units_do_not_depend_on_the_batch(texts: list[str], cut: int) -> None:
    whole = sequence(pa.array(texts, pa.large_string()))
    parts = [sequence(pa.array(part, pa.large_string())) for part in (texts[:cut], texts[cut:])]
    assert whole.values.tolist() == np.concatenate([part.values for part in parts]).tolist()
    assert len(whole.offsets) == len(texts) + 1


def test_ids_begin_every_text_and_say_what_is_unknown() -> None:
    slots = slots_of(np.array(units("天地"), np.uint32))
    found = identify(sequence(pa.array(["地天", None, "人"])), slots)
    assert found.values.tolist() == [BEGIN, FIRST + 1, FIRST, BEGIN, BEGIN, UNKNOWN]
    assert found.offsets.tolist() == [0, 3, 4, 6]
