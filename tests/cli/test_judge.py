from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from building import write_jsonl
from judge_server import MODEL, JudgeServer, score_of, serving
from typing_it import Corpus, command, environment, typed

ROWS = [{"id": f"r{number}", "text": f"第{number}篇短文，写的是河边的柳树。"} for number in range(60)]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "in.jsonl", [*ROWS, b"{"])


def line(server: JudgeServer, rows: Path, out: Path, *more: str) -> list[str]:
    return ["judge", str(rows), "--prompt", "quality_zh", "--model", MODEL, "--base-url", server.url, "--out", str(out),
            *more]  # fmt: skip


def found(out: Path) -> dict[str, int | None]:
    return dict(pl.read_parquet(out / "judged.parquet").select("source_key", "judge.score").iter_rows())


RIGHT = {row["id"]: score_of(row["text"]) for row in ROWS}


def test_records_come_out_with_their_judgement_and_what_could_not_be_read_beside(
    corpus: Corpus, rows: Path, tmp_path: Path
) -> None:
    with serving() as server:
        said = corpus(*line(server, rows, tmp_path / "out", "--json"))
    assert said.code == 0, said.err
    done = json.loads(said.out.splitlines()[-1])
    assert (done["read"], done["judged"], done["unreadable"], done["bought"]) == (61, 60, {"bad_json": 1}, 60)
    assert done["cost"]["tokens"] == server.tokens
    assert found(tmp_path / "out") == RIGHT
    assert pl.read_parquet(tmp_path / "out" / "quarantine.parquet").height == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(int(os.environ.get("CORPUS_KILL_SEEDS", "1"))))
def test_killed_at_any_moment_the_same_command_goes_on_and_pays_twice_only_for_what_was_under_way(
    rows: Path, tmp_path: Path, seed: int
) -> None:
    out, concurrency, kills = tmp_path / "out", 4, 2
    hostile = ("500", "cut", "malformed", "drop")
    first: Counter[str] = Counter()

    def plan(text: str, nth: int) -> str:
        first[text] += 1
        number = int(text[1 : text.index("篇")])
        return hostile[number // 5 % 4] if number % 5 == seed % 5 and first[text] == 1 else "ok"

    with serving(plan, delay=0.03) as server:
        arguments = line(server, rows, out, "--concurrency", str(concurrency), "--json")
        for kill in range(1, kills + 1):
            with subprocess.Popen(
                command(*arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                wanted = 15 * kill + seed
                end = time.monotonic() + 60
                while len(server.payments) < wanted and time.monotonic() < end:
                    time.sleep(0.002)
                os.kill(process.pid, signal.SIGKILL)
            assert process.returncode == -signal.SIGKILL
        last = typed(*arguments)
        assert last.code == 0, last.err
        done = json.loads(last.out.splitlines()[-1])
        assert found(out) == RIGHT
        misbehaved = sum(number % 5 == seed % 5 for number in range(60))
        twice = sum(count - 1 for count in server.payments.values())
        assert twice <= misbehaved + kills * concurrency
        assert set(server.payments) == {row["text"] for row in ROWS}
        assert done["paid"]["tokens"] >= server.tokens, "what was lost is charged, not forgotten"
        before = dict(server.payments)
        assert typed(*arguments).code == 0
        assert dict(server.payments) == before, "a finished command pays for nothing"


@pytest.mark.slow
def test_killed_while_an_honest_server_answers_nothing_but_what_was_under_way_is_paid_twice(
    rows: Path, tmp_path: Path
) -> None:
    out, concurrency = tmp_path / "out", 3
    with serving(delay=0.03) as server:
        arguments = line(server, rows, out, "--concurrency", str(concurrency))
        with subprocess.Popen(command(*arguments), env=environment(), stderr=subprocess.DEVNULL) as process:
            end = time.monotonic() + 60
            while len(server.payments) < 20 and time.monotonic() < end:
                time.sleep(0.002)
            process.kill()
        last = typed(*arguments)
        assert last.code == 0, last.err
        assert sum(server.payments.values()) - len(server.payments) <= concurrency
        assert "were under way when an earlier command was killed" in last.err
        assert found(out) == RIGHT


def test_a_budget_that_is_used_up_ends_with_5_and_the_rest_is_bought_later(
    corpus: Corpus, rows: Path, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(f"models: {{{MODEL}: {{input: 2, output: 8}}}}\n", encoding="utf-8")
    with serving() as server:
        arguments = line(server, rows, tmp_path / "out", "--prices", str(prices))
        stopped = corpus(*arguments, "--budget-usd", "0.05")
        assert stopped.code == 5
        assert "raise the budget" in stopped.err
        assert not (tmp_path / "out" / "judged.parquet").exists()
        assert sum((cost - 20) * 2 + 20 * 8 for cost in server.costs) / 1e6 <= 0.05
        assert corpus(*arguments, "--budget-usd", "5").code == 0
        assert set(server.payments.values()) == {1}
    assert found(tmp_path / "out") == RIGHT


def test_pairs_of_fields_are_compared_in_both_orders(corpus: Corpus, tmp_path: Path) -> None:
    pairs: list[dict[str, Any]] = [
        {"q": "怎么走？", "a": "向左 #4", "b": {"said": "不知道 #1"}},
        {"q": "几点？", "a": "三点 #2", "b": {"said": "下午三点整 #5"}},
        {"q": "谁？", "b": {"said": "x"}},
    ]
    path = write_jsonl(tmp_path / "pairs.jsonl", pairs)
    with serving() as server:
        said = corpus(
            *("judge", path, "-p", "compare_zh", "-m", MODEL, "--base-url", server.url, "-o", tmp_path / "out"),
            *("--part", "question=q", "--part", "first=a", "--part", "second=b.said"),
        )
    assert said.code == 0, said.err
    assert "both orders agree in 100.0 % of 2 comparisons" in said.out
    frame = pl.read_parquet(tmp_path / "out" / "judged.parquet")
    assert frame["judge.winner"].to_list() == ["first", "second", None]
    assert frame["unjudged"].to_list() == [None, None, "missing_part"]


def test_canaries_are_measured_beside(corpus: Corpus, rows: Path, tmp_path: Path) -> None:
    with serving(lambda text, nth: "obeys") as server:
        said = corpus(*line(server, rows, tmp_path / "out", "--canaries", "5", "--json"))
    assert said.code == 0, said.err
    measured = json.loads(said.out.splitlines()[-1])["canaries"]
    assert (measured["asked"], measured["obeyed"], measured["share"]) == (5, 5, 1.0)


def test_a_batch_is_written_awaited_and_read_back(corpus: Corpus, rows: Path, tmp_path: Path) -> None:
    with serving() as server:
        arguments = line(server, rows, tmp_path / "out")
        assert corpus(*arguments, "--batch-write", tmp_path / "batch").code == 0
        waits = corpus(*arguments)
        assert waits.code == 2
        assert "60 questions await a batch" in waits.err
        assert not server.calls, "writing a batch sends nothing"
    results = []
    for text in (tmp_path / "batch" / "batch-0001.jsonl").read_text(encoding="utf-8").splitlines():
        request = json.loads(text)
        content = json.dumps({"reason": "x", "score": 3})
        body = {"model": MODEL, "choices": [{"finish_reason": "stop", "message": {"content": content}}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 1}}  # fmt: skip
        results.append({"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}})
    done = write_jsonl(tmp_path / "results.jsonl", results[:50])
    read = corpus(*arguments, "--batch-read", done, "--json")
    assert read.code == 0, read.err
    shown = json.loads(read.out.splitlines()[-1])
    assert (shown["judged"], shown["unjudged"], shown["batch"]["waiting"]) == (50, {"unasked": 10}, 10)
    assert corpus(*arguments, "--batch-forget").code == 0
    with serving() as server:
        assert corpus(*line(server, rows, tmp_path / "out")).code == 0
        assert sum(server.payments.values()) == 10


def test_mistakes_end_with_2_and_send_nothing(corpus: Corpus, rows: Path, tmp_path: Path) -> None:
    with serving() as server:
        for more, said in (
            (("--prompt", "qualty_zh"), "did you mean"),
            (("--part", "txt=a"), "PART one of text"),
            (("--budget-usd", "1"), "--prices"),
            (("--batch-write", tmp_path / "b", "--batch-read", rows), "exclude each other"),
            (("--prompt", "compare_zh", "--canaries", "3"), "no score"),
            (("--prompt", "reply_zh", "--text", "text"), "use --part"),
            (("--base-url", "localhost:8000"), "must begin with http"),
            (("--prices", tmp_path / "absent.yaml"), "no such file"),
        ):
            answer = corpus(*line(server, rows, tmp_path / "out", *map(str, more)))
            assert answer.code == 2, answer
            assert said in answer.err
            assert not (tmp_path / "out").exists()
        assert corpus(*line(server, rows, tmp_path / "one")).code == 0
        other = corpus(*line(server, rows, tmp_path / "one", "--temperature", "1"))
        assert other.code == 2
        assert "holds answers to something else" in other.err
        absent = corpus(*line(server, tmp_path / "absent.jsonl", tmp_path / "two"))
        assert absent.code == 2
        assert not (tmp_path / "two").exists()
        assert sum(server.calls.values()) == 60


def test_without_a_key_openai_is_not_called(
    corpus: Corpus, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    answer = corpus("judge", rows, "-p", "quality_zh", "-m", "gpt-x", "-o", tmp_path / "out")
    assert answer.code == 2
    assert "set OPENAI_API_KEY" in answer.err
