"""Questions without answers."""

from __future__ import annotations

import pytest
from dialogues import ROWS
from importing import imported, refused

from corpus.importers.model import Format, Kind, Reason


@pytest.mark.parametrize("name", ["prompt", "question", "instruction", "query"])
def test_a_question_is_read_by_the_names_in_use(name: str) -> None:
    record = imported({name: "叶子为什么会黄？", "domain": "园艺"}, Format.PROMPTS)
    assert (record.kind, record.prompt) == (Kind.PROMPT, [("user", "叶子为什么会黄？")])
    assert (record.meta or {})["domain"] == "园艺"


def test_a_list_of_messages_that_ends_with_the_user_is_a_question() -> None:
    turns = [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]
    assert imported({"prompt": turns}, Format.PROMPTS).prompt == [("system", "s"), ("user", "q")]
    assert refused({"prompt": [*turns, {"role": "assistant", "content": "a"}]}, Format.PROMPTS) == Reason.ROLE_ORDER


def test_an_evaluation_question_keeps_its_reference_even_an_empty_one() -> None:
    assert (imported(ROWS[Format.EVALUATION], Format.EVALUATION).meta or {})["std_answer"] == ""


def test_a_text_is_cut_at_the_headers_it_has() -> None:
    assert imported(ROWS[Format.TEXT], Format.TEXT).prompt == [("user", "怎么扦插？")]
    assert imported({"text": "怎么扦插？"}, Format.TEXT).prompt == [("user", "怎么扦插？")]


def test_what_asks_nothing_is_refused() -> None:
    assert refused({"prompt": " "}, Format.PROMPTS) == Reason.EMPTY_TURN
    assert refused({"title": "a"}, Format.PROMPTS) == Reason.NOT_THIS_FORMAT
    assert refused({"text": ""}, Format.TEXT) == Reason.EMPTY_TURN
    assert refused({"text": None}, Format.TEXT) == Reason.NOT_THIS_FORMAT
