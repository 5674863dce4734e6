"""Costs are computed a second time with plain torch, one version at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
import torch

from corpus.models.causal.costs import COSTS, FIRST
from corpus.models.causal.disorder import Sentences, Version, beginning
from corpus.models.causal.model import CausalLM
from corpus.models.causal.scores import TEXT, text_columns

Loader = Callable[..., CausalLM]
SONG = "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。a quick fox, b slow dog.\n天地日月，盈昃暑往。"
TEXTS = [
    SONG,
    "天地玄黄。日月盈昃。辰宿列张。寒来暑往。",
    "天地玄黄。日月盈昃。辰宿列张。",
    None,
    "",
    SONG * 3,
    "玄" * 90,
]


def column(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.large_string())


def cost_columns(lm: CausalLM, texts: pa.Array, drawings: int = 2, most: int | None = None) -> pa.RecordBatch:
    found = text_columns(lm, texts, most, drawings)
    assert found.select(TEXT.names).equals(text_columns(lm, texts, most))
    return found.select(COSTS.names)


def by_character(lm: CausalLM, text: str) -> list[float]:
    """-log p of each character; of the first 63, which have room behind the start token."""
    ids = [lm.tokenizer.bos_token_id, *lm.tokenizer.convert_tokens_to_ids(list(text))][:64]
    with torch.no_grad():
        told = torch.log_softmax(lm.network(torch.tensor([ids])).logits[0].double(), 1)
    return [-float(told[place - 1, ids[place]]) for place in range(1, len(ids))]


def by_hand(lm: CausalLM, text: str, drawings: int) -> list[float | None]:
    read = Sentences(beginning(text, 63))
    if len(read.moved) < 4:
        return [None, None]
    stood = by_character(lm, read.whole().text)
    versions = [read.ordered() for _ in range(drawings)], [read.crossed() for _ in range(drawings)]
    return [_mean([cost for one in kind for cost in _costs(lm, read.whole(), stood, one)]) for kind in versions]


def _costs(lm: CausalLM, whole: Version, stood: list[float], version: Version) -> list[float]:
    told = by_character(lm, version.text)
    found = []
    for piece in version.judged:
        many = min(FIRST, piece.end - piece.start)
        before = whole.at[piece.sentence, 0] + piece.start
        after = version.at[piece.sentence, piece.start]
        found.append(sum(told[after : after + many]) - sum(stood[before : before + many]))
    return found


def _mean(costs: list[float]) -> float | None:
    return float(np.mean([np.sign(one) * abs(one) ** 0.5 for one in costs])) if costs else None


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("alone", [True, False])
def test_costs_are_what_plain_torch_says(loaded: Loader, kind: str, alone: bool) -> None:
    lm = loaded(kind, alone=alone, batch_tokens=200)
    found = cost_columns(lm, column(TEXTS), drawings=3)
    assert found.schema == COSTS
    for text, row in zip(TEXTS, found.to_pylist(), strict=True):
        order, seam = by_hand(lm, text or "", 3)
        assert row["order_cost"] == (None if order is None else pytest.approx(order, rel=1e-3, abs=1e-4))
        assert row["seam_cost"] == (None if seam is None else pytest.approx(seam, rel=1e-3, abs=1e-4))
    assert [row["order_cost"] is None for row in found.to_pylist()] == [False, False, True, True, True, False, True]
    assert found.column("seam_cost").to_pylist()[1] is None  # sentences of four letters are moved, not cut


def test_costs_of_a_text_depend_on_it_alone(loaded: Loader) -> None:
    lm = loaded(alone=True)
    every = cost_columns(lm, column(TEXTS)).to_pylist()
    for text, row in zip(TEXTS, every, strict=True):
        assert cost_columns(lm, column([text])).to_pylist() == [row]
    assert cost_columns(lm, column([])).num_rows == 0


def test_of_a_long_text_the_sentences_within_the_bound_are_looked_at(loaded: Loader) -> None:
    lm = loaded(alone=True)
    text = "天地玄黄。日月盈昃。辰宿列张。寒来暑往。秋收冬藏。"
    bounded = cost_columns(lm, column([text]), most=24).to_pylist()
    assert bounded == cost_columns(lm, column([text[:20]])).to_pylist()
    assert bounded != cost_columns(lm, column([text]), most=25).to_pylist()


def test_a_text_whose_order_the_model_knows_loses_by_disorder_and_a_shuffled_one_does_not(loaded: Loader) -> None:
    lm = loaded("llama", chat=True, alone=True)  # a model of its own: it is taught here
    known = "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。列张盈昃，玄黄天地。洪荒暑往，冬藏日月。"
    ids = torch.tensor([[lm.tokenizer.bos_token_id, *lm.tokenizer.convert_tokens_to_ids(list(known))]])
    untaught = {name: value.clone() for name, value in lm.network.state_dict().items()}
    steps = torch.optim.AdamW(lm.network.parameters(), 1e-2)
    try:
        for _ in range(60):
            lm.network(input_ids=ids, labels=ids).loss.backward()
            steps.step()
            steps.zero_grad()
        read = Sentences(known)
        texts = [known, *(read.ordered().text for _ in range(4)), *(read.crossed().text for _ in range(4))]
        found = cost_columns(lm, column(texts), drawings=4).to_pylist()
    finally:
        lm.network.load_state_dict(untaught)
    whole, shuffled, crossed = found[0], found[1:5], found[5:]
    assert whole["order_cost"] > max(0.5, *(row["order_cost"] for row in shuffled))
    assert whole["seam_cost"] > max(0.5, *(row["seam_cost"] for row in crossed))
