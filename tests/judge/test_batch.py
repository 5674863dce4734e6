from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from judge_server import FENCE, MODEL, score_of

from corpus.errors import UsageError
from corpus.judge import batch
from corpus.judge.batch import BatchWriter, Read, Written, forget, read_batch
from corpus.judge.budget import Budget, Cost
from corpus.judge.client import Terms
from corpus.judge.ledger import opened
from corpus.judge.prompts import load_prompt
from corpus.judge.schema import Question

QUALITY = load_prompt("quality_zh")
TEXTS = [f"第{number}篇" for number in range(12)]
QUESTIONS = [Question(str(n), QUALITY, {"text": text}) for n, text in enumerate(TEXTS)]
TERMS = Terms()


def written(folder: Path, name: str = "out", terms: Terms = TERMS) -> Written:
    with opened(folder / "l.jsonl") as ledger:
        return batch.requests(QUESTIONS, BatchWriter(ledger, folder / name, MODEL, terms))


def taken(folder: Path, *names: str) -> Read:
    with opened(folder / "l.jsonl") as ledger:
        return read_batch(ledger, [folder / name for name in names], QUALITY, MODEL, TERMS)


def lines(done: Written) -> list[dict[str, Any]]:
    return [json.loads(line) for path in done.files for line in Path(path).read_text(encoding="utf-8").splitlines()]


def answered(folder: Path, requests: list[dict[str, Any]], bend: Callable[[int, dict], Any] = lambda n, x: x) -> str:
    """Results as an endpoint writes them, in another order."""
    results = []
    for number, request in enumerate(requests):
        text = FENCE.search(request["body"]["messages"][1]["content"])[3]  # type: ignore[index]
        content = json.dumps({"reason": "seen", "score": score_of(text)})
        body = {"model": MODEL, "usage": {"prompt_tokens": 100, "completion_tokens": 10},
                "choices": [{"finish_reason": "stop", "message": {"content": content}}]}  # fmt: skip
        line = {"id": "b", "custom_id": request["custom_id"], "response": {"status_code": 200, "body": body},
                "error": None}  # fmt: skip
        results.append(bend(number, line))
    name = f"results-{len(list(folder.glob('results-*')))}.jsonl"
    data = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in reversed(results))
    (folder / name).write_text(data + "\n", encoding="utf-8")
    return name


def test_requests_are_lines_of_the_batch_format(tmp_path: Path) -> None:
    found = lines(written(tmp_path))
    assert len(found) == len({line["custom_id"] for line in found}) == 12
    assert {(line["method"], line["url"], line["body"]["model"]) for line in found} == {
        ("POST", "/v1/chat/completions", MODEL)
    }
    assert all(line["body"]["response_format"]["json_schema"]["strict"] for line in found)


def test_results_in_any_order_become_answers_and_are_paid_once(tmp_path: Path) -> None:
    name = answered(tmp_path, lines(written(tmp_path)))
    assert taken(tmp_path, name).counts == {"answered": 12}
    assert taken(tmp_path, name).counts == {"unknown": 12}
    with opened(tmp_path / "l.jsonl") as ledger:
        assert ledger.paid == Cost(1320)
        for question in QUESTIONS:
            known = ledger.known(question, question.key(MODEL, TERMS.sampling))
            assert known is not None
            assert known.value is not None
            assert known.value["score"] == score_of(question.parts["text"])
    assert written(tmp_path, "more").requests == 0


def test_what_failed_is_written_anew_and_what_is_broken_is_counted(tmp_path: Path) -> None:
    def bend(number: int, line: dict[str, Any]) -> Any:
        if number == 0:
            return {**line, "response": None, "error": {"code": "batch_expired"}}
        if number == 1:
            return {**line, "response": {"status_code": 500, "body": {}}}
        if number == 2:
            return {**line, "response": {"status_code": 400, "body": {}}}
        if number == 3:
            return {**line, "response": {"status_code": 200, "body": {"model": MODEL}}}
        return "{" if number == 4 else {**line, "custom_id": "x"} if number == 5 else line

    found = taken(tmp_path, answered(tmp_path, lines(written(tmp_path)), bend))
    assert found.counts == {
        "answered": 6, "broken": 1, "errors": 2, "malformed": 1, "rejected_by_server": 1, "unknown": 1
    }  # fmt: skip
    assert found.waiting == 2
    again = written(tmp_path, "again")
    assert (again.requests, again.waiting) == (3, 2)


def test_a_batch_that_waits_is_not_written_twice_unless_it_was_never_sent(tmp_path: Path) -> None:
    written(tmp_path)
    second = written(tmp_path, "second")
    assert (second.requests, second.waiting, second.files) == (0, 12, ())
    with opened(tmp_path / "l.jsonl") as ledger:
        assert ledger.settle_lost() == (), "a batch is not lost, it waits"
        assert forget(ledger) == 12
        assert ledger.paid == Cost()
    assert written(tmp_path, "third").requests == 12


def test_a_budget_bounds_what_all_requests_may_cost(tmp_path: Path) -> None:
    done = written(tmp_path, terms=Terms(budget=Budget(tokens=8000)))
    assert done.bound.tokens <= 8000
    assert 0 < done.requests < 12
    assert done.requests + done.over_budget == 12
    assert written(tmp_path, "more", Terms(budget=Budget(tokens=8000))).requests == 0


def test_requests_are_cut_into_files_of_the_size_endpoints_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "REQUESTS", 5)
    done = written(tmp_path)
    assert [len(Path(path).read_text(encoding="utf-8").splitlines()) for path in done.files] == [5, 5, 2]


def test_batch_files_are_never_overwritten(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(UsageError, match="nothing is overwritten"):
        written(tmp_path)
