"""How many weights a model has, from its config.json alone. Layers like Llama's are added up here, so that a plan needs
no torch; torch counts any other on no device (`train.models.counted`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KNOWN = ("llama", "mistral", "qwen2", "qwen3")


@dataclass(frozen=True)
class Shape:
    """A decoder. `matrices` are the sides of the linear layers of one block, `vectors` the weights of its norms and
    biases; `tied`: the head is the embeddings."""

    hidden_size: int
    num_hidden_layers: int
    vocab_size: int
    matrices: tuple[tuple[int, int], ...]
    vectors: int
    tied: bool

    @property
    def rows(self) -> int:
        """Weights of embeddings and head."""
        return self.vocab_size * self.hidden_size * (1 if self.tied else 2)

    @property
    def whole(self) -> int:
        """All weights."""
        block = sum(low * high for low, high in self.matrices) + self.vectors
        return self.num_hidden_layers * block + self.hidden_size + self.rows

    def lora(self, r: int) -> int:
        """Weights of an adapter of rank `r` over all linear layers but the head."""
        return self.num_hidden_layers * r * sum(low + high for low, high in self.matrices)


def known(given: str) -> Shape | None:
    """Of the config.json at `given` or in it; None where it is not there, or of another family."""
    path = Path(given)
    try:
        told = json.loads((path / "config.json" if path.is_dir() else path).read_text(encoding="utf-8"))
        return _shape(told) if told["model_type"] in KNOWN else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _shape(told: dict[str, Any]) -> Shape:
    kind, hidden, wide = told["model_type"], told["hidden_size"], told["intermediate_size"]
    heads = told["num_attention_heads"]
    head = told.get("head_dim") or hidden // heads
    keys = (told.get("num_key_value_heads") or heads) * head
    queries = heads * head
    biased = kind in ("llama", "qwen3") and told.get("attention_bias")
    vectors = 2 * hidden
    vectors += queries + 2 * keys if biased or kind == "qwen2" else 0
    vectors += hidden if biased else 0
    vectors += 2 * head if kind == "qwen3" else 0
    vectors += 2 * wide + hidden if kind == "llama" and told.get("mlp_bias") else 0
    return Shape(
        hidden, told["num_hidden_layers"], told["vocab_size"],
        ((hidden, queries), (hidden, keys), (hidden, keys), (queries, hidden),
         (hidden, wide), (hidden, wide), (wide, hidden)),
        vectors, bool(told.get("tie_word_embeddings")),
    )  # fmt: skip
