"""Texts token by token: where each token begins and how many nats it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.models.causal.model import CausalLM, token_nats
from corpus.models.causal.prompt import start_of


@dataclass(frozen=True)
class Encoded:
    """The tokens of a text, and at which of its characters each begins."""

    ids: np.ndarray
    begins: np.ndarray


@dataclass(frozen=True)
class Told:
    """At which character each token that was read begins, and its nats: NaN where it was not judged. `end` is where the
    tokens that were read end, `left` how many were not."""

    begins: np.ndarray
    nats: np.ndarray
    end: int
    left: int = 0


def encoded(lm: CausalLM, texts: Sequence[str]) -> list[Encoded]:
    """The tokens of each text, without a start token."""
    if not texts:  # of which a tokenizer makes nothing
        return []
    said: Any = lm.tokenizer(
        list(texts), add_special_tokens=False, return_attention_mask=False, return_offsets_mapping=True
    )
    return [
        Encoded(np.array(ids, np.int64), np.array([one for one, _ in places], np.int64))
        for ids, places in zip(said["input_ids"], said["offset_mapping"], strict=True)
    ]


def told(lm: CausalLM, texts: Sequence[str], most: int) -> list[Told]:
    """Each text by the model: its first `most` tokens, in windows of `lm.most` that know nothing of one another.

    Every window begins with the start token; of a model without one the first token of a window is not judged.
    """
    start = np.array(start_of(lm.tokenizer), np.int64)
    room = lm.most - len(start)
    rows = encoded(lm, texts)
    owner, windows = [], []
    for row, one in enumerate(rows):
        for at in range(0, min(len(one.ids), most), room):
            owner.append(row)
            windows.append(np.concatenate([start, one.ids[at : min(at + room, most)]]))
    judged = token_nats(lm, windows, [np.arange(len(one)) > 0 for one in windows])
    parts: list[list[np.ndarray]] = [[np.zeros(0)] for _ in rows]
    for row, nats in zip(owner, judged, strict=True):
        parts[row] += [nats] if len(start) else [np.array([np.nan]), nats]
    found = []
    for text, one, part in zip(texts, rows, parts, strict=True):
        kept = min(len(one.ids), most)
        end = int(one.begins[kept]) if kept < len(one.ids) else len(text)
        found.append(Told(one.begins[:kept], np.concatenate(part), end, len(one.ids) - kept))
    return found
