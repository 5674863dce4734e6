from __future__ import annotations

import math

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models.rows.features import BLOCKS, FORM, blocks, cleaned, form, learned, letters, matrix

TEXTS = pl.DataFrame(
    {
        "instruction": ["列出三座城市", "Name three cities.", "列出三座城市", None],
        "given": ["", "No input", None, "x = 1"],
        "answer": ["杭州、成都、西安。", "1. Paris\n2. Lima\n3. Oslo", "", "Name three cities."],
    }
)


def named(values: np.ndarray) -> dict[str, list[float]]:
    return {name: [round(math.expm1(one)) for one in values[:, place]] for place, (name, _, _) in enumerate(FORM)}


def test_a_word_for_no_input_is_no_input_and_null_is_empty() -> None:
    found = cleaned(TEXTS)
    assert found["given"].to_list() == ["", "", "", "x = 1"]
    assert found["instruction"].to_list()[3] == ""


def test_the_form_of_a_row_is_counted() -> None:
    found = named(form(cleaned(TEXTS)))
    assert found["answer_characters"] == [9, 24, 0, 18]
    assert found["answer_lines"] == [1, 3, 0, 1]
    assert found["answer_steps"] == [0, 3, 0, 0]
    assert found["answer_words"] == [6, 6, 0, 3]
    assert found["input_characters"] == [0, 0, 0, 5]


def test_an_n_gram_counts_where_it_stands() -> None:
    texts = cleaned(TEXTS)
    found = matrix(texts, learned(texts))
    rows = [set(found.columns[found.offsets[row] : found.offsets[row + 1]]) for row in range(4)]
    assert rows[0] == rows[2] != set()  # of its answer nothing stands twice
    assert not rows[1] & rows[3]  # the same words, once asked and once answered


def test_each_block_of_a_row_has_length_one() -> None:
    texts = cleaned(pl.concat([TEXTS, TEXTS]))
    found = matrix(texts, learned(texts))
    squares = np.add.reduceat(found.values.astype(np.float64) ** 2, found.offsets[:-1])
    # Instruction and answer, as units and as letters; the last row has an input and no instruction.
    assert squares[:4].tolist() == pytest.approx([4, 4, 2, 3])


def test_rows_do_not_depend_on_their_batch() -> None:
    texts = cleaned(TEXTS)
    vocabulary = learned(pl.concat([texts, texts]))
    whole = matrix(pl.concat([texts] * 300), vocabulary)
    one = matrix(texts, vocabulary)
    assert whole.values.tolist() == one.values.tolist() * 300
    assert matrix(texts.clear(), vocabulary).offsets.tolist() == [0]


@given(st.lists(st.text(alphabet="天地abc XY.\n\x00é", max_size=12), max_size=8))
def test_letters_are_every_three_in_a_row_of_each_text(texts: list[str]) -> None:
    found = letters(pa.array(texts, pa.large_string()))
    for row, text in enumerate(texts):
        alone = letters(pa.array([text], pa.large_string()))
        assert found.values[found.offsets[row] : found.offsets[row + 1]].tolist() == alone.values.tolist()


def test_letters_have_a_space_between_words_and_none_beside_chinese() -> None:
    found = letters(pa.array(["ab cd", "天 地, 玄", "ab天c", "ab"], pa.large_string()))
    assert np.diff(found.offsets).tolist() == [3, 1, 2, 0]
    same = letters(pa.array(["AB  Cd!", "天地玄"], pa.large_string()))
    assert same.values.tolist() == found.values[:4].tolist()


def test_the_same_text_in_another_block_has_other_units() -> None:
    texts = cleaned(pl.DataFrame({"instruction": ["abc def"], "given": ["abc def"], "answer": ["abc def"]}))
    found = [set(one.values.tolist()) for one in blocks(texts)]
    assert len(found) == len(BLOCKS)
    assert all(not left & right for place, left in enumerate(found) for right in found[place + 1 :])
