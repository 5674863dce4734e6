"""Firefly, lists of turns, Ziya, single pairs and seed tasks."""

from __future__ import annotations

from typing import Any

import pytest
from importing import imported, refused

from corpus.importers.model import Format, Reason


def test_firefly_exchanges_alternate_and_keep_their_category() -> None:
    row = {
        "conversation_id": 1,
        "category": "诗",
        "conversation": [{"human": "a", "assistant": "b"}] * 2,
        "system": "s",
    }
    record = imported(row, Format.FIREFLY)
    assert [role for role, _ in record.messages or []] == ["system", "user", "assistant", "user", "assistant"]
    assert (record.meta or {})["category"] == "诗"


def test_a_last_exchange_without_an_answer_is_trimmed() -> None:
    record = imported({"conversation": [{"human": "a", "assistant": "b"}, {"human": "c"}]}, Format.FIREFLY)
    assert record.note["repairs"] == ["trailing_turn_trimmed"]
    broken = {"conversation": [{"human": "a"}, {"human": "b", "assistant": "c"}]}
    assert refused(broken, Format.FIREFLY) == Reason.EMPTY_TURN


@pytest.mark.parametrize(("data", "roles"), [(["a", "b"], 2), (["a", "b", "c", "d"], 4), (["a", "b", "c"], 2)])
def test_a_list_alternates_and_a_last_question_is_trimmed(data: list[str], roles: int) -> None:
    assert len(imported({"id": "1", "data": data}, Format.TURN_LIST).messages or []) == roles


def test_a_list_without_an_answer_is_refused() -> None:
    assert refused({"id": "1", "score": "4", "data": ["a", ""]}, Format.TURN_LIST) == Reason.NO_ANSWER
    assert refused({"id": "1", "data": ["a"]}, Format.TURN_LIST) == Reason.NO_ANSWER
    assert refused({"id": "1", "data": []}, Format.TURN_LIST) == Reason.NOT_THIS_FORMAT
    assert refused({"id": "1", "data": ["a", 1]}, Format.TURN_LIST) == Reason.NOT_THIS_FORMAT


def test_ziyas_lists_are_taken_in_pairs() -> None:
    row = {"task": "t", "prompt": ["a", "c"], "output": ["b", "d"]}
    assert [content for _, content in imported(row, Format.ZIYA).messages or []] == ["a", "b", "c", "d"]
    assert imported({**row, "output": ["b"]}, Format.ZIYA).note["tail"] == [["user", "c"]]
    assert refused({**row, "output": ["b", "d", "e"]}, Format.ZIYA) == Reason.ROLE_ORDER


@pytest.mark.parametrize(
    "names", [("question", "answer"), ("prompt", "response"), ("instruction", "response"), ("input", "output")]
)
def test_pairs_are_read_by_the_names_in_use(names: tuple[str, str]) -> None:
    row: dict[str, Any] = {names[0]: "问", names[1]: "答", "level": 2}
    assert imported(row, Format.QUESTION_ANSWER).messages == [("user", "问"), ("assistant", "答")]


def test_a_pair_without_one_side_is_another_format() -> None:
    assert refused({"input": "a"}, Format.INPUT_TARGET) == Reason.NOT_THIS_FORMAT
    assert refused({"question": "a"}, Format.QUESTION_ANSWER) == Reason.NOT_THIS_FORMAT


def test_a_seed_task_is_its_first_instance_and_keeps_the_others() -> None:
    row = {"id": "seed_1", "instruction": "反义词", "instances": [{"input": "大", "output": "小"}]}
    record = imported(row, Format.SEED_TASKS)
    assert record.messages == [("user", "反义词\n大"), ("assistant", "小")]
    assert "instances" not in (record.meta or {})
    more = imported({**row, "instances": [*row["instances"], {"input": "高", "output": "低"}]}, Format.SEED_TASKS)
    assert (more.meta or {})["instances"][1] == {"input": "高", "output": "低"}
    assert more.note["repairs"] == ["further_instances_in_meta"]
    assert refused({**row, "instances": []}, Format.SEED_TASKS) == Reason.NOT_THIS_FORMAT


def test_a_history_beside_a_pair_comes_before_its_question() -> None:
    row = {"question": "再见", "answer": "再会。", "history": [["你好", "您好。"]], "system": "s"}
    assert [role for role, _ in imported(row, Format.QUESTION_ANSWER).messages or []] == [
        *("system", "user", "assistant", "user", "assistant")
    ]
