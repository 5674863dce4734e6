from __future__ import annotations

import json
import random
from pathlib import Path

import neural
import polars as pl
import pytest
from typing_it import typed

from corpus.demo.prose import distinct
from corpus.models.registry import manage


def test_a_model_is_trained_measured_and_puts_rows_into_buckets(tmp_path: Path) -> None:
    for name, seed in (("good", 0), ("new", 1)):
        texts = [item.text for item in distinct("zh", 60, random.Random(seed))]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    trained = typed("perplexity", "train", "good.jsonl", "--out", "lm", "--lang", "zh", cwd=tmp_path)
    assert trained.code == 0, trained.err
    assert "digest" in trained.out
    asked = ("score", "new.jsonl", "--model", "lm", "--out", "scored", "--cuts", "ziya", "--lang", "zh", "--json")
    scored = typed("perplexity", *asked, cwd=tmp_path)
    assert scored.code == 0, scored.err
    said = json.loads(scored.out.splitlines()[-1])
    assert said["scored"] == 60
    assert sum(said["groups"]["zh"]["buckets"].values()) == 60
    assert pl.read_parquet(tmp_path / "scored" / "scored.parquet")["perplexity"].null_count() == 0
    measured = typed("perplexity", "eval", "lm", "new.jsonl", "--lang", "zh", cwd=tmp_path)
    assert measured.code == 0, measured.err
    assert "bits a unit" in measured.out


def test_a_causal_model_says_what_disorder_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    neural.causal(tmp_path / "tiny")
    manage.add(str(tmp_path / "tiny"), licence="none")
    texts = ["天地玄黄。日月盈昃。辰宿列张。寒来暑往。", "天地玄黄。"]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    asked = ("neural", "rows.jsonl", "--model", "tiny", "--out", "scored", "--disorder", "1", "--half")
    scored = typed("perplexity", *asked, cwd=tmp_path)
    assert scored.code == 0, scored.err
    assert "2 scored, 0 unreadable" in scored.out
    rows = pl.read_parquet(tmp_path / "scored" / "scored.parquet")
    assert rows["order_cost"].is_null().to_list() == [False, True]
    assert rows["seam_cost"].is_null().all()  # nothing is long enough to be cut
    assert rows["peak_nats"].is_not_null().all()


def test_mistakes_are_said_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "天地玄黄"}\n')
    for asked, said in (
        (("train", "rows.jsonl", "--out", "lm", "--least", "2,1,1,1"), "none below the one before"),
        (("score", "rows.jsonl", "--model", "lm", "--out", "x"), "no language model 'lm'"),
        (("adopt", "rows.jsonl", "--out", "x", "--tokens", "chars"), "is no ARPA file"),
    ):
        answer = typed("perplexity", *asked, cwd=tmp_path)
        assert answer.code == 2
        assert said in answer.err
        assert "Traceback" not in answer.err
