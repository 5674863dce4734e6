from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.lists(
    st.sampled_from(["天", "天气", "好", "the", "cat", "x1", "カ", " ", "，", "한", "é"]), max_size=60
).map(" ".join) | st.text("天地人ab ，", max_size=200)


def tokens_of(text: str) -> list[str]:
    found, word = [], ""
    for mark in [*text, " "]:
        single = "\u3040" <= mark <= "\u9fff" or "\uac00" <= mark <= "\ud7a3"
        if mark.isalnum() and not single:
            word += mark
            continue
        if word:
            found.append(word)
            word = ""
        if single:
            found.append(mark)
    return found


def top_share(tokens: list[str], n: int) -> float:
    """Gopher's most frequent n-gram; the longest one of several, nothing when none repeats."""
    grams = Counter(tuple(tokens[index : index + n]) for index in range(len(tokens) - n + 1))
    most = max(grams.values(), default=0)
    taken = max((len("".join(gram)) * most for gram, times in grams.items() if times == most > 1), default=0)
    return min(1.0, taken / len("".join(tokens)))


def duplicate_share(tokens: list[str], n: int) -> float:
    """Gopher's n-grams seen before, stepping over each one counted."""
    seen, repeated, index = set(), 0, 0
    while index <= len(tokens) - n:
        gram = tuple(tokens[index : index + n])
        if gram in seen:
            repeated += len("".join(gram))
            index += n
        else:
            seen.add(gram)
            index += 1
    return repeated / len("".join(tokens))


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_shares_agree_with_a_plain_version_of_gophers_definition(ask: Any, text: str) -> None:
    tokens = tokens_of(text)
    assert ask("tokens", text) == len(tokens)
    for n in (2, 3, 4, 7, 10):
        expected = top_share(tokens, n) if tokens else None
        assert ask("top_ngram_char_ratio", text, n=n) == (expected if expected is None else pytest.approx(expected))
    for n in (2, 3, 5, 10, 20):
        expected = duplicate_share(tokens, n) if tokens else None
        assert ask("duplicate_ngram_char_ratio", text, n=n) == (
            expected if expected is None else pytest.approx(expected)
        )
    assert ask("token_diversity", text) == (pytest.approx(len(set(tokens)) / len(tokens)) if tokens else None)


@settings(max_examples=100, deadline=None)
@given(st.text("好a- ", max_size=40))
def test_the_longest_run_leaves_spaces_out(ask: Any, text: str) -> None:
    longest = run = 0
    for index, mark in enumerate(text):
        run = 0 if mark == " " else run + 1 if index and text[index - 1] == mark else 1
        longest = max(longest, run)
    assert ask("longest_run", text) == longest


def test_asking_for_many_lengths_changes_none(ask: Any) -> None:
    import pyarrow as pa

    from corpus.kernels.catalogue import measure
    from corpus.kernels.signal import SignalCall

    text = "天气很好天气很好我们去公园天气很好我们去公园 the cat sat on the cat sat on the mat " * 5 + "完。"
    calls = [SignalCall("top_ngram_char_ratio", (("n", n),)) for n in range(2, 11)]
    calls += [SignalCall("duplicate_ngram_char_ratio", (("n", n),)) for n in range(2, 21)]
    together = measure(pa.RecordBatch.from_arrays([pa.array([text], pa.large_string())], ["text"]), calls)
    for call, column in zip(calls, together.columns, strict=True):
        assert column[0].as_py() == ask(call.kernel, text, **call.arguments)
        assert column[0].as_py() == pytest.approx(
            (top_share if call.kernel.startswith("top") else duplicate_share)(tokens_of(text), call.arguments["n"])  # type: ignore[arg-type]
        )


def test_overlapping_repeats_never_exceed_the_text(ask: Any) -> None:
    assert ask("top_ngram_char_ratio", "哈" * 50, n=2) == 1.0
    assert ask("duplicate_ngram_char_ratio", "哈" * 50, n=2) == pytest.approx(48 / 50)


def test_punctuation_between_repeats_dilutes_nothing(ask: Any) -> None:
    assert ask("duplicate_ngram_char_ratio", "买它买它。买，它！", n=2) == pytest.approx(4 / 6)


def test_a_short_text_without_repeats_has_none(ask: Any) -> None:
    assert ask("top_ngram_char_ratio", "hello world", n=2) == 0
    assert ask("duplicate_ngram_char_ratio", "好", n=5) == 0
    assert ask("duplicate_ngram_char_ratio", "！！", n=5) is None
