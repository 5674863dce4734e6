"""A local causal language model goes on with a conversation; each answer by itself, with a seed of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from corpus.errors import UsageError
from corpus.judge.schema import Chat, Sampling
from corpus.models.causal.model import CausalLM


@dataclass(frozen=True)
class Made:
    """The text, the tokens of prompt and answer, and whether the bound of tokens ended it."""

    text: str
    asked: int
    said: int
    cut: bool


def reply(lm: CausalLM, chat: Chat, sampling: Sampling) -> Made:
    """What the model says next, by its own chat template. `temperature` 0 or None is greedy.

    The seed of a sampled answer is `sampling.seed` with the digest of the conversation and the draw. Without room the
    answer is empty and cut. UsageError when the tokenizer has no chat template.
    """
    import torch

    if not getattr(lm.tokenizer, "chat_template", None):
        raise UsageError(f"{lm.model.name}: its tokenizer has no chat template, so nothing says how to ask it")
    turns = [{"role": role, "content": text} for role, text in chat.messages]
    text = lm.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    given = lm.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"].to(lm.device)
    room = min(sampling.max_tokens, lm.most - given.shape[1])
    if room < 1:
        return Made("", given.shape[1], 0, cut=True)
    sampled = bool(sampling.temperature)
    more: dict[str, Any] = {"do_sample": sampled}
    if sampled:
        told = hashlib.sha256(f"{sampling.seed} {chat.content} {chat.draw}".encode()).digest()
        torch.manual_seed(int.from_bytes(told[:7], "big"))
        more.update(temperature=sampling.temperature, top_p=sampling.top_p or 1.0)
    with torch.inference_mode():
        out = lm.network.generate(
            given, attention_mask=torch.ones_like(given), max_new_tokens=room, **more,
            pad_token_id=lm.tokenizer.pad_token_id or lm.tokenizer.eos_token_id,
        )[0, given.shape[1] :]  # fmt: skip
    ends = lm.network.generation_config.eos_token_id or lm.tokenizer.eos_token_id
    known = set(ends if isinstance(ends, list) else [ends])
    tokens = out.tolist()
    cut = len(tokens) >= room and tokens[-1] not in known
    return Made(lm.tokenizer.decode(tokens, skip_special_tokens=True).strip(), given.shape[1], len(tokens), cut)
