"""MOSS: tags and end marks come off, commands become calls."""

from __future__ import annotations

import copy
from typing import Any

from dialogues import ROWS
from importing import imported, refused

from corpus.importers.model import Format, Reason


def moss(**changes: str) -> dict[str, Any]:
    row = copy.deepcopy(ROWS[Format.MOSS])
    row["chat"]["turn_1"].update(changes)
    return row


def test_a_turn_with_a_command_is_a_call_its_result_and_the_answer() -> None:
    record = imported(moss(), Format.MOSS)
    call = r'{"name":"Calculate","arguments":{"command":"Calculate(\"3*7\")"}}'
    assert record.messages == [
        ("system", "You can calculate."),
        ("user", "三乘七是多少？"),
        ("assistant", f"<think>\n算一下\n</think>\n\n<tool_call>\n{call}\n</tool_call>"),
        ("tool", 'Calculate("3*7") => 21'),
        ("assistant", "是二十一。"),
    ]
    assert record.source_key == "plugins/1.json"


def test_none_says_that_there_is_none() -> None:
    row = moss(**{"Inner Thoughts": "<|Inner Thoughts|>: None<eot>\n", "Commands": "<|Commands|>: None<eoc>\n"})
    assert [role for role, _ in imported(row, Format.MOSS).messages or []] == ["system", "user", "assistant"]


def test_an_answer_without_its_end_mark_was_cut() -> None:
    assert refused(moss(MOSS="<|MOSS|>: 是二十"), Format.MOSS) == Reason.TRUNCATED


def test_turns_stand_in_the_order_of_their_numbers() -> None:
    row = moss()
    turn = {"Human": "<|Human|>: 第{}问<eoh>\n", "MOSS": "<|MOSS|>: 第{}答<eom>\n"}
    row["chat"] = {f"turn_{n}": {part: text.format(n) for part, text in turn.items()} for n in (10, 2, 1)}
    said = [content for role, content in imported(row, Format.MOSS).messages or [] if role == "user"]
    assert said == ["第1问", "第2问", "第10问"]


def test_a_chat_of_another_shape_is_another_format() -> None:
    assert refused({"chat": {}}, Format.MOSS) == Reason.NOT_THIS_FORMAT
    assert refused({"chat": {"turn_1": {"Human": "a"}}}, Format.MOSS) == Reason.NOT_THIS_FORMAT
