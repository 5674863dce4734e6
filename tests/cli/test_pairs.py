"""corpus pairs as a person and a script see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pairs_server import QUESTIONS, STRENGTH, models
from typing_it import Corpus

RULES = "rewards: 1\nrules:\n  - {name: length, kind: length, from: 10}\n"


def test_a_round_from_its_plan_to_rows_for_training(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    pool, rules, root = tmp_path / "pool.jsonl", tmp_path / "rules.yaml", tmp_path / "r"
    pool.write_text("".join(json.dumps({"prompt": one}) + "\n" for one in QUESTIONS[:12]), encoding="utf-8")
    rules.write_text(RULES, encoding="utf-8")
    said = corpus("pairs", "plan", pool, "--out", root, "-n", 8, "--json")
    assert json.loads(said.out)["left_out"] == {"not_drawn": 4}
    with models() as server:
        for name in STRENGTH:
            said = corpus("pairs", "generate", root, "-m", name, "--base-url", server.url, "--json")
            assert json.loads(said.out)["answered"] == 8
        shown = corpus("pairs", "judge", root, "-m", "judge", "--base-url", server.url, "--rewards", rules).out
    assert "both orders agree in 100.0 % of 24 comparisons" in shown
    assert shown.index("strong ") < shown.index("middle ") < shown.index("weak ")
    shown = corpus("pairs", "build", root, "--out", tmp_path / "built", "--weight", "rules=0.5").out
    assert "became pairs" in shown
    said = corpus("pairs", "export", tmp_path / "built", "--as", "hindsight", "--out", tmp_path / "h", "--json")
    found = json.loads(said.out)
    assert found["rows"] == 2 * found["read"]


def test_mistakes_end_with_2_and_say_what_to_do(corpus: Corpus, tmp_path: Path) -> None:
    pool = tmp_path / "pool.jsonl"
    pool.write_text('{"prompt": "山有多高？"}\n', encoding="utf-8")
    assert corpus("pairs", "plan", pool, "--out", tmp_path / "r").code == 0
    for words, told in (
        (("plan", pool, "--out", tmp_path / "r"), "has a plan already"),
        (("plan", pool, "--out", tmp_path / "q", "--by", "topic", "--quota", "a"), "GROUP=SHARE"),
        (("generate", tmp_path / "r"), "who answers?"),
        (("generate", tmp_path / "none", "--source"), "corpus pairs plan"),
        (("generate", tmp_path / "r", "--source"), "answer of its own"),
        (("judge", tmp_path / "r"), "who judges?"),
        (("build", tmp_path / "r", "--out", tmp_path / "b"), "nothing is judged"),
        (("build", tmp_path / "r", "--out", tmp_path / "b", "--weight", "luck=1"), "pointwise=N"),
        (("export", pool, "--as", "dpo", "--out", tmp_path / "x"), "no Parquet file of preferences"),
    ):
        said = corpus("pairs", *words)
        assert said.code == 2, words
        assert told in said.err, said.err
