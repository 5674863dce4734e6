"""export as a user types it, and the JSON that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from dialogues import ROWS
from typing_it import Corpus

from corpus.importers.convert import convert_batch
from corpus.importers.model import Format


def stage(path: Path, *formats: Format) -> Path:
    path.parent.mkdir(parents=True)
    batches = [convert_batch([ROWS[fmt]], fmt)[0] for fmt in formats]
    pq.write_table(pa.Table.from_batches(batches), path)
    return path.parent


def test_export_ends_in_one_object_with_every_file(corpus: Corpus, tmp_path: Path) -> None:
    given = stage(tmp_path / "sft" / "stage=1" / "a.parquet", Format.ALPACA, Format.ZIYA)
    said = corpus("export", given, "--as", "llamafactory", "--out", tmp_path / "out", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out.splitlines()[-1])
    assert (found["in"], found["left_out"]) == (2, {})
    assert found["files"] == [{"path": "sft-stage-1.json", "shape": "conversation", "rows": 2}]


def test_export_says_what_was_left_out(corpus: Corpus, tmp_path: Path) -> None:
    given = stage(tmp_path / "sft" / "stage=1" / "a.parquet", Format.ALPACA, Format.MOSS)
    said = corpus("export", given, "--as", "alpaca", "--out", tmp_path / "out")
    assert said.code == 4
    assert "turns of tools" in said.err
    said = corpus("export", given, "--as", "alpaca", "--out", tmp_path / "out", "--max-left-out", 0.5)
    assert said.code == 0, said.err
    assert "left out  1" in said.out


def test_export_tells_a_mistake_and_ends_with_2(corpus: Corpus, tmp_path: Path) -> None:
    assert corpus("export", tmp_path / "none", "--as", "alpaca", "--out", tmp_path / "out").code == 2
