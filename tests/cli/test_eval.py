from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from building import write_jsonl
from evaluating import QUESTIONS, rating
from judge_server import MODEL, serving
from typing_it import Corpus


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """The words that name tests and answers: of two models, one without its last answer."""
    tests = write_jsonl(tmp_path / "tests.jsonl", QUESTIONS)
    for name, worth in (("new", 9), ("old", 6)):
        rows = [{"question": row["question"], "text": f"{name} #{worth - n % 4}"} for n, row in enumerate(QUESTIONS)]
        write_jsonl(tmp_path / f"{name}.jsonl", rows[: None if name == "new" else -1])
    return [str(tests), "--answers", str(tmp_path / "new.jsonl"), "--answers", f"old={tmp_path / 'old.jsonl'}"]


def test_scores_win_rates_and_the_page_from_the_command_line(corpus: Corpus, asked: list[str], tmp_path: Path) -> None:
    out = tmp_path / "judge"
    with serving(say=rating) as server:
        more = ["--model", MODEL, "--base-url", server.url]
        said = corpus("eval", "judge", *asked, *more, "--out", str(out), "--json")
        assert said.code == 0, said.err
        scores = json.loads(said.out.splitlines()[-1])
        paid = server.tokens
        shown = corpus("eval", "judge", *asked, *more, "--out", str(out))
        assert server.tokens == paid
        won = corpus("eval", "pairwise", *asked, *more, "--out", str(tmp_path / "pairs"), "--lang", "en")
        spent = corpus("eval", "judge", *asked, *more, "--out", str(tmp_path / "x"), "--budget-tokens", "9000")
    assert [model["model"] for model in scores["models"]] == ["new", "old"]
    assert (scores["questions"], scores["unknown_categories"], scores["unjudged"]) == (
        24, {"星象": 4}, {"missing_answer": 1},
    )  # fmt: skip
    assert "new less old, 23 questions: macro +0.300 (+0.300 to +0.300), p below 0.001" in shown.out
    assert "categories of no known name: 星象 (4)" in shown.out
    assert "missing_answer" in shown.out
    assert won.code == 0, won.err
    assert "new against old" in won.out
    assert "+50.0" in won.out
    assert (spent.code, "raise the budget" in spent.err) == (5, True)

    key, score = pl.read_parquet(out / "verdicts.parquet").select("key", "score").row(0)
    page = corpus("eval", "report", str(out), "--json")
    evaluation = json.loads((out / "report.html").read_text().partition('id="data">')[2].partition("</script>")[0])
    corrections = tmp_path / "c.json"
    rows = {key: {"score": 0.0, "note": "算错了"}}
    corrections.write_text(json.dumps({"corrections": 1, "evaluation": evaluation["evaluation"], "rows": rows}))
    told = corpus("eval", "report", str(out), "--corrections", str(corrections))
    assert json.loads(page.out.splitlines()[-1])["page"] == str(out / "report.html")
    assert "1 rows changed, 0 confirmed" in told.out
    assert f"{score:.3f}" in told.out
    assert "算错了" in told.out
    assert pl.read_parquet(out / "corrected.parquet").filter(key=key)["score"].item() == 0.0


def test_a_labelled_task_needs_no_judge(corpus: Corpus, tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "question": f"第{n}条", "label": "是" if n % 2 else "否"} for n in range(20)]
    tests = write_jsonl(tmp_path / "tests.jsonl", rows)
    answers = write_jsonl(
        tmp_path / "m.jsonl", [{"id": f"r{n}", "text": "是" if n % 2 or n < 4 else "否"} for n in range(20)]
    )
    said = corpus("eval", "task", str(tests), "--answers", str(answers), "--positive", "是", "--json")
    assert said.code == 0, said.err
    model = json.loads(said.out.splitlines()[-1])["models"][0]
    assert (model["accuracy"]["value"], model["recall"]["value"]) == (0.9, 1.0)
    assert model["precision"]["value"] == pytest.approx(10 / 12)
    assert "accuracy" in corpus("eval", "task", str(tests), "--answers", str(answers)).out


def test_which_two_to_compare_must_be_clear(corpus: Corpus, asked: list[str], tmp_path: Path) -> None:
    third = write_jsonl(tmp_path / "third.jsonl", [{"question": QUESTIONS[0]["question"], "text": "x"}])
    more = [
        "--answers",
        str(third),
        "--model",
        MODEL,
        "--base-url",
        "http://localhost:9/v1",
        "--out",
        str(tmp_path / "o"),
    ]
    said = corpus("eval", "pairwise", *asked, *more)
    assert (said.code, "say which to compare" in said.err) == (2, True)
    said = corpus("eval", "pairwise", *asked, *more, "--first", "new", "--second", "nobody")
    assert (said.code, "there are answers of new, old, third" in said.err) == (2, True)
