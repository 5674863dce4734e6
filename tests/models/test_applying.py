from __future__ import annotations

from pathlib import Path

import labelled
import polars as pl
import pytest

from corpus.errors import UsageError
from corpus.models.applying import apply_to_files, evaluate_files
from corpus.models.classifier import load
from corpus.models.examples import Given


def test_every_row_gets_scores_and_a_label_and_bad_rows_are_kept_aside(ads: Path, tmp_path: Path) -> None:
    items: list[object] = [
        {"id": "1", "text": "面膜限时抢购，买一送一！", "more": 7},
        {"id": "2", "text": "我去河边散步。"},
    ]
    path = labelled.write(tmp_path / "rows.jsonl", [*items, {"id": "3", "text": "。"}, {"id": "4"}, "{"])
    done = apply_to_files(load(str(ads)), [str(path)], tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out" / "scored.parquet")
    assert found.select("source_key", "label").rows() == [("1", "ad"), ("2", "prose"), ("3", None)]
    assert found["meta"][0] == '{"more":7}'
    assert (found["score.ad"] + found["score.prose"]).to_list()[:2] == pytest.approx([1, 1])
    assert found["score.ad"][2] is None
    assert (done.read, done.scored, done.labels) == (5, 3, {"ad": 1, "none": 1, "prose": 1})
    assert pl.read_parquet(tmp_path / "out" / "quarantine.parquet")["reason"].to_list() == ["missing_text", "bad_json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["quarantine.parquet", "scored.parquet"]


def test_nothing_is_overwritten_and_nothing_is_left_of_a_failure(ads: Path, tmp_path: Path) -> None:
    path = labelled.write(tmp_path / "rows.jsonl", labelled.rows(("ad",), 3))
    apply_to_files(load(str(ads)), [str(path)], tmp_path / "out")
    with pytest.raises(UsageError, match="is there already"):
        apply_to_files(load(str(ads)), [str(path)], tmp_path / "out")
    with pytest.raises(UsageError, match="nothing there|cannot|no such"):
        apply_to_files(load(str(ads)), [str(tmp_path / "absent.jsonl")], tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []


def test_an_evaluation_says_which_rows_it_left_out(ads: Path, tmp_path: Path) -> None:
    rows = [*labelled.rows(("ad", "prose"), 20, seed=5), *labelled.rows(("weather",), 3), {"text": "无"}, "{"]
    path = labelled.write(tmp_path / "rows.jsonl", rows)
    done = evaluate_files(load(str(ads)), Given(labelled=(str(path),)))
    assert done.evaluation.rows == 40
    assert done.unknown == {"weather": 3}
    assert done.left_out == {"unreadable": 1, "unlabelled": 1}
    assert done.evaluation.of[0].f1.value == 1.0


def test_rows_without_a_label_of_the_model_are_a_mistake(ads: Path, tmp_path: Path) -> None:
    path = labelled.write(tmp_path / "rows.jsonl", labelled.rows(("weather",), 3))
    with pytest.raises(UsageError, match=r"no row has a label of the model \(ad, prose\); the rows have weather"):
        evaluate_files(load(str(ads)), Given(labelled=(str(path),)))
