"""Every figure here is computed a second time with plain torch, one row at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
import torch

from corpus.models.causal.model import CausalLM
from corpus.models.causal.prompt import Prompt
from corpus.models.causal.scores import ANSWER, TEXT, answer_columns, text_columns

Loader = Callable[..., CausalLM]
ASKS = ["天地玄黄？", "list a few words", "", "日月", "abc " * 12, "宇宙洪荒" * 20]
GIVEN = ["", "sun moon", "寒来暑往", "N/A", None, ""]
ANSWERS = ["宇宙洪荒。", "stars", "秋收冬藏，" * 3, "", "天地玄黄" * 9, "abc"]
TEXTS = ["天地玄黄，宇宙洪荒。", "", None, "a", "日月盈昃 the moon. " * 9, "乱"]


def column(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.large_string())


def by_hand(lm: CausalLM, before: list[int], said: list[int]) -> float:
    """The mean nats of `said` after `before`, without a batch, a mask or a library's loss."""
    return float(np.mean(nats_by_hand(lm, before, said)))


def nats_by_hand(lm: CausalLM, before: list[int], said: list[int]) -> list[float]:
    """The nats of each token of `said`."""
    ids = torch.tensor([before + said])
    with torch.no_grad():
        logits = lm.network(ids).logits[0]
    places = range(len(before), ids.shape[1])
    return [-float(torch.log_softmax(logits[place - 1].double(), 0)[ids[0, place]]) for place in places]


def ids_of(lm: CausalLM, text: str) -> list[int]:
    return [lm.tokenizer.convert_tokens_to_ids(one) for one in text]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
@pytest.mark.parametrize("alone", [True, False])
def test_ifd_is_the_loss_given_the_instruction_over_the_loss_given_nothing(
    loaded: Loader, kind: str, alone: bool
) -> None:
    lm = loaded(kind, alone=alone, batch_tokens=100)
    found = answer_columns(lm, column(ASKS), column(GIVEN), column(ANSWERS)).to_pylist()
    start = [lm.tokenizer.bos_token_id]
    for ask, given, answer, row in zip(ASKS, GIVEN, ANSWERS, found, strict=True):
        given = "" if given in (None, "N/A") else given
        prompt = start + ids_of(lm, f"{ask}\n\n{given}\n\n" if given else f"{ask}\n\n")
        said = ids_of(lm, answer)
        kept = said[: max(0, 64 - len(prompt))]
        assert (row["answer_tokens"], row["tokens_cut"]) == (len(kept), len(said) - len(kept))
        if not kept:
            assert row["answer_loss"] is row["answer_loss_alone"] is row["ifd"] is None
            continue
        told, untold = by_hand(lm, prompt, kept), by_hand(lm, start, kept)
        assert row["answer_loss"] == pytest.approx(told, rel=1e-5)
        assert row["answer_loss_alone"] == pytest.approx(untold, rel=1e-5)
        assert row["ifd"] == pytest.approx(told / untold, rel=1e-5)
    assert found[5]["tokens_cut"] == 3  # no room behind its instruction


def test_a_chat_template_makes_the_prompt_where_the_model_has_one(loaded: Loader) -> None:
    lm = loaded(chat=True)
    row = answer_columns(lm, column(["sun"]), column(["moon"]), column(["stars"])).to_pylist()[0]
    prompt = ids_of(lm, "<user>sun\n\nmoon<assistant>")
    assert row["answer_loss"] == pytest.approx(by_hand(lm, prompt, ids_of(lm, "stars")), rel=1e-5)
    assert row["answer_loss_alone"] == pytest.approx(
        by_hand(lm, [lm.tokenizer.bos_token_id], ids_of(lm, "stars")), rel=1e-5
    )
    named = answer_columns(lm, column(["sun"]), column([""]), column(["stars"]), Prompt("{instruction}. "))
    prompt = [lm.tokenizer.bos_token_id, *ids_of(lm, "sun. ")]
    assert named["answer_loss"][0].as_py() == pytest.approx(by_hand(lm, prompt, ids_of(lm, "stars")), rel=1e-5)


def test_without_a_start_token_the_first_of_an_answer_counts_in_neither_loss(loaded: Loader) -> None:
    lm = loaded(ends=False)
    row = answer_columns(lm, column(["sun"]), column([""]), column(["moon"])).to_pylist()[0]
    assert row["answer_tokens"] == 3
    m, *oon = ids_of(lm, "moon")
    assert row["answer_loss"] == pytest.approx(by_hand(lm, [*ids_of(lm, "sun\n\n"), m], oon), rel=1e-5)
    assert row["answer_loss_alone"] == pytest.approx(by_hand(lm, [m], oon), rel=1e-5)


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_the_loss_of_a_text_is_that_of_its_windows_and_what_is_left_out_is_counted(loaded: Loader, kind: str) -> None:
    lm = loaded(kind)
    start = [lm.tokenizer.bos_token_id]
    for most in (None, 150):
        found = text_columns(lm, column(TEXTS), most).to_pylist()
        for text, row in zip(TEXTS, found, strict=True):
            ids = ids_of(lm, text or "")
            kept = ids[: most or 64]
            windows = [kept[at : at + 63] for at in range(0, len(kept), 63)]
            assert (row["tokens"], row["tokens_cut"]) == (len(kept), len(ids) - len(kept))
            if not kept:
                assert row["nats"] is row["perplexity"] is row["bits_per_character"] is row["peak_nats"] is None
                continue
            nats = sum(len(one) * by_hand(lm, start, one) for one in windows)
            assert row["nats"] == pytest.approx(nats, rel=1e-5)
            assert row["perplexity"] == pytest.approx(math.exp(nats / len(kept)), rel=1e-4)
            assert row["bits_per_character"] == pytest.approx(nats / math.log(2) / len(kept), rel=1e-5)
            each = [told for one in windows for told in nats_by_hand(lm, start, one)]
            assert row["peak_nats"] == pytest.approx(np.quantile(each, 0.95), rel=1e-5)


def test_alone_a_row_is_the_same_to_the_bit_among_any_others(loaded: Loader) -> None:
    lm = loaded(alone=True)
    texts = column([one for one in TEXTS if one] * 3)
    whole = text_columns(lm, texts)
    parts = [text_columns(lm, texts.slice(at, 1)) for at in range(len(texts))]
    assert pa.Table.from_batches([whole]).equals(pa.Table.from_batches(parts).combine_chunks())
    rows = [column(values) for values in (ASKS, GIVEN, ANSWERS)]
    backwards = [column(values[::-1]) for values in (ASKS, GIVEN, ANSWERS)]
    assert answer_columns(lm, *rows).to_pylist() == answer_columns(lm, *backwards).to_pylist()[::-1]


@pytest.mark.parametrize("tokens", [1, 70, 400, 5000])
def test_batches_change_a_loss_by_rounding_only(loaded: Loader, tokens: int) -> None:
    rows = [column(values * 4) for values in (ASKS, GIVEN, ANSWERS)]
    alone = answer_columns(loaded(alone=True), *rows)
    batched = answer_columns(loaded(alone=False, batch_tokens=tokens), *rows)
    for name in ("answer_loss", "answer_loss_alone"):
        one, other = (np.array(found[name].to_numpy(zero_copy_only=False)) for found in (alone, batched))
        assert np.allclose(one, other, rtol=0, atol=1e-5, equal_nan=True)


def test_no_rows_are_no_rows(loaded: Loader) -> None:
    none = column([])
    assert text_columns(loaded(), none).equals(pa.RecordBatch.from_pylist([], TEXT))
    assert answer_columns(loaded(), none, none, none).equals(pa.RecordBatch.from_pylist([], ANSWER))
