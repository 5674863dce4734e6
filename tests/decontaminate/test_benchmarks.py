"""Benchmark files: every format of the readers, named by file or by hand; what cannot be used is said at once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from building import write_jsonl

from corpus.decontaminate.benchmarks import Against, digest, files_of, read_items
from corpus.errors import ConfigError

ROWS = [{"id": f"q{n}", "question": f"第{n}个渡口的船几点开？", "choices": ["六点", "七点"]} for n in range(3)]


def test_every_format_gives_the_same_items(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "b.json").write_text(json.dumps(ROWS, ensure_ascii=False), "utf-8")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "d.parquet")
    lines = ["id,question,A,B", *(f"{row['id']},{row['question']},六点,七点" for row in ROWS)]
    (tmp_path / "e.csv").write_text("\n".join(lines), "utf-8")
    (tmp_path / "f.jsonl").write_bytes((tmp_path / "a.jsonl").read_text("utf-8").encode("gb18030"))
    items = read_items(files_of([str(tmp_path)]))
    assert items.column("benchmark").to_pylist() == [name for name in "abcdef" for _ in ROWS]
    assert items.column("item").to_pylist() == ["q0", "q1", "q2"] * 6
    for name in ("question", "options"):
        column = items.column(name).to_pylist()
        assert column == column[:3] * 6


def test_a_name_before_the_path_makes_its_files_one_benchmark(tmp_path: Path) -> None:
    for name in ("law", "physics"):
        write_jsonl(tmp_path / "val" / f"{name}.jsonl", [{"question": f"{name} 的船几点开"}])
    found = read_items(files_of([f"exam={tmp_path}/val/*.jsonl"]))
    assert found.column("benchmark").to_pylist() == ["exam", "exam"]
    assert found.column("item").to_pylist() == ["law.jsonl#0", "physics.jsonl#0"]


def test_a_query_string_is_no_name() -> None:
    assert Against.of("s3://bucket/q.jsonl?scheme=http") == Against(None, "s3://bucket/q.jsonl?scheme=http")


def test_every_mistake_is_said_at_once_and_with_the_fields(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "labels.jsonl", [{"label": 1, "score": 2}])
    write_jsonl(tmp_path / "broken.jsonl", [ROWS[0], b"{not json"])
    with pytest.raises(ConfigError) as raised:
        read_items(files_of([str(tmp_path / "labels.jsonl"), str(tmp_path / "broken.jsonl")]))
    said = str(raised.value)
    for words in ("no record has a question", "label, score", "broken.jsonl", "cannot be read"):
        assert words in said
    with pytest.raises(ConfigError) as raised:
        files_of([str(tmp_path / "none.jsonl"), str(tmp_path / "*.csv")])
    assert len(raised.value.problems) == 2


def test_the_digest_is_of_contents_and_names(tmp_path: Path) -> None:
    one, two = tmp_path / "x" / "a.jsonl", tmp_path / "y" / "a.jsonl"
    for path in (one, two):
        write_jsonl(path, ROWS)
    assert digest(files_of([str(one)])) == digest(files_of([str(two)]))
    write_jsonl(two, [*ROWS[:2], {**ROWS[2], "question": "第9个渡口"}])
    assert digest(files_of([str(one)])) != digest(files_of([str(two)]))
    assert digest(files_of([str(one)])) != digest(files_of([f"b={one}"]))
