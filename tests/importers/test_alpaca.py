"""Alpaca rows, and dialogues flattened into the instruction."""

from __future__ import annotations

from typing import Any

import pytest
from importing import imported, refused

from corpus.importers.model import Format, Reason


def alpaca(**fields: Any) -> dict[str, Any]:
    return {"instruction": "改写这句话", "input": "", "output": "好的，改好了。", **fields}


def test_an_input_stands_on_its_own_line_after_the_instruction() -> None:
    record = imported(alpaca(input="天在下雨。"), Format.ALPACA)
    assert record.messages == [("user", "改写这句话\n天在下雨。"), ("assistant", "好的，改好了。")]


@pytest.mark.parametrize("given", ["", None, "  \n"])
def test_an_input_that_says_nothing_is_none(given: str | None) -> None:
    assert (imported(alpaca(input=given), Format.ALPACA).messages or [])[0] == ("user", "改写这句话")


def test_a_row_without_an_input_or_with_that_alone_is_read() -> None:
    bare = {"instruction": "问", "output": "答"}
    assert imported(bare, Format.ALPACA).messages == [("user", "问"), ("assistant", "答")]
    assert imported(alpaca(instruction="", input="问"), Format.ALPACA).messages[0] == ("user", "问")  # type: ignore[index]


@pytest.mark.parametrize("given", ["<noinput>", "<无输入>"])
def test_a_placeholder_for_no_input_is_dropped_and_counted(given: str) -> None:
    record = imported(alpaca(input=given), Format.ALPACA)
    assert (record.messages or [])[0] == ("user", "改写这句话")
    assert record.note["repairs"] == ["placeholder_input_dropped"]


def test_history_and_system_come_before_the_question() -> None:
    row = alpaca(history=[["你好", "您好。"], ["在吗", "在。"]], system="你很有礼貌。")
    turns = imported(row, Format.ALPACA).messages or []
    assert [role for role, _ in turns] == ["system", "user", "assistant", "user", "assistant", "user", "assistant"]
    assert turns[3] == ("user", "在吗")


@pytest.mark.parametrize("history", ["", [], None])
def test_a_history_that_holds_nothing_is_none(history: Any) -> None:
    assert len(imported(alpaca(history=history, system=""), Format.ALPACA).messages or []) == 2


def test_a_history_that_is_no_pairs_is_another_format() -> None:
    assert refused(alpaca(history=[["a"]]), Format.ALPACA) == Reason.NOT_THIS_FORMAT
    assert refused(alpaca(history="Human: a"), Format.ALPACA) == Reason.NOT_THIS_FORMAT


def test_what_says_nothing_is_refused_by_name() -> None:
    assert refused(alpaca(output=" \n"), Format.ALPACA) == Reason.NO_ANSWER
    assert refused(alpaca(instruction=" "), Format.ALPACA) == Reason.EMPTY_TURN
    assert refused(alpaca(history=[["", "a"]]), Format.ALPACA) == Reason.EMPTY_TURN
    assert refused({"instruction": "a"}, Format.ALPACA) == Reason.NOT_THIS_FORMAT


def test_fields_of_the_source_are_kept_under_their_names() -> None:
    meta = imported(alpaca(category="rewrite", tags=["a", {"b": 1}]), Format.ALPACA).meta or {}
    assert (meta["category"], meta["tags"]) == ("rewrite", ["a", {"b": 1}])


@pytest.mark.parametrize(
    "instruction",
    [
        "Human:你好\nAssistant:您好\nHuman:再见\nAssistant:",
        "Human: 你好\nAssistant: 您好\n\nHuman: 再见\nAssistant: ",
        "Human：你好\nAssistant：您好\nHuman：再见\nAssistant：",
        "User: 你好\nAssistant: 您好\nUser: 再见",
    ],
)
def test_a_flattened_dialogue_is_cut_into_its_turns(instruction: str) -> None:
    record = imported(alpaca(instruction=instruction), Format.FLATTENED)
    assert record.messages == [
        ("user", "你好"),
        ("assistant", "您好"),
        ("user", "再见"),
        ("assistant", "好的，改好了。"),
    ]


def test_plain_rows_among_flattened_ones_stay_what_they_are() -> None:
    record = imported(alpaca(input="Human: 一句话"), Format.FLATTENED)
    assert record.messages == [("user", "改写这句话\nHuman: 一句话"), ("assistant", "好的，改好了。")]


def test_a_flattened_dialogue_whose_turns_do_not_alternate_is_refused() -> None:
    assert refused(alpaca(instruction="Human:a\nHuman:b\nAssistant:"), Format.FLATTENED) == Reason.ROLE_ORDER
