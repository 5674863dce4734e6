"""The commands of tags and coverage, end to end."""

from __future__ import annotations

import json

import polars as pl
from typer.testing import CliRunner

from cli.main import app


def said(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_shipped_taxonomies_are_listed_linted_and_tested():
    shown = json.loads(said("tags", "list", "--json"))
    assert [one["taxonomy"] for one in shown["taxonomies"]] == ["domains", "safety", "subjects", "tasks"]
    assert "nothing doubtful" in said("tags", "lint", "tasks")
    assert "all hold" in said("tags", "test", "safety", "subjects")
    assert "life/food" in said("tags", "list", "domains")


def test_rows_are_tagged_and_the_tags_covered(tmp_path):
    rows = tmp_path / "in.jsonl"
    rows.write_text('{"instruction": "写一首关于海的诗。", "output": "海啊"}\n', encoding="utf-8")
    assert "tag_task" in said("tags", "apply", str(rows), "--out", str(tmp_path / "out"), "--tags", "tasks")
    done = json.loads(said("tags", "apply", str(rows), "--out", str(tmp_path / "two"), "-t", "tasks", "--json"))
    assert done["tags"]["tag_task"] == {"generation": 1}
    pl.DataFrame({"tag_task": ["generation", "code"], "tokens": [30, 10]}).write_parquet(tmp_path / "p.parquet")
    target = tmp_path / "t.yaml"
    target.write_text("shares: {generation: 1, code: 1}\nrest: nothing\n", encoding="utf-8")
    words = ["coverage", str(tmp_path / "p.parquet"), "--column", "tag_task", "--target", str(target)]
    weights = tmp_path / "w.json"
    shown = said(*words, "--weights", str(weights))
    assert "gap" in shown
    assert json.loads(weights.read_text(encoding="utf-8"))["weights"] == {"code": 2.0, "generation": 0.6667}
    found = json.loads(said(*words, "--json"))["coverage"]
    assert found["gaps"] == ["code"]


def test_raw_tags_are_normalised(tmp_path):
    rows = tmp_path / "in.jsonl"
    tags = [["Poems", "诗歌"], ["poem"], ["poem", "孤例"]]
    rows.write_text("".join(json.dumps({"tags": one}, ensure_ascii=False) + "\n" for one in tags), encoding="utf-8")
    words = ["tags", "normalise", str(rows), "--least", "2", "--budget", "1"]
    shown = said(*words, "--out", str(tmp_path / "out"))
    assert "4 raw tags became 1" in shown
    done = json.loads(said(*words, "--out", str(tmp_path / "two"), "--json"))
    assert (done["tags"], done["chosen"]["rows"]) == (1, 1)
