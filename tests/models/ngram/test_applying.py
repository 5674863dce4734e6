from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from corpus.demo.prose import distinct
from corpus.errors import UsageError
from corpus.models.ngram.applying import Wanted, score_files
from corpus.models.ngram.files import train_files
from corpus.models.ngram.scorer import Scorer, load
from corpus.models.ngram.train import Settings

VERSE = "山前有小路，路上少行人。风过松针落，云开月色新。"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    folder = tmp_path_factory.mktemp("model")
    texts = [item.text for item in distinct("zh", 120, random.Random(0))]
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    train_files([str(folder / "rows.jsonl")], folder / "model", Settings())
    return load(str(folder / "model"))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Twelve rows of prose from two places, one of verse, one without a letter, and one that is no JSON."""
    found = [{"text": item.text, "place": f"p{at % 2}"} for at, item in enumerate(distinct("zh", 12, random.Random(5)))]
    found += [{"text": VERSE, "place": "p0"}, {"text": "\u200b", "place": "p1"}]
    lines = [json.dumps(row) for row in found]
    (tmp_path / "rows.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
    return tmp_path / "rows.jsonl"


def test_rows_get_scores_and_a_bucket_of_their_group(model: Scorer, rows: Path, tmp_path: Path) -> None:
    done = score_files(model, [str(rows)], tmp_path / "out", Wanted(by="place"), lang="zh")
    frame = pl.read_parquet(tmp_path / "out" / "scored.parquet")
    assert frame.height == 14
    assert done.read == 15
    assert sum(done.unreadable.values()) == 1
    assert pq.read_table(tmp_path / "out" / "quarantine.parquet").num_rows == 1
    assert done.groups["p0"].buckets == {"exempt": 1, "head": 2, "middle": 2, "tail": 2}
    assert done.groups["p1"].buckets == {"head": 2, "middle": 2, "none": 1, "tail": 2}
    own = frame.filter(pl.col("meta").str.contains("p0"), pl.col("bucket") != "exempt").sort("perplexity")
    assert own["bucket"].to_list() == ["head"] * 2 + ["middle"] * 2 + ["tail"] * 2
    assert frame.filter(pl.col("perplexity").is_null())["bucket"].to_list() == [None]


def test_nothing_is_exempt_where_that_is_asked_for(model: Scorer, rows: Path, tmp_path: Path) -> None:
    done = score_files(model, [str(rows)], tmp_path / "out", Wanted(by="all", exempt=()), lang="zh")
    assert "exempt" not in done.groups["all"].buckets
    assert done.groups["all"].rows == 14


def test_rows_and_buckets_do_not_depend_on_their_order(model: Scorer, rows: Path, tmp_path: Path) -> None:
    lines = rows.read_text().splitlines()
    (tmp_path / "moved.jsonl").write_text("\n".join(lines[::-1]) + "\n")
    found = []
    for name in ("rows", "moved"):
        score_files(model, [str(tmp_path / f"{name}.jsonl")], tmp_path / name, Wanted(), lang="zh")
        frame = pl.read_parquet(tmp_path / name / "scored.parquet")
        found.append(frame.select("text", "perplexity", "worst_perplexity", "bucket").sort("text"))
    assert found[0].equals(found[1])


def test_what_cannot_be_is_refused_and_leaves_nothing(model: Scorer, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--exempt song"):
        Wanted(exempt=("song",))
    with pytest.raises(UsageError, match="no row has this field"):
        score_files(model, [str(rows)], tmp_path / "out", Wanted(by="nowhere"), lang="zh")
    assert not list((tmp_path / "out").iterdir())
    score_files(model, [str(rows)], tmp_path / "out", Wanted(), lang="zh")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        score_files(model, [str(rows)], tmp_path / "out", Wanted(), lang="zh")
