"""Labelled single answers: what was called bad is never an answer to learn."""

from __future__ import annotations

from typing import Any

import pytest
from importing import imported, refused

from corpus.importers.model import Format, Kind, Reason

TURNS = [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]
NAMED = [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "问", "completion": "答"},
        {"prompt": TURNS[:1], "completion": TURNS[1:]},
        {"messages": TURNS},
        {"conversations": NAMED},
        {"instruction": "问", "input": "", "output": "答"},
    ],
)
@pytest.mark.parametrize(("name", "label"), [("label", True), ("label", False), ("kto_tag", False), ("label", 1)])
def test_an_answer_stands_on_the_side_of_its_label(row: dict[str, Any], name: str, label: bool) -> None:
    record = imported({**row, name: label}, Format.KTO)
    assert (record.kind, record.prompt) == (Kind.PREFERENCE, [("user", "问")])
    sides = ([("assistant", "答")], [])
    assert (record.chosen, record.rejected) == (sides if label else sides[::-1])


def test_a_label_that_is_neither_is_another_format() -> None:
    for label in ("good", None, 2):
        assert refused({"prompt": "a", "completion": "b", "label": label}, Format.KTO) == Reason.NOT_THIS_FORMAT
    assert refused({"prompt": "a", "completion": "b"}, Format.KTO) == Reason.NOT_THIS_FORMAT
    assert refused({"messages": TURNS[:1], "label": True}, Format.KTO) == Reason.NO_ANSWER
