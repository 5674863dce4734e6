"""Grams of a fixed weight: found wherever the units of one stand, in words, characters and mixtures."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from corpus.kernels.quote_grams import GramTable, Weights, grams_of
from corpus.kernels.quote_units import QuoteUnits, quote_units

WEIGHTS = Weights.of(4, 6)


def units(*texts: str) -> QuoteUnits:
    return quote_units(pa.array(texts, pa.large_string()))


def table(text: str) -> GramTable:
    return GramTable(np.unique(grams_of(units(text), WEIGHTS)[2]), WEIGHTS)


def test_a_gram_is_so_many_words_or_characters_or_a_mixture() -> None:
    for text, lengths in (("one two three four five", [4, 4]), ("一二三四五六七", [6, 6]), ("一二三 two three", [5])):
        start, stop, _ = grams_of(units(text), WEIGHTS)
        assert (stop - start).tolist() == lengths


def test_too_short_a_text_has_none() -> None:
    assert all(len(column) == 0 for column in grams_of(units("one two three", "", "一二三四五"), WEIGHTS))


def test_every_gram_of_a_quotation_is_found_where_it_stands() -> None:
    asked = "河水涨起来以后 the ferry 停了三天"
    found = table(asked).find(units("没有", f"镇上的人说，{asked}，只好绕路。"))
    start, stop, hashes = grams_of(units(asked), WEIGHTS)
    assert found[:, 0].tolist() == [1] * len(hashes)
    assert (found[:, 1] - 7).tolist() == start.tolist()
    assert (found[:, 2] - 7).tolist() == stop.tolist()


def test_grams_do_not_cross_rows() -> None:
    assert len(table("一二三四五六").find(units("一二三", "四五六"))) == 0


def test_hashes_of_a_sliding_window_are_those_of_the_run_alone() -> None:
    rng = np.random.default_rng(3)
    words = rng.choice(["水", "泵", "pump", "broke", "九", "12"], 400)
    text = " ".join(words)
    start, stop, hashes = grams_of(units(text), WEIGHTS)
    for place in (0, 57, 200, len(start) - 1):
        (alone,) = grams_of(units(" ".join(words[start[place] : stop[place]])), WEIGHTS)[2]
        assert alone == hashes[place]


def test_an_empty_table_finds_nothing() -> None:
    assert len(GramTable(np.zeros(0, np.uint64), WEIGHTS).find(units("一二三四五六七八"))) == 0
