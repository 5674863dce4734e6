"""Answers do not depend on who is in the batch; sampling repeats with its seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import neural
import pytest

from corpus.errors import UsageError
from train.speaking import Decoding, Speaker, load

CHATS = [[{"role": "user", "content": text}] for text in ("天地玄黄", "寒", "abc 123")]


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    return load(str(neural.causal(tmp_path_factory.mktemp("model"), chat=True)))


def test_a_batch_gives_each_the_answer_it_has_alone(speaker: Speaker) -> None:
    short = Decoding(max_new_tokens=8, min_new_tokens=4)
    together = speaker.replies(CHATS, short)
    assert together == [speaker.replies([chat], short)[0] for chat in CHATS]
    assert all(len(one) == 1 and one[0] for one in together)
    assert "".join(speaker.words(CHATS[0], short)).strip() == together[0][0]


def test_sampling_gives_as_many_draws_as_asked_and_repeats_with_its_seed(speaker: Speaker) -> None:
    sampled = Decoding(max_new_tokens=8, temperature=1.0, top_k=30, seed=3)
    first = speaker.replies(CHATS, sampled, draws=3)
    assert [len(one) for one in first] == [3, 3, 3]
    assert first == speaker.replies(CHATS, sampled, draws=3)
    assert first != speaker.replies(CHATS, sampled.model_copy(update={"seed": 4}), draws=3)
    assert len(set(first[0])) > 1


def test_beams_length_and_repetition_are_heeded(speaker: Speaker) -> None:
    never_twice = Decoding(max_new_tokens=12, min_new_tokens=12, num_beams=2, no_repeat_ngram_size=1)
    text = speaker.replies(CHATS[:1], never_twice)[0][0].replace(" ", "")
    assert len(text) >= 8
    assert len(set(text)) == len(text)


@pytest.mark.parametrize("bits", [4, 8])
def test_four_and_eight_bits_answer_much_as_the_whole_does(tmp_path: Path, bits: Any) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    words = neural.tokenizer(chat=True)
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(words), initializer_range=0.05, **sizes)).save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    whole, small = load(str(tmp_path)), load(str(tmp_path), bits=bits)
    ids = whole.tokenizer("天地玄黄宇宙洪荒", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        wanted, found = (speaker.model(ids).logits.float().flatten() for speaker in (whole, small))
    assert not torch.equal(wanted, found)
    assert torch.corrcoef(torch.stack([wanted, found]))[0, 1] > 0.9
    assert small.replies(CHATS[:1], Decoding(max_new_tokens=2))


def test_what_is_no_model_or_has_no_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model can be loaded"):
        load(str(tmp_path))
    bare = load(str(neural.causal(tmp_path / "bare")))
    with pytest.raises(UsageError, match="no chat template"):
        bare.replies(CHATS[:1], Decoding())
