"""Embeddings by a sentence-transformers model: python bench/bench_embed_sentence.py [--model NAME] [--rows 200].

The demo's texts, one chunk at a time and in batches: rows, chunks and characters a second, and by how much batches (and
mixed precision, on a GPU) change a number of a vector. Without --model a BERT with random weights is made; the device
is picked by itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import measured
import numpy as np
import pyarrow as pa

from corpus.demo.prose import distinct
from corpus.embed.sentence import load
from corpus.models.registry.look import hashed
from corpus.models.registry.pins import digest_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--places", type=int, default=512)
    parser.add_argument("--width", type=int, default=256)
    options = parser.parse_args()
    texts = pa.array([one.text for one in distinct("zh", options.rows, Random(0))], pa.large_string())
    characters = sum(map(len, texts.to_pylist()))
    with tempfile.TemporaryDirectory() as folder:
        name = options.model
        if name is None:
            import neural
            import torch

            neural.CHARACTERS = "".join(dict.fromkeys("".join(texts.to_pylist())))
            place = neural.sentences(Path(folder) / "model", options.places, options.width)
            torch.set_num_threads(2)
            name = f"{place}@{digest_of(hashed(place))}"
        vectors = {}
        for alone in (True, False):
            one = load(name, alone=alone)
            one.embed(texts.slice(0, 4))
            start = time.perf_counter()
            found = one.read(texts)
            spent = time.perf_counter() - start
            vectors[alone] = found.vectors.astype(float)
            way = "one at a time" if alone else f"batches of {one.batch_tokens} tokens"
            print(f"{way:24} on {one.device}, {one.dim} numbers: {len(texts) / spent:7.1f} rows/s, "
                  f"{found.chunks.sum() / spent:7.1f} chunks/s, {characters / spent:8.0f} characters/s")  # fmt: skip
    print(f"batches change a number by {np.abs(vectors[True] - vectors[False]).max():.1e} at most; {measured.load()}")


if __name__ == "__main__":
    main()
