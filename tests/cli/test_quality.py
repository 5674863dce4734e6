"""corpus quality, end to end on texts of the demo corpus."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import polars as pl
import pytest
from typing_it import Corpus

from corpus.demo.prose import GENRES, compose


@pytest.fixture
def good(tmp_path: Path) -> Path:
    random = Random(5)
    texts = [compose("zh", GENRES[place % len(GENRES)], random).text for place in range(60)]
    path = tmp_path / "good.jsonl"
    lines = [json.dumps({"id": str(place), "text": text}, ensure_ascii=False) for place, text in enumerate(texts)]
    path.write_text("\n".join([*lines, "{broken"]) + "\n", encoding="utf-8")
    return path


def test_rows_are_made_dirty_measured_and_scored(corpus: Corpus, good: Path, tmp_path: Path) -> None:
    made = corpus("quality", "dirty", good, "--kind", "train", "--out", tmp_path / "dirty", "--json")
    assert made.code == 0, made.err
    said = json.loads(made.out)
    assert sum(said["kinds"].values()) == 60
    assert sum(said["unreadable"].values()) == 1
    bad = tmp_path / "dirty" / "dirty.parquet"
    assert pl.read_parquet(bad).columns == ["key", "kind", "text"]

    judged = corpus("quality", "eval", "--good", good, "--bad", bad, "--json")
    assert judged.code == 0, judged.err
    found = json.loads(judged.out)
    assert found["quality"]["low"] <= found["quality"]["auc"] <= found["quality"]["high"]
    assert found["quality"]["auc"] > 0.8
    assert (found["quality"]["good"], found["quality"]["bad"]) == (60, 60)
    assert "misplaced_mark_ratio" in found["parts"]
    assert "AUC of quality" in corpus("quality", "eval", "--good", good, "--bad", bad).out

    scored = corpus("quality", "score", good, "--out", tmp_path / "scored", "--json")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["scored"] == 60
    table = pl.read_parquet(tmp_path / "scored" / "quality.parquet")
    assert table.columns[:5] == ["key", "lang", "quality", "quality_disagreement", "quality_known"]
    assert table["quality"].min() >= 0  # type: ignore[operator]
    assert table["key"].to_list()[:3] == ["0", "1", "2"]
    assert pl.read_parquet(tmp_path / "scored" / "quarantine.parquet").height == 1
    again = corpus("quality", "score", good, "--out", tmp_path / "scored")
    assert (again.code, "is there already" in again.err) == (2, True)


def test_a_trained_directory_is_a_policy(corpus: Corpus, good: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    trained = corpus("quality", "train", "--good", good, "--synthetic-bad", "train", "--out", model)
    assert trained.code == 0, trained.err
    assert "agreement on the zh rows held out" in trained.out
    scored = corpus("quality", "score", good, "--policy", model, "--out", tmp_path / "scored")
    assert scored.code == 0, scored.err
    assert "part.classifier.zh" in pl.read_parquet(tmp_path / "scored" / "quality.parquet").columns


def test_a_language_model_gives_its_parts(corpus: Corpus, good: Path, tmp_path: Path) -> None:
    lm = tmp_path / "lm"
    assert corpus("perplexity", "train", good, "--out", lm).code == 0
    scored = corpus("quality", "score", good, "--perplexity", lm, "--out", tmp_path / "scored")
    assert scored.code == 0, scored.err
    assert pl.read_parquet(tmp_path / "scored" / "quality.parquet")["part.worst_perplexity"].null_count() == 0


def test_a_policy_reads_the_numbers_that_rows_bring_along(corpus: Corpus, good: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in good.read_text().splitlines() if line != "{broken"]
    rows = [
        row | {"order_cost": place / 10, "judge's": str(place % 5)} for place, row in enumerate(rows) if "text" in row
    ]
    rows[7] |= {"order_cost": None, "judge's": "none"}
    brought = tmp_path / "brought.jsonl"
    brought.write_text("".join(json.dumps(row) + "\n" for row in rows))
    policy = tmp_path / "own.yaml"
    policy.write_text("""parts: [{column: order_cost, better: high}, {column: "judge's", curve: [[0, 0], [4, 1]]}]\n""")
    scored = corpus("quality", "score", brought, "--policy", policy, "--out", tmp_path / "scored")
    assert scored.code == 0, scored.err
    table = pl.read_parquet(tmp_path / "scored" / "quality.parquet")
    assert table["part.order_cost"].null_count() == table["part.judge's"].null_count() == 1
    assert table["quality"][7] is None
    assert table["part.order_cost"].drop_nulls().is_sorted()
    assert table["part.judge's"].to_list()[:5] == [0, 0.25, 0.5, 0.75, 1]

    without = corpus("quality", "score", good, "--out", tmp_path / "without")
    assert without.code == 0, without.err
    assert pl.read_parquet(tmp_path / "without" / "quality.parquet")["part.order_cost"].null_count() == 60
    told = corpus("quality", "eval", "--good", brought, "--bad", good, "--json")
    assert told.code == 0, told.err
    assert "order_cost" not in json.loads(told.out)["parts"]  # only one side has it


def test_a_continuity_model_is_trained_scores_and_gives_its_parts(corpus: Corpus, good: Path, tmp_path: Path) -> None:
    model, small = tmp_path / "model", ("--bits", "10", "--columns", "8", "--places", "1")
    trained = corpus("continuity", "train", good, "--out", model, *small)
    assert trained.code == 0, trained.err
    assert "digest" in trained.out
    said = corpus("continuity", "score", good, "--model", model, "--out", tmp_path / "said", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["scored"] == 60
    asked = ("--policy", "continuity", "--continuity", model, "--out", tmp_path / "scored", "--json")
    scored = corpus("quality", "score", good, *asked)
    assert scored.code == 0, scored.err
    assert len(json.loads(scored.out)["continuity"]) == 12
    table = pl.read_parquet(tmp_path / "scored" / "quality.parquet")
    assert table["part.continuity"].null_count() == table["part.seam_continuity"].null_count() == 0
    missing = corpus("quality", "score", good, "--continuity", tmp_path / "none", "--out", tmp_path / "x")
    assert (missing.code, "corpus continuity train" in missing.err) == (2, True)


def test_mistakes_end_with_2_and_kinds_are_listed(corpus: Corpus, good: Path, tmp_path: Path) -> None:
    for arguments, said in (
        (("train", "--good", good, "--out", tmp_path / "m"), "teach nothing"),
        (("train", "--good", good, "--synthetic-bad", "advert", "--out", tmp_path / "m"), 'did you mean "adverts"'),
        (("eval", "--good", good), "--good and --bad"),
        (("score", good, "--policy", "defualt", "--out", tmp_path / "s"), 'did you mean "default"'),
        (("dirty", good, "--out", tmp_path / "d"), "name a --kind"),
    ):
        found = corpus("quality", *arguments)
        assert (found.code, said in found.err) == (2, True), found.err
    assert {"train", "tune", "test"} == set(json.loads(corpus("quality", "kinds", "--json").out))
    assert "shuffled_sentences" in corpus("quality", "kinds").out
