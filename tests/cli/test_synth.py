"""corpus synth as it is typed: rows with where they come from, restart after a kill, budgets and mistakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from building import write_jsonl
from judge_server import MODEL, JudgeServer, serving
from synth_server import number_of, talk, task, unlike
from synth_work import SEEDS
from typing_it import Corpus, command, environment

from corpus.importers.convert import convert
from corpus.importers.detect import detect
from corpus.importers.model import Format, Imported

ROWS = [
    {"id": one.id, "instruction": one.instruction, "input": "", "output": one.output, "category": one.category}
    for one in SEEDS
]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "seeds.jsonl", ROWS)


def some(parts: dict[str, str]) -> dict[str, Any]:
    """Tasks, of which some repeat a seed and some have no answer."""
    if "写" in parts["verb"]:
        return {"instruction": SEEDS[0].instruction, "input": "", "output": "先选花盆，再装土。"}
    return {**task(parts), **({"output": ""} if "问" in parts["verb"] else {})}


def line(server: JudgeServer, seeds: Path, out: Path, *more: str) -> list[str]:
    return ["synth", "instruct", "--seeds", str(seeds), "--model", MODEL, "--base-url", server.url, "--out", str(out),
            *more]  # fmt: skip


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def test_rows_come_with_where_they_come_from_and_the_rest_with_the_reason(
    corpus: Corpus, seeds: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with serving(say=some) as server:
        said = corpus(*line(server, seeds, out, "--rows", "20", "--json"))
    assert said.code == 0, said.err
    done = json.loads(said.out.splitlines()[-1])
    accepted, rejected = rows_in(out / "accepted.jsonl"), rows_in(out / "rejected.jsonl")
    assert done["requests"] == done["accepted"] + sum(done["rejected"].values())
    assert (done["accepted"], sum(done["rejected"].values())) == (len(accepted), len(rejected))
    assert {one["reason"] for one in rejected} == {"exact_duplicate", "blank_answer"} == set(done["rejected"])
    assert {one["like"] for one in rejected if one["reason"] == "exact_duplicate"} == {"seed0"}
    assert json.loads((out / "synth.json").read_text(encoding="utf-8"))["done"]["rejected"] == done["rejected"]
    ledger = {one["key"] for one in rows_in(out / "ledger.jsonl") if one["do"] == "answered"}
    for row in accepted:
        assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]
        assert row["synth"]["model"] == MODEL
        assert set(row["synth"]["keys"]) <= ledger
        assert row["synth"]["prompt"]["name"] == "synth_instruct_zh"
        assert len(row["synth"]["parents"]) == 4
    assert len({row["id"] for row in accepted}) == len(accepted)


def test_what_was_accepted_can_be_evolved_and_continued_and_never_comes_again(
    corpus: Corpus, seeds: Path, tmp_path: Path
) -> None:
    def say(parts: dict[str, str]) -> dict[str, Any]:
        if "dialogue" in parts:
            return {"question": f"那么{unlike(number_of(*parts.values()))}呢，请再举一例"}
        if "change" in parts:
            return task({"a": parts["instruction"], "b": parts["change"]})
        return task({**parts, "examples": ""})

    with serving(say=say, talk=talk) as server:
        asked = ("--model", MODEL, "--base-url", server.url, "--json")
        assert corpus(*line(server, seeds, tmp_path / "one", "--rows", "6", "--as", "alpaca")).code == 0
        first = tmp_path / "one" / "accepted.jsonl"
        assert all(set(row) >= {"instruction", "input", "output"} for row in rows_in(first))
        assert detect(rows_in(first)).confidence == 1.0
        evolved = corpus("synth", "evolve", first, "-o", tmp_path / "two", *asked)
        assert evolved.code == 0, evolved.err
        assert json.loads(evolved.out.splitlines()[-1])["accepted"] == 6
        further = corpus("synth", "continue", tmp_path / "two" / "accepted.jsonl", "-o", tmp_path / "three", *asked)
        assert further.code == 0, further.err
        for row in rows_in(tmp_path / "three" / "accepted.jsonl"):
            assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"] * 2
            assert row["synth"]["parents"][0].startswith("evolve-")
            record = convert(row, Format.MESSAGES)
            assert isinstance(record, Imported)
            assert record.meta
            assert record.meta["synth"] == row["synth"], "an import keeps where a row comes from"
        against = line(server, seeds, tmp_path / "four", "--rows", "6", "--requests", "6", "--against", str(first))
        again = corpus(*against, "--json")
    done = json.loads(again.out.splitlines()[-1])
    assert (done["accepted"], done["rejected"], done["stopped"]) == (0, {"exact_duplicate": 6}, "requests")


def test_documents_give_questions_with_evidence(corpus: Corpus, tmp_path: Path) -> None:
    text = "龙胆是多年生草本植物，秋季开蓝紫色的花，常生长在山坡草地和林缘。" * 5
    path = write_jsonl(tmp_path / "d.jsonl", [{"id": f"d{n}", "body": f"第{n}篇。{text}"} for n in range(5)])

    def say(parts: dict[str, str]) -> dict[str, Any]:
        mark = unlike(number_of(*parts.values()))
        return {"question": f"龙胆与{mark}有何关系", "evidence": "秋季开蓝紫色的花", "answer": f"龙胆与{mark}无关。"}

    with serving(say=say) as server:
        said = corpus("synth", "ground", path, "--text", "body", "--each", "2", "--sample", "3", "--model", MODEL,
                      "--base-url", server.url, "-o", tmp_path / "out")  # fmt: skip
    assert said.code == 0, said.err
    assert "accepted by category" in said.out
    rows = rows_in(tmp_path / "out" / "accepted.jsonl")
    assert len(rows) == 6
    assert {row["synth"]["evidence"] for row in rows} == {"秋季开蓝紫色的花"}
    assert len({row["synth"]["parents"][0] for row in rows}) == 3


@pytest.mark.slow
def test_killed_at_any_moment_the_same_command_goes_on_and_pays_twice_only_for_what_was_under_way(
    corpus: Corpus, seeds: Path, tmp_path: Path
) -> None:
    out, concurrency, kills = tmp_path / "out", 4, 2
    with serving(say=some, delay=0.03) as server:
        arguments = line(server, seeds, out, "--rows", "40", "--window", "16", "--concurrency", str(concurrency))
        for kill in range(1, kills + 1):
            with subprocess.Popen(
                command(*arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                end = time.monotonic() + 60
                while len(server.payments) < 14 * kill and time.monotonic() < end:
                    time.sleep(0.002)
                os.kill(process.pid, signal.SIGKILL)
            assert process.returncode == -signal.SIGKILL
            assert not (out / "accepted.jsonl").exists()
        last = corpus(*arguments, "--json")
        assert last.code == 0, last.err
        done = json.loads(last.out.splitlines()[-1])
        assert sum(server.payments.values()) - done["requests"] <= kills * concurrency
        assert done["paid"]["tokens"] >= server.tokens, "what was lost is charged, not forgotten"
        before = sum(server.payments.values())
        assert corpus(*line(server, seeds, tmp_path / "whole", "--rows", "40", "--window", "16")).code == 0
        assert sum(server.payments.values()) - before == done["requests"]
    for name in ("accepted.jsonl", "rejected.jsonl"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_budget_that_is_used_up_ends_with_5_keeps_its_rows_and_the_rest_comes_later(
    corpus: Corpus, seeds: Path, tmp_path: Path
) -> None:
    with serving(say=some) as server:
        arguments = line(server, seeds, tmp_path / "out", "--rows", "20")
        stopped = corpus(*arguments, "--budget-tokens", "16000")
        assert stopped.code == 5, stopped.err
        assert "raise the budget" in stopped.err
        first = rows_in(tmp_path / "out" / "accepted.jsonl")
        assert 0 < len(first) < 20
        assert server.tokens <= 16000
        assert corpus(*arguments, "--budget-tokens", "10000000").code == 0
        assert set(server.payments.values()) == {1}
    assert rows_in(tmp_path / "out" / "accepted.jsonl")[: len(first)] == first


def test_mistakes_end_with_2_and_send_nothing(corpus: Corpus, seeds: Path, tmp_path: Path) -> None:
    other = write_jsonl(tmp_path / "other.jsonl", [{"wheel": 1}])
    prompt = tmp_path / "mine.yaml"
    prompt.write_text(
        "prompt: 1\nname: mine\nversion: 1\nlang: zh\nkind: free\nparts: [text]\nsystem: a\nuser: '{text}'\n"
        "answer: {output: {kind: string}}\n",
        encoding="utf-8",
    )
    with serving(say=some) as server:
        for more, said in (
            (("--budget-usd", "1"), "--prices"),
            (("--base-url", "localhost:8000"), "must begin with http"),
            (("--prompt", str(prompt)), "must have lang zh, parts examples"),
            (("--seeds", str(other)), "holds no conversations"),
            (("--against", str(other)), "holds no conversations"),
        ):
            answer = corpus(*line(server, seeds, tmp_path / "out", "--rows", "3", *more))
            assert answer.code == 2, answer
            assert said in answer.err
            assert not (tmp_path / "out").exists()
        assert corpus(*line(server, seeds, tmp_path / "one", "--rows", "3")).code == 0
        different = corpus(*line(server, seeds, tmp_path / "one", "--rows", "3", "--threshold", "0.9"))
        assert different.code == 2
        assert "holds rows of other settings" in different.err
        calls = sum(server.calls.values())
        assert corpus("synth", "evolve", tmp_path / "absent.jsonl", "-m", MODEL, "--base-url", server.url, "-o",
                      tmp_path / "two").code == 2  # fmt: skip
        english = write_jsonl(tmp_path / "en.jsonl", [{"instruction": "Name a fern.", "output": "The royal fern."}])
        nothing = corpus("synth", "evolve", english, "-m", MODEL, "--base-url", server.url, "-o", tmp_path / "two")
        assert (nothing.code, "1 other_language" in nothing.err) == (2, True)
        assert not (tmp_path / "two").exists()
        assert sum(server.calls.values()) == calls
