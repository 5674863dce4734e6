"""Causal LM scores: python bench/bench_causal.py [--model NAME] [--rows 100] [--layers 4] [--width 256] [--half].

Losses of the demo's texts, the same with what disorder costs them (two orders, two crossings), and answer loss and IFD
of their second halves after their first, one row at a time and in batches: rows and tokens a second, and by how much
batches change a loss. Without --model a Llama with random weights and a token for each character is made; the device is
picked by itself, --half has a CPU compute in bf16.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import measured
import numpy as np
import pyarrow as pa

from corpus.demo.prose import distinct
from corpus.models.causal.model import load
from corpus.models.causal.scores import answer_columns, text_columns
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--half", action="store_true")
    options = parser.parse_args()
    texts = [one.text for one in distinct("zh", options.rows, Random(0))]
    asks = pa.array([text[: len(text) // 2] for text in texts], pa.large_string())
    answers = pa.array([text[len(text) // 2 :] for text in texts], pa.large_string())
    none = pa.array([""] * len(texts), pa.large_string())
    with tempfile.TemporaryDirectory() as folder:
        name = options.model or made(Path(folder) / "model", texts, options.layers, options.width)
        half = options.half or None
        load(name, half=half)  # not measured
        losses = {}
        for alone in (True, False):
            lm = load(name, alone=alone, half=half)
            text_columns(lm, asks.slice(0, 2))
            for what, drawings in (("texts", 0), ("disorder", 2)):
                start = time.perf_counter()
                scored = text_columns(lm, pa.array(texts, pa.large_string()), drawings=drawings)
                spent = time.perf_counter() - start
                report(what, alone, lm, len(texts), sum(scored["tokens"].to_pylist()), spent)
            start = time.perf_counter()
            rows = answer_columns(lm, asks, none, answers)
            spent = time.perf_counter() - start
            # An answer goes through twice, its ask once.
            report("answers", alone, lm, len(texts), 2 * sum(rows["answer_tokens"].to_pylist()), spent)
            losses[alone] = np.array(rows["answer_loss"].to_pylist(), float)
    print(f"batches change an answer loss by {np.nanmax(np.abs(losses[True] - losses[False])):.1e} at most; "
          f"{measured.load()}")  # fmt: skip


def report(what: str, alone: bool, lm: Any, rows: int, tokens: int, spent: float) -> None:
    way = "one at a time" if alone else f"batches of {lm.batch_tokens} tokens"
    print(f"{what:8} {way:24} on {lm.device}: {rows / spent:8.1f} rows/s, {tokens / spent:8.0f} counted tokens/s")


def made(folder: Path, texts: list[str], layers: int, width: int) -> str:
    import neural
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    neural.CHARACTERS = "".join(dict.fromkeys("".join(texts)))
    words = neural.tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=width, intermediate_size=3 * width, num_hidden_layers=layers,
        num_attention_heads=width // 64, max_position_embeddings=2048,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    print(f"{sum(one.numel() for one in network.parameters()) / 1e6:.1f} million weights, {len(words)} words")
    network.save_pretrained(folder)
    words.save_pretrained(folder)
    torch.set_num_threads(2)
    return f"{folder}@{digest_of(hashed(folder))}"


if __name__ == "__main__":
    main()
