"""Files scored by a causal LM: every row once, what is cut is counted, nothing is overwritten."""

from __future__ import annotations

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
