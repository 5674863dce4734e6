"""Coverage of published Parquet as the stage's own tags fill it, and of a run."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest

from corpus import config
from corpus.errors import UsageError
from corpus.inspect.coverage import coverage
from corpus.stages.tag import Tags
from corpus.tags.load import load_tags

FOOD = "锅里放料酒和酱油，鸡蛋切丝入锅，小火煮沸十分钟，味道鲜美，食谱简单。"
FOOTBALL = "英超球队主场迎战，主教练派上新球员，下半场点球扳平，门将失误。"
NONE = "嗯，好的，那就这样吧。"


def published(path, texts: list[str]) -> str:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    tags = pl.DataFrame(pl.from_arrow(Tags(load_tags(["domains", "safety"]))(batch)))
    path.parent.mkdir(parents=True, exist_ok=True)
    tags.with_columns(tokens=pl.Series([len(text) for text in texts], dtype=pl.Int32)).write_parquet(path)
    return str(path)


def test_published_parquet_against_a_target(tmp_path):
    where = published(tmp_path / "tier=high" / "a.parquet", [FOOD, FOOD, FOOTBALL, NONE])
    target = tmp_path / "target.yaml"
    target.write_text("shares: {life/food: 50, sports: 30, law/civil: 20}\nrest: nothing\n", encoding="utf-8")
    found = coverage(str(tmp_path / "tier=high"), target=str(target))
    leaves = {leaf.tag: leaf for leaf in found.leaves}
    assert leaves["life/food"].tokens == 2 * len(FOOD)
    assert leaves["sports/football"].rows == 1
    assert leaves["sports/football"].wanted == pytest.approx(0.3)
    assert found.tagged == 2 * len(FOOD) + len(FOOTBALL)
    assert found.tokens == found.tagged + len(NONE)
    assert found.absent == ("law/civil",)
    assert len(leaves) == 81
    same = coverage(where, natural=where)
    assert (same.gaps, same.distance) == ((), 0)


def test_a_list_of_tags_shares_a_rows_tokens(tmp_path):
    path = tmp_path / "a.parquet"
    frame = {"tag_safety": [["fraud", "drugs"], ["drugs"], None], "tokens": [10, 4, 3]}
    pl.DataFrame(frame).write_parquet(path)
    found = coverage(str(path), column="tag_safety", natural=str(path))
    assert {leaf.tag: leaf.tokens for leaf in found.leaves if leaf.tokens} == {"drugs": 9, "fraud": 5}
    assert found.tokens == 17


def test_what_cannot_be_answered_is_said(tmp_path):
    where = published(tmp_path / "a.parquet", [FOOD])
    with pytest.raises(UsageError, match="--target, or --natural"):
        coverage(where)
    with pytest.raises(UsageError, match="no column 'tag_task' is published; there are tag_domain, tag_safety"):
        coverage(where, column="tag_task")
    with pytest.raises(UsageError, match="neither a run nor a Parquet file"):
        coverage(str(tmp_path / "none"))


def test_a_run_is_compared_with_all_it_read(tmp_path, go):
    texts = [FOOD * 6, FOOD * 6, FOOTBALL * 6, FOOTBALL * 7, NONE]
    source = tmp_path / "in.jsonl"
    pl.DataFrame({"text": texts}).write_ndjson(source)
    settings = config.Pipeline(
        name="tagged",
        sources=(config.Source(name="a", paths=(str(source),)),),
        rules=(),
        tags=("domains",),
        tiers="single",
    )
    go(settings, tmp_path / "run")
    found = coverage(str(tmp_path / "run"))
    leaves = {leaf.tag: leaf for leaf in found.leaves if leaf.rows or leaf.wanted}
    assert set(leaves) == {"life/food", "sports/football"}
    # Of four tagged records one exact copy was removed.
    assert {tag: leaf.rows for tag, leaf in leaves.items()} == {"life/food": 1, "sports/football": 2}
    assert {tag: leaf.wanted for tag, leaf in leaves.items()} == {"life/food": 0.5, "sports/football": 0.5}
    assert found.against == "all records that were read, by rows"
