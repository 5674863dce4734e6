from __future__ import annotations

from pathlib import Path

import pytest
from building import write_jsonl

from corpus.errors import UsageError
from corpus.evaluation.answers import Answers, load
from corpus.evaluation.testset import Item, TestSet

ITEMS = tuple(Item(f"q{n}", "open qa", "open", f"问题{n}？", "", f"/a/t.jsonl#{n}") for n in range(3))


def test_the_model_is_the_rows_own_else_the_name_given_else_the_files(given: Answers, tmp_path: Path) -> None:
    assert {model: len(of) for model, of in given.of.items()} == {"strong": 24, "weak": 23}
    path = write_jsonl(tmp_path / "mine.jsonl", [{"id": "q1", "text": "答"}])
    assert load([f"old={path}"], ITEMS).of == {"old": {"q1": "答"}}
    assert load([str(path)], ITEMS).of == {"mine": {"q1": "答"}}


def test_questions_are_found_by_id_place_or_their_own_words(tmp_path: Path) -> None:
    rows = [{"id": "q0", "text": "零"}, {"id": "/a/t.jsonl#1", "text": "一"},
            {"instruction": "问题２？", "input": "", "output": "二"}]  # fmt: skip
    assert load([str(write_jsonl(tmp_path / "m.jsonl", rows[:2]))], ITEMS).of["m"] == {"q0": "零", "q1": "一"}
    assert load([str(write_jsonl(tmp_path / "n.jsonl", rows[2:]))], ITEMS).of["n"] == {"q2": "二"}


def test_the_answers_of_a_round_of_pairs_are_found_by_their_seed(tests: TestSet, tmp_path: Path) -> None:
    rows = [
        {"seed": item.seed, "answer": "m#0", "model": "m", "draw": 0, "text": f"{n}棵", "reason": None}
        for n, item in enumerate(tests.items)
    ]
    found = load([str(write_jsonl(tmp_path / "answers.jsonl", rows))], tests.items)
    assert found.of["m"] == {item.id: f"{n}棵" for n, item in enumerate(tests.items)}


def test_what_answers_nothing_is_counted_and_a_second_answer_changes_nothing(tmp_path: Path) -> None:
    rows = [{"id": "q0", "text": "乙"}, {"id": "q0", "text": "甲"}, {"id": "q9", "text": "无"}, {"id": "q1"}]
    found = [load([str(write_jsonl(tmp_path / "m.jsonl", order))], ITEMS) for order in (rows, rows[::-1])]
    assert found[0] == found[1]
    assert found[0].left_out == {"no_answer": 1, "no_such_question": 1}
    assert (found[0].of, found[0].repeated) == ({"m": {"q0": "乙"}}, 1)
    with pytest.raises(UsageError, match="no row answers"):
        load([str(write_jsonl(tmp_path / "x.jsonl", rows[2:]))], ITEMS)


def test_asking_for_a_model_that_is_not_there_names_those_that_are(given: Answers, tests: TestSet) -> None:
    with pytest.raises(UsageError, match="strong, weak"):
        given.model("third")
