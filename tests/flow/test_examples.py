"""The shipped examples run as they are, without a network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from building import Go, prose, published, write_jsonl

from corpus import pipeline
from corpus.demo import write_demo_corpus
from corpus.rundir import RunDir

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
def test_the_full_example_scores_clusters_tags_and_tiers_the_demo_corpus(go: Go, tmp_path: Path) -> None:
    write_demo_corpus(tmp_path / "out" / "demo" / "input")
    (tmp_path / "examples").mkdir()
    shutil.copy(EXAMPLES / "full.yaml", tmp_path / "examples")
    run = tmp_path / "run"
    go(pipeline.read(tmp_path / "examples" / "full.yaml"), run)
    stages = RunDir.open(str(run)).published
    assert {"perplexity", "embed", "cluster", "dedup-semantic", "quality", "tag", "tier"} <= set(stages)
    rows = published(run)
    assert set(rows.column("tier").to_pylist()) == {"high", "medium", "low"}
    for name in ("quality", "cluster", "cluster_similarity"):
        assert rows.column(name).null_count == 0
    assert rows.column("perplexity").null_count < rows.num_rows / 4
    assert rows.column("tag_domain").null_count < rows.num_rows
    assert any(stages["cluster"].manifest.details["names"].values())
    assert RunDir.open(str(run)).verify() == []


def test_the_instruction_example_gives_three_stages(go: Go, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "sft.yaml", tmp_path)
    rows = [
        {
            "instruction": f"请写出第{number}条记录，并说明写下它的原因。",
            "input": "",
            "output": prose(number, 2 + number % 7),
        }
        for number in range(120)
    ]
    data = tmp_path / "data"
    write_jsonl(data / "sharegpt" / "a.jsonl", [_shared(row) for row in rows[:40]])
    (data / "alpaca_zh.json").write_text(json.dumps(rows[40:80], ensure_ascii=False), encoding="utf-8")
    _parquet(data / "own.parquet", rows[80:])
    run = tmp_path / "run"
    go(pipeline.read(tmp_path / "sft.yaml"), run)
    folders = sorted(path.name for path in (run / "dataset" / "sft").iterdir())
    assert folders == ["stage=1", "stage=2", "stage=3"]
    assert RunDir.open(str(run)).verify() == []


def _shared(row: dict[str, str]) -> dict[str, object]:
    turns = [{"from": "human", "value": row["instruction"]}, {"from": "gpt", "value": row["output"]}]
    return {"conversations": turns}


def _parquet(path: Path, rows: list[dict[str, str]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)
