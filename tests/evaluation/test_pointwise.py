from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from evaluating import HOW, bench, rating
from judge_server import serving

from corpus.errors import BudgetExhausted, UsageError
from corpus.evaluation import pairwise, pointwise
from corpus.evaluation.answers import Answers
from corpus.evaluation.asking import read
from corpus.evaluation.testset import TestSet


def test_every_answer_has_the_score_the_judge_gave_and_a_missing_one_has_none(judged: Path, given: Answers) -> None:
    rows = read(judged / "judge").rows
    assert (rows.height, rows["key"].n_unique()) == (48, 48)
    for model, key, text, score, why in rows.select("model", "id", "answer", "score", "unjudged").iter_rows():
        assert text == given.of[model].get(key)
        assert score == (None if text is None else int(text.rpartition("#")[2]) / 10)
        assert why == ("missing_answer" if text is None else None)


def test_figures_leave_out_and_count_what_has_no_score(judged: Path) -> None:
    rows = read(judged / "judge").rows
    found = pointwise.figures(rows, HOW)
    assert [one.model for one in found.models] == ["strong", "weak"]
    assert found.unjudged == {"missing_answer": 1}
    for one in found.models:
        scores = rows.filter(pl.col("model") == one.model)["score"].drop_nulls()
        assert one.micro is not None
        assert one.micro.value == pytest.approx(scores.mean())
    assert found.differences[0].paired == 23
    order = random.Random(0).sample(range(rows.height), rows.height)
    assert pointwise.figures(rows[order], HOW) == found


def test_the_reference_is_shown_to_the_judge_where_the_category_has_one(
    tests: TestSet, given: Answers, tmp_path: Path
) -> None:
    with serving(say=rating) as server:
        pointwise.judge(tests, given, bench(server, tmp_path / "out"), HOW, print)
        asked = [body["messages"][-1]["content"] for body in server.bodies]
    generation = sum(item.category == "generation" for item in tests.items)
    assert sum("<<<reference" in text for text in asked) == len(asked) - 2 * generation


def test_a_lost_judge_leaves_null_and_a_used_up_budget_goes_on_without_paying_twice(
    tests: TestSet, given: Answers, tmp_path: Path
) -> None:
    with serving(plan=lambda text, nth: "malformed" if "第7题" in text else "ok", say=rating) as server:
        with pytest.raises(BudgetExhausted):
            pointwise.judge(tests, given, bench(server, tmp_path / "out", tokens=20_000), HOW, print)
        assert not (tmp_path / "out" / "verdicts.parquet").exists()
        before = server.tokens
        scores, bill = pointwise.judge(tests, given, bench(server, tmp_path / "out"), HOW, print)
        assert 0 < before < server.tokens
        assert bill.paid.tokens == server.tokens
        good = [count for text, count in server.payments.items() if "第7题" not in text]
        assert len(good) == 45
        assert set(good) == {1}
        again, free = pointwise.judge(tests, given, bench(server, tmp_path / "out"), HOW, print)
    assert (again, free.sent) == (scores, 0)
    assert scores.unjudged == {"malformed": 2, "missing_answer": 1}
    assert [one.unscored for one in scores.models] == [1, 2]


def test_a_directory_holds_one_kind_of_evaluation(tests: TestSet, given: Answers, judged: Path, tmp_path: Path) -> None:
    with serving(say=rating) as server, pytest.raises(UsageError, match="holds another evaluation"):
        pairwise.compare(tests, given, ("strong", "weak"), bench(server, judged / "judge"), HOW, print)
    with pytest.raises(UsageError, match="no finished evaluation"):
        read(tmp_path)
