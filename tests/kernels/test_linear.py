from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import floret
import labelled
import numpy as np
import pyarrow as pa
import pytest

from corpus.kernels.linear import linear, scores
from corpus.kernels.lineview import views


def trained(tmp_path: Path, ngrams: int, buckets: int) -> Any:
    rows = labelled.rows(("ad", "prose", "weather"), 40)
    lines = views(pa.array([row["text"] for row in rows], pa.large_string())).to_pylist()
    random.Random(1).shuffle(order := list(range(len(rows))))
    path = tmp_path / "rows.txt"
    path.write_text("".join(f"__label__{rows[one]['label']} {lines[one]}" for one in order), encoding="utf-8")
    return floret.train_supervised(
        str(path), wordNgrams=ngrams, bucket=buckets, dim=4, epoch=8, lr=0.3, thread=1, seed=1, verbose=0
    )


@pytest.mark.parametrize(("ngrams", "buckets"), [(1, 0), (2, 1024), (3, 1000), (5, 777)])
def test_scores_are_those_of_floret_itself(tmp_path: Path, ngrams: int, buckets: int) -> None:
    model = trained(tmp_path, ngrams, buckets)
    labels = model.get_labels()
    ours = linear(model.get_words(), model.get_input_matrix() @ model.get_output_matrix().T, ngrams)
    texts = [row["text"] for row in labelled.rows(("ad", "prose", "weather"), 20, seed=9)]
    lines = views(pa.array([*texts, "词表没有的龘靐", "a b c", "限"], pa.large_string()))
    sums = scores(lines, ours)
    shares = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    for line, row in zip(lines.to_pylist(), shares, strict=True):
        theirs = {label: share for share, label in model.f.predict(line, len(labels), 0.0, "strict")}
        # floret adds 1e-5 to a share before it takes the logarithm.
        assert row == pytest.approx([theirs[label] for label in labels], abs=2e-5)


def test_a_line_of_nothing_and_null_have_no_score(tmp_path: Path) -> None:
    model = linear(["</s>", "好"], np.ones((2, 2), np.float32), 1)
    found = scores(pa.array(["\n", None, "好\n", "坏\n"], pa.large_string()), model)
    assert np.isnan(found[:, 0]).tolist() == [True, True, False, False]


def test_lines_of_any_batch_are_scored_alike(tmp_path: Path) -> None:
    model = linear(["</s>", "好", "人"], np.arange(6, dtype=np.float32).reshape(3, 2), 1)
    lines = pa.array(["好 人\n", "人\n", "好\n"], pa.large_string())
    whole = scores(lines, model)
    assert np.array_equal(whole, np.concatenate([scores(lines.slice(0, 1), model), scores(lines.slice(1), model)]))
    assert whole.tolist() == [[2.0, 3.0], [2.0, 3.0], [1.0, 2.0]]


def test_a_table_that_does_not_hold_its_words_is_refused() -> None:
    with pytest.raises(ValueError, match="2 words"):
        linear(["a", "b"], np.zeros((1, 2), np.float32), 1)
