"""Choosing among published records: best first, no two alike, or the best of every cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from building import SENTENCES, prose, settings, write_jsonl
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.execute import execute
from corpus.pipeline import compose
from corpus.selection import Wanted, capped, scores_of, select


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, spark: Any) -> str:
    folder = tmp_path_factory.mktemp("chosen")
    rows = [{"text": prose(number), "id": f"r{number}"} for number in range(40)]
    rows += [{"text": SENTENCES[3] * 3 + "又" * number, "id": f"s{number}"} for number in range(5)]
    write_jsonl(folder / "in.jsonl", rows)
    (folder / "q.yaml").write_text("parts: [{signal: {kernel: chars}, better: high}]\n", encoding="utf-8")
    asked = {"rules": [], "embed": {"dim": 16}, "cluster": {"k": 4}, "quality": str(folder / "q.yaml")}
    source = {"name": "s", "paths": [str(folder / "in.jsonl")]}
    execute(compose(settings(source, **asked)), str(folder / "run"), spark=spark)
    return str(folder / "run")


def test_the_best_come_first_and_none_is_like_another(run: str, tmp_path: Path) -> None:
    found = select(run, Wanted(12, "quality", limit=0.9), tmp_path)
    rows = pl.read_parquet(found.file)
    assert found.chosen == rows.height <= 12
    assert rows["place"].to_list() == list(range(1, rows.height + 1))
    assert rows["quality"].to_list() == sorted(rows["quality"], reverse=True)
    assert rows["source_key"].str.starts_with("s").sum() <= 1
    assert {"text", "doc_id", "tier", "cluster"} <= set(rows.columns)


def test_a_budget_of_tokens_is_kept(run: str, tmp_path: Path) -> None:
    found = select(run, Wanted(400, "quality", unit="tokens", limit=1.0), tmp_path)
    assert 0 < found.tokens <= 400
    assert found.tokens == pl.read_parquet(found.file)["tokens"].sum()


def test_a_balanced_choice_takes_the_best_of_every_cluster(run: str, tmp_path: Path) -> None:
    every = select(run, Wanted(1000, "quality", how="balanced"), tmp_path / "all")
    whole = pl.read_parquet(every.file)
    some = pl.read_parquet(select(run, Wanted(4, "quality", how="balanced"), tmp_path / "some").file)
    best = whole.group_by("cluster").agg(pl.col("quality").max())
    assert some["cluster"].n_unique() == whole["cluster"].n_unique() == 4
    joined = some.join(best, on="cluster", suffix="_best")
    assert joined["quality"].to_list() == joined["quality_best"].to_list()


def test_what_cannot_be_chosen_by_is_said(run: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no number 'lang'; there are .*quality"):
        select(run, Wanted(3, "lang"), tmp_path)
    (tmp_path / "chosen.parquet").touch()
    with pytest.raises(UsageError, match="is there already"):
        select(run, Wanted(3, "quality"), tmp_path)


def test_several_scores_count_by_their_ranks(run: str, tmp_path: Path) -> None:
    rows = pl.read_parquet(select(run, Wanted(6, "quality*characters", limit=1.0), tmp_path).file)
    every = pl.read_parquet(f"{run}/dataset/pretrain/**/*.parquet")
    ranked = every.with_columns(score=pl.col("quality").rank() * pl.col("characters").rank())
    scores = dict(ranked.select("doc_id", "score").iter_rows())
    mine = [scores[doc_id] for doc_id in rows["doc_id"]]
    assert mine == sorted(mine, reverse=True)
    assert mine[0] == max(scores.values())
    frame = pl.DataFrame({"a": [1.0, 9.0, None], "b": [1e9, 1e-9, 5.0]})
    assert np.allclose(scores_of(frame, ("a", "b"))[:2], [0.5 * 1.0, 1.0 / 3])
    assert np.isnan(scores_of(frame, ("a", "b"))[2])


def test_no_label_gets_more_than_its_cap(run: str, tmp_path: Path) -> None:
    found = select(run, Wanted(8, "quality", limit=1.0, within="cluster", cap=0.25), tmp_path / "some")
    rows = pl.read_parquet(found.file)
    assert found.chosen == 8
    assert rows["cluster"].value_counts()["count"].to_list() == [2] * 4
    tokens = select(run, Wanted(600, "quality", "tokens", "balanced", within="lang", cap=0.5), tmp_path / "t").tokens
    assert 0 < tokens <= 300
    with pytest.raises(UsageError, match="no column 'topic'"):
        select(run, Wanted(8, "quality", within="topic"), tmp_path)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=30), st.integers(1, 60), st.floats(0.1, 1))
def test_caps_are_those_of_rows_taken_one_by_one(rows: list[tuple[int, int]], budget: int, cap: float) -> None:
    labels, costs = (np.array([row[at] for row in rows], np.int64) for at in (0, 1))
    fits = capped(labels, costs.astype(np.float64), budget, cap)
    full: dict[int, float] = {}
    spent, expected = 0.0, []
    for label, cost in rows:
        full[label] = full.get(label, 0) + cost
        wanted = full[label] <= cap * budget
        spent += cost if wanted else 0
        expected.append(wanted and spent <= budget)
    assert fits.tolist() == expected
