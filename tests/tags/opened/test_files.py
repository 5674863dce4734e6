"""Files of raw tags in, a vocabulary and the rows' tags out."""

from __future__ import annotations

import json

import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.tags.opened.files import normalise_files
from corpus.tags.opened.normalise import Wanted

FEW = Wanted(least=2, support=50)


def test_lists_and_strings_with_commas_are_read(tmp_path):
    rows = [
        {"id": "a", "tags": ["Poems", "诗歌"]},
        {"id": "b", "tags": "poem，诗歌"},
        {"id": "c", "tags": []},
        {"id": "d"},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows) + "{broken\n", encoding="utf-8")
    done = normalise_files([str(path)], "tags", tmp_path / "out", FEW, budget=1)
    assert (done.read, done.tagged, done.raw_tags, done.tags) == (5, 2, 3, 2)
    assert done.unreadable == {"malformed_json": 1} or sum(done.unreadable.values()) == 1
    found = pl.read_parquet(tmp_path / "out" / "tags.parquet")
    assert found["tags"].to_list() == [["poem", "诗歌"], ["poem", "诗歌"], None, None]
    assert found["complexity"].to_list() == [2, 2, 0, 0]
    assert found["selected"].sum() == 1
    assert done.chosen is not None
    assert (done.chosen.rows, done.chosen.diversity) == (1, 2)
    with pytest.raises(UsageError, match="is there already"):
        normalise_files([str(path)], "tags", tmp_path / "out", FEW)


def test_parquet_as_the_judge_writes_it(tmp_path):
    frame = pl.DataFrame({"doc_id": ["x", "y"], "text": ["一", "二"], "tags": [["翻译"], ["翻译任务", "诗"]]})
    frame.write_parquet(tmp_path / "judged.parquet")
    done = normalise_files([str(tmp_path / "judged.parquet")], "tags", tmp_path / "out", FEW)
    assert pl.read_parquet(tmp_path / "out" / "mapping.parquet")["tag"].to_list() == ["翻译", "翻译", None]
    assert done.reasons == {"kept": 1, "rare": 1, "surface": 1}


def test_no_tags_and_tags_of_another_shape_are_told(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"tags": [{"tag": "x"}]}\n', encoding="utf-8")
    for field in ("label", "tags"):
        with pytest.raises(UsageError):
            normalise_files([str(path)], field, tmp_path / "out", FEW)


def test_what_the_judge_wrote_is_found_by_itself_with_the_records_own_keys(tmp_path):
    frame = pl.DataFrame({"source_key": ["x", "y"], "text": ["一", "二"], "judge.tags": [["翻译"], ["翻译任务", "诗"]]})
    frame.write_parquet(tmp_path / "judged.parquet")
    normalise_files([str(tmp_path / "judged.parquet")], None, tmp_path / "out", FEW)
    found = pl.read_parquet(tmp_path / "out" / "tags.parquet")
    assert found.select("key", "tags").rows() == [("x", ["翻译"]), ("y", ["翻译"])]
