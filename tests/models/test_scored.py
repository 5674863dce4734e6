from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from corpus.errors import UsageError
from corpus.models.scored import appearing, must_be_absent, put_tables, score_rows

KEYS = pa.schema([("key", pa.string())])


def _keys(records: pa.RecordBatch) -> list[pa.Array]:
    return [records.column("source_key").cast(pa.string())]


def _rows(folder: Path, *lines: str) -> list[str]:
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return [str(folder / "rows.jsonl")]


def test_rows_and_those_that_cannot_be_read_are_in_files_of_their_own(tmp_path: Path) -> None:
    paths = _rows(tmp_path, json.dumps({"id": "a", "text": "one"}), "{broken")
    done = score_rows(paths, tmp_path / "out", KEYS, _keys)
    assert (done.read, done.rows, sum(done.unreadable.values())) == (2, 1, 1)
    assert [Path(one).name for one in done.files] == ["scored.parquet", "quarantine.parquet"]
    assert pl.read_parquet(done.files[0])["key"].to_list() == ["a"]
    with pytest.raises(UsageError, match=r"scored\.parquet, .*quarantine\.parquet: is there already"):
        score_rows(paths, tmp_path / "out", KEYS, _keys)


def test_where_every_row_can_be_read_nothing_says_that_one_could_not(tmp_path: Path) -> None:
    done = score_rows(_rows(tmp_path, json.dumps({"id": "a", "text": "one"})), tmp_path / "out", KEYS, _keys)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scored.parquet"]
    assert done.unreadable == {}


def _half(out: Path) -> None:
    with appearing(out, ("a", "b")) as (first, _):
        first.write_text("half")
        raise OSError("disk full")


def test_what_failed_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no row could be read"):
        score_rows(_rows(tmp_path, "{broken"), tmp_path / "out", KEYS, _keys)
    with pytest.raises(OSError, match="disk full"):
        _half(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_tables_are_put_whole_and_over_nothing(tmp_path: Path) -> None:
    table = pa.table({"key": ["a"]})
    assert put_tables(tmp_path / "out", {"one.parquet": table}) == (str(tmp_path / "out" / "one.parquet"),)
    with pytest.raises(UsageError, match=r"one\.parquet: is there already"):
        must_be_absent(tmp_path / "out", ("one.parquet", "two.parquet"))
