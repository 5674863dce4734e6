"""Work and memory grow with the text and no faster: what can be counted of that. The rest is timed by
bench/bench_linear.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corpus.kernels import char_grams, inserted, repetition
from corpus.kernels.catalogue import measure
from corpus.kernels.rewrites import spans
from corpus.kernels.rewrites.endings import LONGEST, unfinished_tail
from corpus.kernels.rewrites.markup import html_remnants
from corpus.kernels.rewrites.spans import repeated_spans
from corpus.kernels.signal import SignalCall


def run(function: Any, *texts: str) -> list[str]:
    found: list[str] = function(pa.array(texts, pa.large_string())).text.to_pylist()
    return found


def asked(kernel: str, **arguments: int) -> Any:
    call = SignalCall(kernel, tuple(arguments.items()))
    return lambda text: measure(pa.RecordBatch.from_arrays([text], ["text"]), [call])


@pytest.mark.parametrize(
    ("module", "work"),
    [
        (spans, repeated_spans),
        (repetition, asked("top_ngram_char_ratio", n=3)),
        (char_grams, asked("char_repetition_ratio", n=10)),
        (inserted, asked("inserted_sentence_score")),
    ],
    ids=["repeated_spans", "repetition", "char_grams", "inserted"],
)
@pytest.mark.parametrize("unit", ["清早的河边有人在洗菜。", "甲乙", "word ", "（", "e\u0301"])
def test_tables_are_at_most_a_constant_times_the_text(
    module: Any, work: Any, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    real = module.scratch

    def counting(slot: int, length: int, dtype: Any) -> np.ndarray:
        taken.append(length * np.dtype(dtype).itemsize)
        found: np.ndarray = real(slot, length, dtype)
        return found

    monkeypatch.setattr(module, "scratch", counting)
    for size in (70_000, 140_000, 280_000):
        taken.clear()
        text = unit * (size // len(unit.encode()))
        work(pa.array(["短", text, None], pa.large_string()))
        assert 0 < sum(taken) <= 80 * size + 200_000


def test_a_script_that_is_never_closed_hides_nothing_and_what_is_closed_behind_it_still_goes() -> None:
    """Each such opening sent every later match to the end of the text to look for its closing."""
    assert run(html_remnants, "用 <script> 标签。<!-- 注 -->写<b>粗</b>字<style>p{}</style>。") == [
        "用 <script> 标签。写粗字。"
    ]
    many = "<script>甲<!-- 乙 -->" * 3
    assert run(html_remnants, many) == ["<script>甲" * 3]
    assert run(html_remnants, "甲<!-- <script> -->乙<script>var x = '<!--';</script>丙 -->") == ["甲乙丙 -->"]


def test_cells_that_lose_their_tags_do_not_become_one_word() -> None:
    table = "<table><tr><th>姓名</th><th class='a'>年龄</th></tr><tr><td>甲</td> <td>12</td></tr></table>"
    assert run(html_remnants, table) == ["姓名\t年龄\n甲\t12\n"]


def test_an_initial_ends_no_sentence_and_a_long_end_is_no_broken_one() -> None:
    texts = ("演化树来自理查德（Richard J. Butler）的研究：", "它由 A. B. Smith 命名", "走了。He took plan B.")
    assert run(unfinished_tail, *texts) == list(texts)
    assert run(unfinished_tail, "桥修好了。" + "路" * LONGEST, "桥修好了。" + "路" * (LONGEST + 1)) == [
        "桥修好了。",
        "桥修好了。" + "路" * (LONGEST + 1),
    ]


def test_a_repeat_is_found_whatever_stands_in_the_other_rows() -> None:
    span = "山里的人每天清早都要走很远的路去挑水，回来以后再做早饭给孩子们吃。"
    other = "".join(chr(0x4E00 + 7 * number % 20_011) for number in range(20_000))
    assert run(repeated_spans, span * 4, other, span * 2 + other) == [span, other, span + other]
