from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from building import write_jsonl

from corpus.errors import UsageError
from corpus.evaluation.testset import TestSet, load


def test_every_row_of_a_set_by_class_becomes_a_question_and_unknown_classes_are_told(tests: TestSet) -> None:
    assert Counter(item.category for item in tests.items) == {
        "open qa": 4, "closed qa": 4, "maths": 4, "code": 4, "generation": 4, "星象": 4,
    }  # fmt: skip
    assert tests.unknown == {"星象": 4}
    assert tests.left_out == {}
    assert {item.family for item in tests.items if item.category == "星象"} == {"reference"}


def test_conversations_give_the_last_answer_as_reference_and_earlier_turns_as_part_of_the_question(
    tmp_path: Path,
) -> None:
    turns = [("user", "你好"), ("assistant", "你好！"), ("user", "二加二？"), ("assistant", "四")]
    row = {"id": "a", "category": "数学", "messages": [{"role": role, "content": text} for role, text in turns]}
    found = load([str(write_jsonl(tmp_path / "x.jsonl", [row]))]).items[0]
    assert (found.id, found.category, found.reference) == ("a", "maths", "四")
    assert found.question == "[user]\n你好\n\n[assistant]\n你好！\n\n[user]\n二加二？"


def test_rows_of_one_id_and_questions_asked_twice_are_all_kept(tmp_path: Path) -> None:
    rows = [{"question": "一？", "std_answer": "", "class": "open qa"}] * 2
    rows += [{"id": "a", "question": text, "std_answer": "", "class": "open qa"} for text in ("二？", "三？")]
    found = load([str(write_jsonl(tmp_path / "x.jsonl", rows))])
    assert len({item.id for item in found.items}) == len(found.items) == 4
    backwards = load([str(write_jsonl(tmp_path / "y.jsonl", rows[::-1]))])
    assert [(item.id, item.question) for item in backwards.items] == [(item.id, item.question) for item in found.items]


def test_rows_without_a_question_are_counted(tmp_path: Path) -> None:
    rows = [{"question": "一？", "std_answer": ""}, {"question": " ", "std_answer": "x"}, b"{"]
    assert load([str(write_jsonl(tmp_path / "x.jsonl", rows))]).left_out == {"bad_json": 1, "no_question": 1}
    with pytest.raises(UsageError, match="no row has a question"):
        load([str(write_jsonl(tmp_path / "y.jsonl", [{"a": 1}]))])
