"""Exact, short, paraphrased and cross-batch repetitions are caught; what is different is not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synth_server import unlike

from corpus.embed.hashed import fit
from corpus.synth.novelty import ALIKE, EXACT, MEANING, Item, Match, Novelty, bare, prepared
from corpus.synth.sources import shipped_seeds


def known(*texts: str | tuple[str, str], **settings: float) -> Novelty:
    novelty = Novelty(**settings)  # type: ignore[arg-type]
    items = [Item(f"k{n}", *(one if isinstance(one, tuple) else (one, ""))) for n, one in enumerate(texts)]
    for row in prepared(items):
        novelty.add(row)
    return novelty


def match(novelty: Novelty, instruction: str, given: str = "") -> Match | None:
    return novelty.match(prepared([Item("new", instruction, given)])[0])


@pytest.mark.parametrize(
    "said",
    [
        "写一首诗",
        "写一首诗！",
        "请写一首诗。",
        "请你帮我写一首诗，谢谢",
        "寫一首詩",
        "写一首　诗",
        "能不能写一首诗吧？",
    ],
)
def test_a_short_repetition_is_caught_with_or_without_words_of_courtesy(said: str) -> None:
    assert match(known("写一首诗"), said) == Match(EXACT, "k0", 1.0)


def test_another_short_instruction_is_new() -> None:
    assert match(known("写一首诗", "Tell a joke."), "写一首歌") is None
    assert match(known("写一首诗", "Tell a joke."), "Tell a story") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("解释为什么天空是蓝色的，并举例说明", "请解释一下为什么天空是蓝色的，并举例说明"),
        ("Give three tips for staying healthy in winter.", "Please give three tips for keeping healthy in winter"),
        ("先解释什么是光合作用，再列出它需要的条件", "列出它需要的条件，再先解释什么是光合作用"),
    ],
)
def test_a_paraphrase_that_keeps_most_words_is_caught_in_whatever_order(one: str, other: str) -> None:
    found = match(known("怎样修自行车链条", one), other)
    assert found
    assert (found.reason, found.id) == (ALIKE, "k1")
    assert 0.7 <= found.similarity < 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8, unique=True), st.data())
def test_an_exact_repetition_is_always_caught(texts: list[str], data: st.DataObject) -> None:
    novelty = known(*texts)
    found = match(novelty, data.draw(st.sampled_from(texts)))
    assert found
    assert found.reason == EXACT


def test_every_exact_repetition_among_thousands_is_caught_across_batches_and_none_is_invented() -> None:
    items = [
        Item(f"r{n}", f"请说明{unlike(n)}的由来", unlike(n + 9000, units=30) if n % 3 else "") for n in range(3000)
    ]
    novelty = Novelty()
    for first in range(0, 3000, 500):
        for row in prepared(items[first : first + 500]):
            assert novelty.match(row) is None
            novelty.add(row)
    again = prepared([Item("again", one.instruction.replace("请", "") + "。", one.input) for one in items])
    matches = [novelty.match(row) for row in again]
    assert [one and (one.reason, one.id) for one in matches] == [(EXACT, item.id) for item in items]


def test_one_question_about_two_texts_is_two_rows_and_so_are_two_questions_about_one_text() -> None:
    first, second = unlike(1, units=80), unlike(2, units=80)
    novelty = known(("概括下面这段话的主要意思，不超过二十字", first))
    assert match(novelty, "概括下面这段话的主要意思，不超过二十字", second) is None
    assert match(novelty, "下面这段话里出现了哪些自然景物，逐一列出", first) is None
    found = match(novelty, "请概括下面这段话的主要意思，不超过三十字", first)
    assert found
    assert found.reason == ALIKE


def test_an_instruction_with_its_input_inside_is_the_one_with_it_apart() -> None:
    found = match(known(("翻译成英文", "今天天气很好，我们去公园散步。")), "翻译成英文：今天天气很好，我们去公园散步")
    assert found
    assert found.reason == EXACT


def test_what_has_no_words_is_known_by_its_signs() -> None:
    novelty = known("？！", "<div></div>")
    assert match(novelty, "……") is None
    assert match(novelty, "？！") == Match(EXACT, "k0", 1.0)
    assert match(novelty, "<div></div>") == Match(EXACT, "k1", 1.0)


def test_a_child_may_be_like_its_parent_but_not_the_same() -> None:
    novelty = known("写一篇关于春天的短文，描写景物")
    harder = "写一篇关于春天的短文，描写景物，并用上三个比喻"
    (row,) = prepared([Item("child", harder)])
    assert novelty.match(row)
    assert novelty.match(row, ["k0"]) is None
    (same,) = prepared([Item("child", "写一篇关于春天的小短文，描写景物")])
    found = novelty.match(same, ["k0"])
    assert found
    assert found.similarity > 0.9


def test_the_answer_does_not_depend_on_what_is_made_ready_together() -> None:
    items = [Item(str(n), f"请说明{unlike(n)}的由来", unlike(n + 50)) for n in range(20)]
    for alone, together in zip([prepared([item])[0] for item in items], prepared(items), strict=True):
        assert (alone.key, alone.whole, alone.input, alone.over) == (
            *(together.key, together.whole, together.input, together.over),
        )
        assert np.array_equal(alone.bands, together.bands)
        assert np.array_equal(alone.counts, together.counts)


def test_vectors_see_what_words_in_common_do_not_and_only_when_they_are_asked_for() -> None:
    texts = [f"请说明{unlike(n)}的由来" for n in range(60)]
    model = fit(pa.array(texts, pa.large_string()))
    novelty = Novelty(cosine=0.5, model=model)
    for row in prepared([Item(f"k{n}", text) for n, text in enumerate(texts)]):
        novelty.add(row)
    # Half of another row, then something else: too little for ROUGE-L.
    half = texts[7][3:12] + "、" + texts[7][3:8] + unlike(999, units=6)
    found = novelty.match(prepared([Item("new", half)])[0])
    assert found
    assert (found.reason, found.id) == (MEANING, "k7")
    assert match(known(*texts), half) is None
    with pytest.raises(ValueError, match="go together"):
        Novelty(cosine=0.9)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_seed_repeats_another_and_each_is_caught_when_it_comes_again(lang: str) -> None:
    seeds = shipped_seeds(lang)
    novelty = Novelty()
    rows = prepared([Item(one.id, one.instruction, one.input) for one in seeds])
    for row in rows:
        assert novelty.match(row) is None, row.id
        novelty.add(row)
    assert [novelty.match(row) for row in rows] == [Match(EXACT, one.id, 1.0) for one in seeds]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("请帮我写一封信，谢谢", "写一封信"),
        ("Could you please list three birds?", "list three birds"),
        ("请", "请"),
        ("Pleased to meet you", "Pleased to meet you"),
    ],
)
def test_words_of_courtesy_are_taken_off_both_ends(said: str, left: str) -> None:
    assert bare(said) == left
