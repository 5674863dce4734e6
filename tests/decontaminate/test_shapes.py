"""Questions of any shape are read as question, options and answer."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.decontaminate.shapes import asked

Q, OPTIONS = "渡口的船几点开？", ("六点", "七点", "八点", "九点")


@pytest.mark.parametrize(
    "record",
    [
        {"question": Q, "choices": list(OPTIONS), "answer": 1},
        {"question": Q, "choices": str(list(OPTIONS))},
        {"question": Q, "options": '["六点", "七点", "八点", "九点"]'},
        {"Question": Q, "A": "六点", "B": "七点", "C": "八点", "D": "九点", "Answer": "B"},
        {"question": {"stem": Q, "choices": [{"label": "x", "text": text} for text in OPTIONS]}},
        {"question": Q, "choices": {"text": list(OPTIONS), "label": list("ABCD")}},
        {"ctx": Q, "endings": list(OPTIONS)},
        {"query": Q, "options": dict(zip("ABCD", OPTIONS, strict=True))},
        {"problem": Q, **{f"option_{x}": text for x, text in zip("abcd", OPTIONS, strict=True)}},
        {"sentence": f"12．{Q}", **{f"ending{n}": text for n, text in enumerate(OPTIONS)}},
    ],
)  # fmt: skip
def test_options_of_any_shape(record: dict[str, Any]) -> None:
    found = asked(record)
    assert found is not None
    assert (found.question, found.options) == (Q, OPTIONS)


@pytest.mark.parametrize(
    ("record", "question", "answer"),
    [
        ({"instruction": "改写句子", "input": "船开了。", "output": "船离岸了。"}, "改写句子\n船开了。", "船离岸了。"),
        ({"prompt": "def ferry():", "canonical_solution": "    return 9"}, "def ferry():", "    return 9"),
        ({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": Q},
                       {"role": "assistant", "content": "九点。"}]}, Q, "九点。"),
        ({"conversations": [{"from": "human", "value": Q}, {"from": "gpt", "value": "九点。"}]}, Q, "九点。"),
        ({"id": 3, "data": [Q, "九点。"]}, Q, "九点。"),
        ({"text": Q}, Q, ""),
        ({"question": "3.5 米等于多少厘米"}, "3.5 米等于多少厘米", ""),
    ],
)  # fmt: skip
def test_questions_without_options(record: dict[str, Any], question: str, answer: str) -> None:
    found = asked(record)
    assert found is not None
    assert (found.question, found.answer, found.options) == (question, answer, ())


def test_a_record_that_asks_nothing_is_none() -> None:
    assert asked({"label": 1, "question": " ", "choices": ["a", "b"]}) is None


def test_a_list_that_is_code_is_not_run() -> None:
    found = asked({"question": Q, "choices": "[__import__('os').getcwd(), 1]"})
    assert found is not None
    assert found.options == ()
