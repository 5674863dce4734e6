"""Calls, thoughts and parts as text, and back."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from corpus.importers.tools import calls_of, calls_text, from_function_call, from_parts, to_function_call, to_parts

CALLS = st.fixed_dictionaries(
    {"name": st.text("ab", min_size=1), "arguments": st.dictionaries(st.text("xy"), st.integers(-9, 9))}
)


@given(st.lists(CALLS.map(lambda one: orjson.dumps(one).decode()), min_size=1, max_size=3))
def test_calls_come_back_from_their_blocks(calls: list[str]) -> None:
    assert calls_of(calls_text(calls)) == calls
    value = to_function_call(calls_text(calls))
    assert value is not None
    assert from_function_call(value) == calls_text(calls)


def test_json_of_a_single_call_is_not_written_anew() -> None:
    value = '{"name":   "a", "arguments": {}}'
    assert from_function_call(value) == f"<tool_call>\n{value}\n</tool_call>"
    assert to_function_call(from_function_call(value)) == value


def test_a_text_with_more_than_blocks_is_no_call() -> None:
    assert calls_of("a\n<tool_call>\n{}\n</tool_call>") is None
    assert calls_of("plain") is None


TEXTS = st.text("ab \n<>/", max_size=12)
PARTS = st.tuples(st.none() | TEXTS, st.none() | TEXTS, st.lists(CALLS, max_size=2))


@given(PARTS, st.sampled_from(["value", "text"]))
def test_the_parts_of_a_content_give_that_content_again(given_parts: tuple[object, ...], key: str) -> None:
    thought, said, calls = given_parts
    parts = [{"type": "reasoning", key: thought}] if thought is not None else []
    parts += [{"type": "text", key: said}] if said is not None else []
    parts += [{"type": "tool_call", key: orjson.dumps(one).decode()} for one in calls]  # type: ignore[attr-defined]
    text = from_parts(parts)
    assert text is not None
    assert from_parts(to_parts(text, key)) == text


def test_a_part_that_is_no_text_has_no_content() -> None:
    assert from_parts([{"type": "image_url", "image_url": "a"}]) is None
    assert from_parts(["a"]) is None
