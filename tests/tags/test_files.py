"""Instruction rows and documents in, one Parquet file of tags out."""

from __future__ import annotations

import json

import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.models.instruction import Parts
from corpus.tags.files import apply_files
from corpus.tags.load import load_tags, shipped_names


@pytest.fixture(scope="module")
def every():
    return load_tags(shipped_names())


def put(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_instruction_rows_are_judged_by_what_is_asked_and_by_the_whole(tmp_path, every):
    rows = [
        {"id": "a", "instruction": "写一首关于海的诗。", "input": "", "output": "def add(a, b):\n    return a + b"},
        {"id": "b", "instruction": "翻译成英文：", "input": "央行下调利率，银行贷款和债券资金增加。", "output": "无"},
        {"id": "c", "output": "没有问题"},
    ]
    done = apply_files(every, [put(tmp_path / "in.jsonl", rows)], tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out" / "tags.parquet")
    assert found.columns[:2] == ["key", "lang"]
    assert found["key"][0] == "in.jsonl#0"
    assert found["tag_task"].to_list() == ["generation", "translation", None]
    assert found["tag_domain"].to_list() == [None, "economy/finance", None]
    assert found["has_code"].to_list() == [True, False, None]
    assert (done.read, done.instructions) == (3, 2)
    assert done.tags["tag_task"] == {"generation": 1, "none": 1, "translation": 1}
    with pytest.raises(UsageError, match="is there already"):
        apply_files(every, [str(tmp_path / "in.jsonl")], tmp_path / "out")


def test_documents_have_no_task(tmp_path, every):
    rows = [{"text": "央行下调利率，银行贷款和债券资金增加。请翻译。"}, {"text": "赌场里有百家乐和老虎机，押注很高。"}]
    done = apply_files(every, [put(tmp_path / "in.jsonl", rows)], tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out" / "tags.parquet")
    assert found["tag_task"].to_list() == [None, None]
    assert found["tag_domain"][0] == "economy/finance"
    assert found["tag_safety"].to_list() == [None, ["gambling"]]
    assert found["lang"].to_list() == ["zh", "zh"]
    assert (done.read, done.instructions) == (2, 0)


def test_fields_may_be_named_and_must_be_there(tmp_path, every):
    path = put(tmp_path / "in.jsonl", [{"q": {"ask": "解方程 3x + 5 = 20"}, "body": "央行下调利率，银行贷款增加。"}])
    apply_files(every, [path], tmp_path / "a", Parts(instruction="q.ask"))
    assert pl.read_parquet(tmp_path / "a" / "tags.parquet")["tag_task"].to_list() == ["math"]
    apply_files(every, [path], tmp_path / "b", text="body")
    assert pl.read_parquet(tmp_path / "b" / "tags.parquet")["tag_domain"].to_list() == ["economy/finance"]
    with pytest.raises(UsageError, match="have no field 'ask'"):
        apply_files(every, [path], tmp_path / "c", Parts(instruction="ask"))
