"""How fast and how well a run uses its devices, by a convention that is stated and tested.

FLOPs of a token, forward and backward: 6 for each weight of a matrix product (embeddings looked up are none, the head
is one), and 12 L q S for attention over documents of S tokens on average, without the causal half off and without what
activation checkpointing computes again: "model" FLOPs, as torchtitan and PaLM count them. An adapter's frozen weights
have no gradient of their own: two thirds of that. MFU is that over the peak of the device in bf16, dense.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

PEAKS = {"A100": 312e12, "A800": 312e12, "H100": 989e12, "H800": 989e12, "H200": 989e12, "H20": 148e12}
"""bf16 dense FLOPs a second, of the vendor's sheets; a longer name wins over a shorter one that it begins with."""


def flops_per_token(config: Any, document: float, frozen: bool = False) -> float:
    """Model FLOPs of a token by a Llama-shaped configuration, in documents of `document` tokens on average."""
    heads = config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    query, key = heads * size, (getattr(config, "num_key_value_heads", None) or heads) * size
    hidden, layers = config.hidden_size, config.num_hidden_layers
    inner = getattr(config, "intermediate_size", None) or 4 * hidden
    matrices = layers * (2 * hidden * query + 2 * hidden * key + 3 * hidden * inner) + hidden * config.vocab_size
    return float(6 * matrices + 12 * layers * query * document) * (2 / 3 if frozen else 1)


def peak_of(name: str) -> float | None:
    """The peak of a device by its name; None where it is not known, and then no MFU is told."""
    fits = [known for known in PEAKS if known in name.upper()]
    return PEAKS[max(fits, key=len)] if fits else None


@dataclass
class Meter:
    """Since it was read last: seconds, seconds that training waited for data, places and real tokens of this rank, and
    the losses of each tier. `flops` is per token, `peak` of the device."""

    flops: float
    peak: float | None = None
    since: float = field(default_factory=time.perf_counter)
    waited: float = 0.0
    places: int = 0
    tokens: int = 0
    losses: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))

    def add(self, name: str, loss: float, count: float) -> None:
        """The sum of `count` tokens' losses of a tier."""
        self.losses[name][0] += loss
        self.losses[name][1] += count

    def read(self) -> dict[str, float]:
        """What is told of the time since the last reading; begins anew."""
        seconds = max(time.perf_counter() - self.since, 1e-9)
        rate = self.tokens / seconds
        found = {
            "tokens_per_second_per_gpu": rate,
            "model_tflops": rate * self.flops / 1e12,
            "useful_tokens": self.tokens / max(self.places, 1),
            "data_wait": self.waited / seconds,
        }
        if self.peak:
            found["mfu"] = rate * self.flops / self.peak
        self.since, self.waited, self.places, self.tokens = time.perf_counter(), 0.0, 0, 0
        return found

    def forget_time(self) -> None:
        """Leave out what was just done: an evaluation, a checkpoint."""
        self.since, self.waited, self.places, self.tokens = time.perf_counter(), 0.0, 0, 0
