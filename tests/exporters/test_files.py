"""Files of records: one a stage or round, every record accounted for, and all or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
import pytest
from dialogues import ROWS

from corpus.errors import RejectedTooMuch, UsageError
from corpus.exporters.files import export
from corpus.importers.convert import columns_of, convert, convert_batch, record_of
from corpus.importers.model import Format, Imported

PLACES = {"sft/stage=1": (Format.ALPACA, Format.FIREFLY), "sft/stage=2": (Format.SHAREGPT, Format.MOSS)}
PAIRS = (Format.SHAREGPT_PAIR, Format.ULTRAFEEDBACK, Format.KTO)


def write(path: Path, *formats: Format, drop: tuple[str, ...] = ()) -> list[Imported]:
    found = [convert(ROWS[fmt], fmt) for fmt in formats]
    records = [one for one in found if isinstance(one, Imported)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_batches([columns_of(records)]).drop_columns(list(drop)), path)
    return records


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run as publish leaves it: its files have the columns of their kind alone."""
    root = tmp_path / "run"
    for place, formats in PLACES.items():
        write(root / "dataset" / place / "part-0.parquet", *formats, drop=("prompt", "chosen", "rejected", "score"))
    write(root / "dataset" / "preference" / "round=1" / "part-0.parquet", *PAIRS, drop=("messages", "score"))
    return root


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_becomes_a_file_for_each_stage_and_round(run: Path, tmp_path: Path) -> None:
    done = export([str(run)], "sharegpt", str(tmp_path / "out"))
    assert {one.path: (one.shape, one.rows) for one in done.files} == {
        "sft-stage-1.jsonl": ("conversation", 2),
        "sft-stage-2.jsonl": ("conversation", 2),
        "preference-round-1.jsonl": ("pair", 2),
        "preference-round-1-labelled.jsonl": ("labelled", 1),
    }
    assert (done.read, done.left_out) == (7, {})
    assert len(lines(tmp_path / "out" / "sft-stage-2.jsonl")) == 2


@pytest.mark.parametrize(("to", "fmt"), [("sharegpt", Format.SHAREGPT), ("messages", Format.MESSAGES)])
def test_files_imported_again_are_the_records(run: Path, tmp_path: Path, to: Any, fmt: Format) -> None:
    export([str(run)], to, str(tmp_path / "out"))
    for stage, formats in enumerate(PLACES.values(), start=1):
        records, problems = convert_batch(lines(tmp_path / "out" / f"sft-stage-{stage}.jsonl"), fmt)
        assert not problems
        assert [record_of(row) for row in records.to_pylist()] == [convert(ROWS[fmt], fmt) for fmt in formats]


def test_the_original_rows_come_back(run: Path, tmp_path: Path) -> None:
    export([str(run)], "original", str(tmp_path / "out"))
    found = [row for path in sorted((tmp_path / "out").glob("*.jsonl")) for row in lines(path)]
    given = [ROWS[fmt] for fmt in (*PLACES["sft/stage=1"], *PLACES["sft/stage=2"], *PAIRS)]
    assert sorted(json.dumps(row, sort_keys=True) for row in found) == sorted(
        json.dumps(row, sort_keys=True) for row in given
    )


def test_llamafactory_gets_arrays_that_have_one_type_and_a_description(run: Path, tmp_path: Path) -> None:
    export([str(run)], "llamafactory", str(tmp_path / "out"))
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text(encoding="utf-8"))
    for one in info.values():
        rows = json.loads((tmp_path / "out" / one["file_name"]).read_text(encoding="utf-8"))
        as_lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        table = pj.read_json(pa.BufferReader(as_lines))
        assert set(one["columns"].values()) <= set(table.column_names)
    assert info["preference-round-1"]["ranking"] is True
    assert info["preference-round-1-labelled"]["columns"]["kto_tag"] == "kto_tag"
    assert "tools" in info["sft-stage-2"]["columns"]
    assert "tools" not in info["sft-stage-1"]["columns"]


def test_what_alpaca_cannot_say_is_counted_or_too_much(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RejectedTooMuch, match=r"2 of 7 records cannot be said as alpaca.*tools"):
        export([str(run)], "alpaca", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    done = export([str(run)], "alpaca", str(tmp_path / "out"), most_left_out=0.5)
    assert sum(one.rows for one in done.files) + sum(done.left_out.values()) == done.read == 7


def test_an_array_is_one_json_value(run: Path, tmp_path: Path) -> None:
    export([str(run / "dataset" / "sft")], "messages", str(tmp_path / "out"), array=True)
    assert len(json.loads((tmp_path / "out" / "sft-stage-1.json").read_text(encoding="utf-8"))) == 2


def test_a_file_by_itself_keeps_its_name(tmp_path: Path) -> None:
    write(tmp_path / "seeds.parquet", Format.PROMPTS, Format.EVALUATION)
    done = export([str(tmp_path / "seeds.parquet")], "alpaca", str(tmp_path / "out"))
    assert [(one.path, one.shape, one.rows) for one in done.files] == [("seeds-prompts.jsonl", "prompt", 2)]
    assert not (tmp_path / "out" / "dataset_info.json").exists()


def test_inputs_that_hold_no_records_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no Parquet file"):
        export([str(tmp_path / "empty")], "alpaca", str(tmp_path / "out"))
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "documents.parquet")
    with pytest.raises(UsageError, match="neither messages nor prompt"):
        export([str(tmp_path / "documents.parquet")], "alpaca", str(tmp_path / "out"))
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        export([str(tmp_path / "bad.parquet")], "alpaca", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
