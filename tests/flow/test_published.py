"""What was published is plain Parquet that every tool reads as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from building import prose, published, rows_of, settings, write_jsonl

from corpus.rundir import RunDir

TIERS = """\
tiers:
  - {name: high, when: [{signal: {kernel: chars}, min_percentile: 70}]}
  - {name: medium, when: [{signal: {kernel: chars}, min_percentile: 30}]}
  - {name: low}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, spark: Any) -> Path:
    from corpus import pipeline
    from corpus.execute import execute

    folder = tmp_path_factory.mktemp("published")
    rows = [{"text": prose(number, 3 + number % 6), "id": f"r{number}", "tag": {"n": number}} for number in range(200)]
    write_jsonl(folder / "in.jsonl", [*rows, {"text": prose(3, 6)}, {"text": "短"}])
    source = {"name": "notes", "paths": str(folder / "in.jsonl"), "license": "CC0-1.0"}
    (folder / "tiers.yaml").write_text(TIERS, encoding="utf-8")
    execute(pipeline.compose(settings(source, tiers=str(folder / "tiers.yaml"))), str(folder / "run"), spark=spark)
    return folder / "run"


def test_every_tier_is_a_folder_of_zstd_parquet(run: Path) -> None:
    files = sorted(run.glob("dataset/pretrain/tier=*/*.parquet"))
    assert {file.parent.name for file in files} == {"tier=high", "tier=medium", "tier=low"}
    for file in files:
        group = pq.read_metadata(file).row_group(0)
        assert {group.column(column).compression for column in range(group.num_columns)} == {"ZSTD"}


def test_duckdb_polars_and_spark_read_the_same_rows(run: Path, spark: Any) -> None:
    import duckdb
    import polars as pl

    pattern = f"{run}/dataset/pretrain/**/*.parquet"
    expected = sorted(zip(published(run)["doc_id"].to_pylist(), published(run)["tier"].to_pylist(), strict=True))
    by_duckdb = duckdb.sql(f"select doc_id, tier from read_parquet('{pattern}', hive_partitioning=true)").fetchall()
    by_polars = pl.scan_parquet(pattern, hive_partitioning=True).select("doc_id", "tier").collect().rows()
    by_spark = spark.read.parquet(f"{run}/dataset/pretrain").select("doc_id", "tier").toArrow().to_pylist()
    assert sorted(by_duckdb) == expected
    assert sorted(by_polars) == expected
    assert sorted((row["doc_id"], row["tier"]) for row in by_spark) == expected


@pytest.mark.filterwarnings("ignore")
def test_datasets_loads_it_by_its_card(run: Path, tmp_path: Path) -> None:
    import datasets

    loaded = datasets.load_dataset(str(run / "dataset"), cache_dir=str(tmp_path))
    assert set(loaded) == {"high", "medium", "low"}
    found = sorted(row for split in loaded.values() for row in split["text"])
    assert found == sorted(published(run)["text"].to_pylist())


def test_the_card_counts_what_is_there(run: Path) -> None:
    card = (run / "dataset/README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    rows = published(run).num_rows
    assert head["license"] == "cc0-1.0"
    assert head["language"] == ["zh"]
    assert [item["split"] for item in head["configs"][0]["data_files"]] == ["high", "medium", "low"]
    assert f"202 records were read, {rows} are published" in card
    assert "an estimate from characters per token" in card
    assert "| notes | CC0-1.0 |" in card
    assert str(run.parent) not in card, "a card names no path of the machine it was made on"


def test_unmapped_fields_are_kept_as_json(run: Path) -> None:
    import json

    metas = [json.loads(meta) for meta in published(run)["meta"].to_pylist() if meta]
    assert {"tag": {"n": 0}} in metas


def test_removed_text_is_still_in_the_run(run: Path) -> None:
    short = next(row for row in rows_of(run, "rejected") if row["preview"] == "短")
    text = RunDir.open(str(run)).published["text"].table("text").read(short["part"], ["doc_id", "text"])
    assert text is not None
    row = text.slice(short["row"], 1).to_pylist()[0]
    assert row == {"doc_id": short["doc_id"], "text": "短"}


def test_a_damaged_file_is_found(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    assert RunDir.open(str(copy)).verify() == []
    file = next(copy.glob("dataset/pretrain/tier=high/*.parquet"))
    file.unlink()
    assert any("do not show what was published" in line for line in RunDir.open(str(copy)).verify())
    part = next(copy.glob("stages/text/*/attempt-*/*text*.parquet"))
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(bytes(data))
    assert any("its bytes changed" in line for line in RunDir.open(str(copy)).verify())


def test_tokens_are_counted_by_a_tokenizer_file(run: Path, go: Any, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    write_jsonl(tmp_path / "in.jsonl", [{"text": prose(1)}])
    source = {"name": "s", "paths": str(tmp_path / "in.jsonl")}
    wanted = settings(source, rules=[], publish={"tokenizer": str(tmp_path / "tokenizer.json")})
    go(wanted, tmp_path / "run")
    (row,) = published(tmp_path / "run").to_pylist()
    assert row["tokens"] == row["characters"] == len(row["text"])
    assert "counted with the tokenizer file" in (tmp_path / "run/dataset/README.md").read_text(encoding="utf-8")
