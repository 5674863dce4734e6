"""Answers are the same for any number of ranks, starts and chunks done; a server's are too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import neural
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from judge_server import MODEL, serving
from pydantic import ValidationError

from corpus.errors import EnvironmentProblem, UsageError
from train.generate import Generate, asked, generate

TURNS = [{"role": "user", "content": "天地"}, {"role": "assistant", "content": "玄黄"}]
SHORT = {"max_new_tokens": 6, "temperature": 1.0, "seed": 5}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("given")
    pq.write_table(pa.table({"doc_id": ["a", "b"], "messages": [TURNS, [*TURNS, TURNS[0]]]}), folder / "a.parquet")
    rows = [{"prompt": f"寒来{number}"} for number in range(6)] + [{"instruction": "列", "input": "张"}, {"other": 1}]
    (folder / "b.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
    model = str(neural.causal(tmp_path_factory.mktemp("model"), chat=True))
    return {"prompts": [str(folder)], "model": model, "chunk": 2, "batch_size": 2, "draws": 2, "decoding": SHORT}


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "answers").iterdir())}


def test_a_last_answer_is_left_out_and_what_asks_nothing_too(given: dict[str, Any], tmp_path: Path) -> None:
    found = list(asked(Generate(**given, out=str(tmp_path), system="你是助手")))
    assert [one.id for one in found] == ["a", "b", *map(str, range(2, 9))]
    assert [turn["role"] for turn in found[0].messages] == ["system", "user"]
    assert [turn["role"] for turn in found[1].messages] == ["system", "user", "assistant", "user"]
    assert found[-1].messages[-1]["content"] == "列\n张"


def test_ranks_and_restarts_do_not_show(given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Generate(**given, out=str(tmp_path / "one"))
    done = generate(one)
    assert (done["conversations"], done["chunks"]) == (9, 5)
    rows = [json.loads(line) for data in contents(tmp_path / "one").values() for line in data.splitlines()]
    assert [(row["id"], row["draw"]) for row in rows[:4]] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert len(rows) == 18
    many = Generate(**given, out=str(tmp_path / "many"))
    monkeypatch.setenv("WORLD_SIZE", "3")
    for rank in (2, 0, 1):
        monkeypatch.setenv("RANK", str(rank))
        generate(many)
    assert contents(tmp_path / "many") == contents(tmp_path / "one")
    gone = tmp_path / "many" / "answers" / "part-000003.jsonl"
    gone.unlink()
    monkeypatch.setenv("WORLD_SIZE", "1")
    monkeypatch.setenv("RANK", "0")
    generate(many)
    assert contents(tmp_path / "many") == contents(tmp_path / "one")


def test_other_settings_never_mix_with_answers_that_are_there(given: dict[str, Any], tmp_path: Path) -> None:
    generate(Generate(**given, out=str(tmp_path / "out"), limit=1))
    with pytest.raises(UsageError, match="answers of other settings"):
        generate(Generate(**given, out=str(tmp_path / "out"), limit=2))


def test_a_server_answers_and_one_that_fails_leaves_what_was_made(given: dict[str, Any], tmp_path: Path) -> None:
    ours = {key: value for key, value in given.items() if key != "model"}
    with serving(lambda text, nth: "400" if text == "寒来3" else "ok") as server:
        told = Generate(**ours, out=str(tmp_path / "out"), server={"base_url": server.url, "model": MODEL})
        assert generate(told)["unanswered"] == 2
        rows = [json.loads(line) for data in contents(tmp_path / "out").values() for line in data.splitlines()]
        assert {row["text"] for row in rows if row["prompt"][-1]["content"] == "寒来3"} == {None}
        assert all(row["text"] for row in rows if row["prompt"][-1]["content"] != "寒来3")
        assert len({body["seed"] for body in server.bodies}) == 18
    (tmp_path / "out" / "answers" / "part-000001.jsonl").unlink()
    with pytest.raises(EnvironmentProblem, match="Repeat the command"):
        generate(told)


def test_nonsense_is_refused(given: dict[str, Any], tmp_path: Path) -> None:
    for wrong in ({"model": None}, {"bits": 4, "zero3": True}, {"server": {"base_url": "http://x", "model": "m"}}):
        with pytest.raises(ValidationError):
            Generate(**{**given, "out": str(tmp_path), **wrong})
    with pytest.raises(UsageError, match="no conversation"):
        generate(Generate(**{**given, "out": str(tmp_path / "o"), "prompts": [str(tmp_path / "*.jsonl")]}))
