from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.synth.ground import LEAST, MOST, passages_of

SENTENCES = st.lists(st.text("山水花鸟。！\n. a", min_size=1, max_size=900), min_size=1, max_size=20)


@settings(max_examples=80, deadline=None)
@given(SENTENCES)
def test_passages_are_pieces_of_the_text_in_order_none_too_long_and_little_is_lost(parts: list[str]) -> None:
    text = "".join(parts)
    found = passages_of(text)
    assert found
    place = 0
    for passage in found:
        assert len(passage) <= MOST
        place = text.index(passage, place) + len(passage)
    if len(text.strip()) > MOST:
        kept = sum(len("".join(one.split())) for one in found)
        lost = len("".join(text.split())) - kept
        assert lost <= LEAST * (len(text) // (MOST // 2) + 2)


def test_a_long_text_is_cut_where_sentences_end() -> None:
    sentence = "春天来了，山坡上的野花一夜之间全开了，远远望去像一片彩色的云。"
    found = passages_of(sentence * 300)
    assert len(found) > 3
    assert all(one.startswith("春天") and one.endswith("云。") for one in found)


def test_a_text_without_any_end_is_cut_where_a_passage_is_full() -> None:
    assert [len(one) for one in passages_of("山" * (2 * MOST + 500))] == [MOST, MOST, 500]
