from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from indexing import run, unlike, varied

from corpus.errors import UsageError
from corpus.identity import doc_ids
from corpus.index.grow import build
from corpus.index.restore import check_restore, restore
from corpus.index.takedown import take_down
from corpus.stages.publish import PUBLISHED

TEXT = unlike(1)
SHORTER = varied(TEXT, 1)[:-3]


def back(tmp_path: Path) -> tuple[object, ...]:
    run(tmp_path, "old", [("one", TEXT), ("two", SHORTER), ("apart", unlike(2))])
    index, _ = build([str(tmp_path / "old")], str(tmp_path / "index"))
    return take_down(index, [str(doc_ids("old", ["one"])[0].as_py())])[1].back


def test_the_cleaned_text_comes_back_as_a_published_row(tmp_path: Path) -> None:
    done = restore(back(tmp_path), str(tmp_path / "out"))  # type: ignore[arg-type]
    assert done.file is not None
    table = pq.read_table(done.file)
    assert table.schema.equals(PUBLISHED)
    (row,) = table.to_pylist()
    assert (row["source_key"], row["text"], row["cluster_size"]) == ("two", SHORTER, 1)
    assert row["characters"] == len(SHORTER)


def test_a_run_that_is_gone_is_told(tmp_path: Path) -> None:
    stands = back(tmp_path)
    shutil.rmtree(tmp_path / "old")
    done = restore(stands, str(tmp_path / "out"))  # type: ignore[arg-type]
    assert (done.file, done.rows) == (None, 0)
    assert done.lost == (doc_ids("old", ["two"])[0].as_py(),)


def test_a_directory_with_files_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="new or empty"):
        check_restore(str(tmp_path / "out"))
