"""Files scored by a causal LM: every row once, what is cut is counted, nothing is overwritten."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from building import write_jsonl

from corpus.errors import UsageError
from corpus.models.causal.costs import COSTS
from corpus.models.causal.files import score_texts
from corpus.models.causal.model import CausalLM
from corpus.models.causal.scores import text_columns

TEXTS = ["天地玄黄。日月盈昃。辰宿列张。寒来暑往。", "", "日月盈昃 the moon. " * 20]


def test_every_row_of_the_files_has_the_scores_of_its_text(loaded: Callable[..., CausalLM], tmp_path: Path) -> None:
    lm = loaded()
    rows = [{"doc_id": f"d{number}", "text": text} for number, text in enumerate(TEXTS)]
    write_jsonl(tmp_path / "in.jsonl", [*rows, b"{broken"])
    done = score_texts(lm, [str(tmp_path / "in.jsonl")], tmp_path / "out")
    found = pq.read_table(done.files[0])
    expected = text_columns(lm, pa.array(TEXTS, pa.large_string()))
    assert found.column("source_key").to_pylist() == ["d0", "d1", "d2"]
    assert found.column("perplexity").to_pylist() == expected.column("perplexity").to_pylist()
    assert set(found.column("model").to_pylist()) == {lm.digest}
    assert (done.read, done.scored, done.unreadable) == (3, 2, {"bad_json": 1})
    assert done.tokens_cut == sum(expected.column("tokens_cut").to_pylist()[2:]) > 0
    assert "order_cost" not in found.column_names
    texts = found.column("text").combine_chunks()
    costs = pq.read_table(score_texts(lm, [str(tmp_path / "in.jsonl")], tmp_path / "costs", drawings=1).files[0])
    assert costs.drop(COSTS.names).equals(found)
    assert costs.select(COSTS.names).to_pylist() == text_columns(lm, texts, drawings=1).select(COSTS.names).to_pylist()
    assert [row["order_cost"] is None for row in costs.to_pylist()] == [False, True, True]
    with pytest.raises(UsageError, match="is there already"):
        score_texts(lm, [str(tmp_path / "in.jsonl")], tmp_path / "out")


KILLED = """
import sys
from pathlib import Path
import torch
from corpus.models import kept
from corpus.models.causal.files import score_texts
from corpus.models.causal.model import load
torch.set_num_threads(1)  # as here: sums in another order are other numbers
kept.EVERY = 0.0
score_texts(load(sys.argv[1], device="cpu"), [sys.argv[2]], Path(sys.argv[3]), drawings=2)
"""


def test_a_repeated_call_goes_on_where_a_killed_one_was(loaded: Callable[..., CausalLM], tmp_path: Path) -> None:
    lm = loaded()
    rows = [{"doc_id": f"d{number}", "text": f"{TEXTS[0]}{number}。"} for number in range(500)]
    write_jsonl(tmp_path / "in.jsonl", rows)
    model = f"{lm.model.path}@{lm.model.digest}"
    asked = [sys.executable, "-c", KILLED, model, str(tmp_path / "in.jsonl"), str(tmp_path / "out")]
    child = subprocess.Popen(asked)
    while not list(tmp_path.glob("out/.kept/*.parquet")):
        assert child.poll() is None
        time.sleep(0.01)
    child.kill()
    assert child.wait() < 0
    assert not list(tmp_path.glob("out/*.parquet"))
    before = lm.work.tokens
    done = score_texts(lm, [str(tmp_path / "in.jsonl")], tmp_path / "out", drawings=2)
    after = lm.work.tokens
    assert 4 <= done.kept < 500
    whole = score_texts(lm, [str(tmp_path / "in.jsonl")], tmp_path / "whole", drawings=2)
    assert pq.read_table(done.files[0]).equals(pq.read_table(whole.files[0]))
    assert (done.scored, done.tokens, whole.kept) == (whole.scored, whole.tokens, 0)
    assert after - before < lm.work.tokens - after
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["scored.parquet"]
