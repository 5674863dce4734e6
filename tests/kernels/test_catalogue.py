from __future__ import annotations

import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.kernels.catalogue import SIGNALS, complete, measure
from corpus.kernels.signal import SignalCall
from corpus.schema import MESSAGES


def every_call() -> list[SignalCall]:
    """One call for each signal and each of its choices, numbers at their default or smallest value."""
    calls = []
    for signal in SIGNALS.values():
        if not signal.params:
            calls.append(SignalCall(signal.name))
            continue
        if signal.family == "terms":
            calls.append(SignalCall(signal.name, (("list", "zh/ads"), ("digest", ""))))
            continue
        if signal.family in ("classify", "perplexity"):  # need a trained model; see their own tests
            continue
        (param,) = signal.params
        if param.choices:
            values = list(param.choices)
        elif param.type is str:
            values = [r"\d+"]
        elif param.default is None:
            values = [2, 3, 5, 10]
        else:
            values = list({param.default: 1, 3: 1})
        calls += [SignalCall(signal.name, ((param.name, value),)) for value in values]
    return calls


CALLS = every_call()


def batch_of(texts: list[str | None]) -> pa.RecordBatch:
    many = len(texts)
    return pa.RecordBatch.from_pydict(
        {
            "text": pa.array(texts, pa.large_string()),
            "url": pa.array(["https://example.org/a"] * many, pa.string()),
            "lang": pa.array(["zh"] * many, pa.string()),
            "lang_score": pa.array([0.5] * many, pa.float32()),
            "instruction": pa.array([text and text[: len(text) // 2] for text in texts], pa.large_string()),
            "answer": pa.array(texts, pa.large_string()),
            "messages": pa.array(
                [None if text is None else [{"role": "assistant", "content": text}] for text in texts], MESSAGES
            ),
        }
    )


PIECES = st.sampled_from(
    [
        "今天天气很好", "，", "。", "……", "\n", "\n\n", " ", "\t", "the cat", " sat. ", "3.14", "#", "- ",
        "• ", "ＡＢ１", "カタカナ", "한국어", "👨\u200d👩\u200d👧", "e\u0301", "\u3000", "\x00", "\ufeff",
        "https://example.org/x?y=1", "a@b.cn", "<br>",
        "{", "锟斤拷", "\U00020000", "\U0010ffff", "\ufffd", "don't", "\u2028", "\r\n", "哈哈哈哈",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(PIECES, max_size=25).map("".join),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(TEXTS, max_size=7), st.integers(0, 7))
def test_any_split_of_a_batch_gives_the_same_values(texts: list[str | None], cut: int) -> None:
    batch = batch_of(texts)
    whole = measure(batch, CALLS)
    parts = [measure(part, CALLS) for part in (batch.slice(0, cut), batch.slice(min(cut, len(texts))))]
    assert whole.num_rows == len(texts)
    assert pa.Table.from_batches([whole]).equals(pa.Table.from_batches(parts).combine_chunks())


@settings(max_examples=120, deadline=None)
@given(TEXTS)
def test_values_are_null_for_null_and_inside_their_units_otherwise(text: str | None) -> None:
    measured = measure(batch_of([text]), CALLS)
    for call, column in zip(CALLS, measured.columns, strict=True):
        signal, value = SIGNALS[call.kernel], column[0].as_py()
        assert column.type == signal.type
        if text is None and signal.reads == "text":
            assert value is None, call
        elif value is not None and signal.unit != "label":
            assert value >= 0, call
            if signal.unit == "ratio":
                assert value <= 1, call


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "字" * 350_000,
        "a" * 1_000_000,
        "a b\n" * 250_000,
        "\n" * 1_000_000,
        '"' * 1_000_000,
        "\u200d" * 300_000,
        "http://" * 100_000,
        "".join(chr(code) for code in range(0, sys.maxunicode + 1, 7) if not 0xD800 <= code < 0xE000),
    ],
    ids=["empty", "nul", "han", "one_word", "lines", "newlines", "quotes", "joiners", "urls", "all_planes"],
)
def test_every_signal_answers_for_extreme_texts(text: str) -> None:
    measured = measure(batch_of([text, "好"]), CALLS)
    assert measured.num_rows == 2
    assert measured.column("chars").to_pylist() == [len(text), 1]


def test_a_ratio_of_an_empty_text_is_null_and_a_count_is_zero() -> None:
    row = measure(batch_of([""]), CALLS).to_pylist()[0]
    for call in CALLS:
        signal = SIGNALS[call.kernel]
        if signal.reads == "text" and pa.types.is_floating(signal.type):
            assert row[call.column] is None, call
        elif pa.types.is_integer(signal.type) and signal.reads == "text":
            assert row[call.column] == 0, call


def test_columns_are_named_by_their_calls_and_asked_once() -> None:
    calls = [SignalCall("char_ratio", (("of", "han"),)), SignalCall("chars"), SignalCall("chars")]
    assert measure(batch_of(["好a"]), calls).to_pydict() == {"char_ratio.han": [0.5], "chars": [2]}


def test_a_default_is_filled_in_and_a_missing_argument_is_an_error() -> None:
    assert complete(SignalCall("short_line_ratio")).arguments == {"below": 30}
    with pytest.raises(KeyError):
        complete(SignalCall("char_ratio"))


def test_a_sliced_batch_and_a_plain_string_column_read_the_same() -> None:
    texts = ["一", "two words", None, "三。三。"]
    text_calls = [call for call in CALLS if SIGNALS[call.kernel].reads == "text"]
    plain = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], ["text"])
    assert measure(plain, text_calls).equals(measure(batch_of(texts), text_calls))
    assert measure(batch_of(texts).slice(1, 2), CALLS).equals(measure(batch_of(texts), CALLS).slice(1, 2))


def test_signals_of_other_columns_read_them() -> None:
    calls = [SignalCall("lang_score"), SignalCall("url_length")]
    assert measure(batch_of(["好"]), calls).to_pydict() == {"lang_score": [0.5], "url_length": [21]}
