"""ShareGPT, messages and counselling dialogues."""

from __future__ import annotations

from typing import Any

import pytest
from dialogues import CALL, ROWS, TOOLS
from importing import imported, refused

from corpus.importers.model import Format, Reason

NAMES = {"h": "human", "g": "gpt", "s": "system", "c": "function_call", "o": "observation"}


def sharegpt(order: str, **fields: Any) -> dict[str, Any]:
    values = {"c": CALL, "o": '{"high": "05:40"}'}
    turns = [{"from": NAMES[one], "value": values.get(one, f"第{at}句")} for at, one in enumerate(order)]
    return {"conversations": turns, **fields}


def openai(*turns: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"messages": list(turns), **fields}


@pytest.mark.parametrize("order", ["hg", "shg", "hghg", "hcog", "hccoog", "hgcog"[:2] + "hcog", "hcocog", "hghc"])
def test_orders_that_are_dialogues(order: str) -> None:
    assert imported(sharegpt(order), Format.SHAREGPT).messages


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("hhg", Reason.ROLE_ORDER),
        ("hgg", Reason.ROLE_ORDER),
        ("hshg", Reason.ROLE_ORDER),
        ("hog", Reason.ROLE_ORDER),
        ("hcohg", Reason.ROLE_ORDER),
        ("h", Reason.NO_ANSWER),
        ("sh", Reason.NO_ANSWER),
        ("", Reason.NO_ANSWER),
        ("g", Reason.ROLE_ORDER),
    ],
)
def test_orders_that_are_none(order: str, reason: Reason) -> None:
    assert refused(sharegpt(order), Format.SHAREGPT) == reason


def test_a_question_at_the_end_is_trimmed_and_kept_in_the_note() -> None:
    record = imported(sharegpt("hgh"), Format.SHAREGPT)
    assert [role for role, _ in record.messages or []] == ["user", "assistant"]
    assert record.note["repairs"] == ["trailing_turn_trimmed"]
    assert record.note["tail"] == [["user", "第2句"]]


def test_a_result_at_the_end_is_trimmed_to_the_call() -> None:
    assert [role for role, _ in imported(sharegpt("hco"), Format.SHAREGPT).messages or []] == ["user", "assistant"]


def test_answers_before_the_first_question_of_sharegpt_are_dropped_and_counted() -> None:
    record = imported(sharegpt("sghg"), Format.SHAREGPT)
    assert [role for role, _ in record.messages or []] == ["system", "user", "assistant"]
    assert record.note["repairs"] == ["leading_answer_dropped"]
    greeting = openai(
        {"role": "assistant", "content": "您好"},
        {"role": "user", "content": "问"},
        {"role": "assistant", "content": "答"},
    )
    assert refused(greeting, Format.MESSAGES) == Reason.ROLE_ORDER


def test_an_empty_turn_is_refused_with_its_number() -> None:
    row = sharegpt("hghg")
    row["conversations"][2]["value"] = " "
    assert refused(row, Format.SHAREGPT) == Reason.EMPTY_TURN
    row = sharegpt("hg")
    row["conversations"][1]["value"] = ""
    assert refused(row, Format.SHAREGPT) == Reason.NO_ANSWER


def test_nobody_is_the_assistant_for_want_of_another_name() -> None:
    row = {"conversations": [{"from": "human", "value": "a"}, {"from": "narrator", "value": "b"}]}
    assert refused(row, Format.SHAREGPT) == Reason.UNKNOWN_ROLE


def test_calls_become_blocks_and_results_tool_turns() -> None:
    record = imported({**sharegpt("hcog"), "tools": TOOLS}, Format.SHAREGPT)
    turns = record.messages or []
    assert turns[1] == ("assistant", f"<tool_call>\n{CALL}\n</tool_call>")
    assert turns[2] == ("tool", '{"high": "05:40"}')
    assert (record.meta or {})["tools"] == TOOLS


def test_a_list_of_calls_becomes_a_block_each() -> None:
    row = sharegpt("hcog")
    row["conversations"][1]["value"] = f"[{CALL},  {CALL}]"
    assert (imported(row, Format.SHAREGPT).messages or [])[1][1].count("<tool_call>\n") == 2


def test_belles_names_of_the_roles_come_back() -> None:
    row = {"conversations": [{"from": "human", "value": "a"}, {"from": "assistant", "value": "b"}]}
    assert imported(row, Format.SHAREGPT).note["names"] == {"assistant": "assistant"}
    mixed = {"conversations": [*row["conversations"], {"from": "user", "value": "c"}, {"from": "gpt", "value": "d"}]}
    assert imported(mixed, Format.SHAREGPT).note["names"] == ["human", "assistant", "user", "gpt"]


def test_a_system_of_its_own_field_is_the_first_turn() -> None:
    assert (imported(sharegpt("hg", system="简短。"), Format.SHAREGPT).messages or [])[0] == ("system", "简短。")


def test_openai_calls_carry_their_arguments_and_keep_their_ids() -> None:
    record = imported(ROWS[Format.MESSAGES], Format.MESSAGES)
    assert (record.messages or [])[2][1] == '<tool_call>\n{"name":"tide","arguments":{"port":"青岛"}}\n</tool_call>'
    assert record.note["turns"]["2"]["tool_calls"][0]["id"] == "c1"
    assert record.note["turns"]["4"] == {"loss_weight": 1.0}


def test_parts_of_text_reasoning_and_calls_become_one_text() -> None:
    row = openai(
        {"role": "user", "content": [{"type": "text", "value": "几点？"}]},
        {
            "role": "assistant",
            "content": [{"type": "reasoning", "value": "查潮汐"}, {"type": "tool_call", "value": CALL}],
        },
        {"role": "tool", "content": [{"type": "text", "value": "05:40"}]},
        {
            "role": "assistant",
            "content": [{"type": "reasoning", "value": "清晨"}, {"type": "text", "value": "五点四十。"}],
        },
    )
    record = imported(row, Format.MESSAGES)
    assert [content for _, content in record.messages or []] == [
        "几点？",
        f"<think>\n查潮汐\n</think>\n\n<tool_call>\n{CALL}\n</tool_call>",
        "05:40",
        "<think>\n清晨\n</think>\n\n五点四十。",
    ]
    assert "original" not in record.note


def test_a_turn_that_is_no_text_is_refused() -> None:
    image = openai(
        {"role": "user", "content": [{"type": "image", "value": "a.png"}]}, {"role": "assistant", "content": "b"}
    )
    assert refused(image, Format.MESSAGES) == Reason.NOT_TEXT
    assert (
        refused(openai({"role": "user", "content": 3}, {"role": "assistant", "content": "b"}), Format.MESSAGES)
        == Reason.NOT_TEXT
    )


def test_thoughts_of_their_own_field_stand_before_the_answer() -> None:
    row = openai({"role": "user", "content": "问"}, {"role": "assistant", "content": "答", "reasoning_content": "想"})
    assert (imported(row, Format.MESSAGES).messages or [])[1][1] == "<think>\n想\n</think>\n\n答"


def test_turns_may_stand_in_a_field_of_another_name() -> None:
    row = {"conversation": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]}
    assert imported(row, Format.MESSAGES).note["field"] == "conversation"


def test_clients_are_users_and_counsellors_assistants() -> None:
    record = imported(ROWS[Format.DIALOG], Format.DIALOG)
    assert [role for role, _ in record.messages or []] == ["user", "assistant"]
    assert "names" not in record.note


def test_a_row_without_turns_is_another_format() -> None:
    for row in ({"conversations": "a"}, {"conversations": [1]}, {"conversations": [{"value": "a"}]}, {}):
        assert refused(row, Format.SHAREGPT) == Reason.NOT_THIS_FORMAT
