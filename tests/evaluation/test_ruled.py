from __future__ import annotations

from pathlib import Path

import pytest
from evaluating import HOW

from corpus.errors import UsageError
from corpus.evaluation import pairwise, ruled
from corpus.evaluation.answers import Answers
from corpus.evaluation.asking import read
from corpus.evaluation.testset import Item, TestSet
from corpus.pairs.rewards import Rewards

RULES = Rewards.model_validate({"rewards": 1, "rules": [
    {"name": "short", "kind": "length", "to": 6},
    {"name": "polite", "kind": "format", "pattern": "请", "weight": 3},
    {"name": "no_link", "kind": "format", "pattern": "http", "absent": True, "must": True, "weight": 0},
]})  # fmt: skip
TESTS = TestSet(tuple(Item(f"q{n}", "open_qa", "open", f"问题{n}", "", f"t#{n}") for n in range(5)), {}, {})
ANSWERS = Answers(
    {
        "one": {"q0": "请看", "q1": "这是一句很长的话，没有别的", "q2": "请看 http://x.example", "q3": "好"},
        "other": {"q0": "这是一句很长的话，没有别的", "q1": "请看这里写的这一句很长的话", "q2": "好", "q3": "是"},
    },
    {},
    0,
)


def test_the_answer_with_the_higher_reward_wins_unless_it_breaks_what_must_hold(tmp_path: Path) -> None:
    found = ruled.compare(TESTS, ANSWERS, ("one", "other"), RULES, tmp_path / "out", HOW)
    rows = {row["id"]: row for row in read(tmp_path / "out").rows.iter_rows(named=True)}
    assert [rows[f"q{n}"]["verdict"] for n in range(5)] == ["win", "lose", "lose", "tie", None]
    assert rows["q0"]["reason"] == "short 1, polite 1, no_link 1"
    assert rows["q4"]["unjudged"] == "missing_answer"
    assert (found.all.win, found.all.tie, found.all.lose, found.all.unjudged) == (1, 1, 2, 1)
    assert found.all.points is not None
    assert found.all.points.value == pytest.approx(100 * 1.5 / 4 - 50)


def test_the_sides_exchanged_give_the_mirror(tmp_path: Path) -> None:
    one = ruled.compare(TESTS, ANSWERS, ("one", "other"), RULES, tmp_path / "a", HOW)
    back = ruled.compare(TESTS, ANSWERS, ("other", "one"), RULES, tmp_path / "b", HOW)
    assert one.all.points is not None
    assert back.all.points is not None
    assert one.all.points.value == -back.all.points.value


def test_it_is_an_evaluation_like_any_other_and_its_directory_is_not_used_for_other_rules(tmp_path: Path) -> None:
    done = ruled.compare(TESTS, ANSWERS, ("one", "other"), RULES, tmp_path / "out", HOW)
    kept = read(tmp_path / "out")
    assert (kept.mode, kept.judge) == ("pairwise", "rules")
    assert pairwise.figures(kept.rows, HOW) == done
    others = Rewards.model_validate({"rewards": 1, "rules": [{"name": "long", "kind": "length", "from": 6}]})
    with pytest.raises(UsageError, match="another evaluation"):
        ruled.compare(TESTS, ANSWERS, ("one", "other"), others, tmp_path / "out", HOW)


def test_programs_are_not_run_here(tmp_path: Path) -> None:
    rules = Rewards.model_validate({"rewards": 1, "rules": [{"name": "tests", "kind": "code", "tests": "t"}]})
    with pytest.raises(UsageError, match="allow-code"):
        ruled.compare(TESTS, ANSWERS, ("one", "other"), rules, tmp_path / "out", HOW)
