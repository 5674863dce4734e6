from __future__ import annotations

from pathlib import Path

import pytest
from evaluating import HOW, bench, rating
from judge_server import serving

from corpus.errors import UsageError
from corpus.evaluation import pairwise
from corpus.evaluation.answers import Answers
from corpus.evaluation.asking import read
from corpus.evaluation.testset import TestSet


def test_verdicts_are_those_of_what_the_answers_are_worth(judged: Path) -> None:
    rows = read(judged / "pairwise").rows
    assert rows.height == 24
    for one, other, verdict, why in rows.select("first_answer", "second_answer", "verdict", "unjudged").iter_rows():
        if other is None:
            assert (verdict, why) == (None, "missing_answer")
            continue
        apart = int(one.rpartition("#")[2]) - int(other.rpartition("#")[2])
        assert (verdict, why) == ("win" if apart > 0 else "lose" if apart < 0 else "tie", None)


def test_the_win_rate_is_the_papers_formula_over_what_was_judged(judged: Path) -> None:
    found = pairwise.figures(read(judged / "pairwise").rows, HOW)
    whole = found.all
    assert whole.win + whole.tie + whole.lose == 23
    assert whole.unjudged == 1
    assert found.unjudged == {"missing_answer": 1}
    assert whole.points is not None
    assert whole.points.value == pytest.approx(100 * (whole.win + whole.tie / 2) / 23 - 50)
    assert (found.orders.compared, found.orders.agree) == (23, 1.0)
    assert found.macro is not None
    points = [one.points.value for one in found.categories.values() if one.points]
    assert found.macro == pytest.approx(sum(points) / len(points))


def test_a_judge_that_likes_what_comes_first_makes_ties_and_is_found_out(
    tests: TestSet, given: Answers, tmp_path: Path
) -> None:
    with serving(biased=True) as server:
        found, _ = pairwise.compare(tests, given, ("strong", "weak"), bench(server, tmp_path / "out"), HOW, print)
    assert (found.all.win, found.all.tie, found.all.lose) == (0, 23, 0)
    assert (found.orders.agree, found.orders.prefers_first_shown) == (0.0, 23)


def test_one_lost_order_is_no_verdict(tests: TestSet, given: Answers, tmp_path: Path) -> None:
    def plan(text: str, nth: int) -> str:
        return "refuses" if "第8题" in text and text.rpartition("\n")[2].startswith("我来") else "ok"

    with serving(plan=plan, say=rating) as server:
        found, _ = pairwise.compare(tests, given, ("strong", "weak"), bench(server, tmp_path / "out"), HOW, print)
    assert found.unjudged == {"missing_answer": 1, "refused": 1}
    row = read(tmp_path / "out").rows.filter(unjudged="refused").row(0, named=True)
    assert row["verdict"] is None
    assert (row["forward"] is None) != (row["backward"] is None)


def test_equal_answers_are_a_tie_that_nobody_is_paid_for(tests: TestSet, given: Answers, tmp_path: Path) -> None:
    same = Answers({"one": given.of["strong"], "two": given.of["strong"]}, {}, 0)
    with serving(say=rating) as server:
        found, bill = pairwise.compare(tests, same, ("one", "two"), bench(server, tmp_path / "out"), HOW, print)
    assert (found.all.tie, bill.sent, found.orders.agree) == (24, 0, None)
    with pytest.raises(UsageError, match="name two models"):
        pairwise.compare(tests, same, ("one", "one"), bench(server, tmp_path / "out"), HOW, print)
