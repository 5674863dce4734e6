from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.kernels.ngram_tokens import Vocabulary, tokens, vocabulary
from corpus.kernels.ngram_units import BEGIN, UNKNOWN

END = 9


def known() -> Vocabulary:
    return vocabulary(pa.array(["天", "地", "ab"]), np.array([5, 6, 7]), END)


def ids(text: str | None, *, singly: bool) -> list[int]:
    return tokens(pa.array([text], pa.large_string()), known(), singly=singly).values.tolist()


def test_a_line_is_a_sentence_and_a_blank_one_is_none() -> None:
    assert ids("天地\n\n \n地", singly=True) == [BEGIN, 5, 6, END, BEGIN, 6, END]
    assert ids("\n", singly=True) == ids("", singly=True) == ids(None, singly=True) == []


def test_spaces_are_no_characters_and_part_words() -> None:
    assert ids("天 地\u3000天", singly=True) == [BEGIN, 5, 6, 5, END]
    assert ids(" 天\tab  x ", singly=False) == [BEGIN, 5, 7, UNKNOWN, END]
    assert ids("ab", singly=True) == [BEGIN, UNKNOWN, UNKNOWN, END]


def test_a_token_given_twice_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="'天' is there twice"):
        vocabulary(pa.array(["天", "地", "天"]), np.array([5, 6, 7]), 0)


@given(st.lists(st.text(max_size=30), max_size=5), st.booleans())
def test_ids_do_not_depend_on_the_batch(texts: list[str], singly: bool) -> None:
    whole = tokens(pa.array(texts, pa.large_string()), known(), singly=singly)
    alone = [ids(text, singly=singly) for text in texts]
    assert whole.values.tolist() == [one for row in alone for one in row]
    assert np.diff(whole.offsets).tolist() == [len(row) for row in alone]
