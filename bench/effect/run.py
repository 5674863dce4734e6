"""What cleaning and order are worth: the same small model trained on one set after the other.

    python bench/effect/run.py --raw PAGES... --held CLEAN... --neutral OTHERS... --talks INSTRUCTIONS... --out DIR

Documents: the raw rows as they are, our tiers of them, as many of them at random, and what recipes of other tools
leave, each for `--tokens` tokens (a set that has fewer is repeated), scored by bits a character of `--held`, texts of
other sources. Conversations: stages from easy to hard, all at once, from hard to easy, the hardest alone, each for the
same steps, scored by bits a token of answers held out. The vocabulary, and the model that conversations begin with, are
made from `--neutral`, which shares no source with either. Every set is trained with every seed; differences are paired
by seed, with 95 % intervals of Student's t.

Files are JSONL (`text`; zstd or plain) or HTML pages, of instructions any that `corpus import` knows as JSON.
Everything lies below `--out`; a repeated command goes on where it was, and prints the tables of what is done.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from learn import lost, phases, train
from sets import Set, pack, random_rows, sets, talks, write_raw
from texts import capped, gathered, words_and_shape, write_tier
from told import AGAINST, tables

ORDERS = ("shuffled", "curriculum", "reversed", "hardest")
BASE = 4
"""Conversations begin with a model of this many times `--tokens` tokens."""


def main() -> None:
    from transformers.utils import logging

    logging.disable_progress_bar()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("raw", "held", "neutral"):
        parser.add_argument(f"--{name}", nargs="+", required=True, metavar="FILE")
    parser.add_argument("--talks", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=list(AGAINST), default=list(AGAINST))
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="of documents; all unless told")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=100_000, help="a model of documents is trained on")
    parser.add_argument("--raw-rows", type=int, default=80, help="of a raw file at most")
    parser.add_argument("--talk-rows", type=int, default=500, help="of a file of instructions at most")
    parser.add_argument("--rows", type=int, default=400, help="of any other file at most")
    parser.add_argument("--held-characters", type=int, default=12_000, help="of a source")
    parser.add_argument("--words", type=int, default=4096)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--length", type=int, default=256, help="tokens of a row of documents; twice that of talks")
    parser.add_argument("--batch", type=int, default=4, help="rows of a step; half of them of talks")
    parser.add_argument("--rate", type=float, default=3e-3)
    options = parser.parse_args()
    bench = Bench(options)
    bench.prepare()
    for seed in range(options.seeds):
        if "documents" in options.parts:
            bench.documents(seed)
        if "conversations" in options.parts and options.talks:
            bench.conversations(seed)
    print(tables(bench.found(), bench.told))


class Bench:
    """A directory with sets, models and results. One result is a line of `results.jsonl`."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.root = options, options.out
        self.results = self.root / "results.jsonl"
        self.told: dict[str, Any] = {}

    def prepare(self) -> None:
        """Vocabulary and shape, sets, held-out rows; what is there stays."""
        options = self.options
        self.root.mkdir(parents=True, exist_ok=True)
        self.rows = gathered(options.raw, options.raw_rows)
        if not (self.root / "shape").is_dir():
            neutral = [row.text for row in gathered(options.neutral, options.rows)]
            words_and_shape(neutral, self.root, options.words, options.hidden, options.layers, 2 * options.length)
            write_tier(neutral, self.root / "neutral", "neutral")
            write_raw(self.rows, self.root)
        held = capped(gathered(options.held, options.rows), options.held_characters)
        for source, texts in held.items():
            if not (self.root / "held" / "pretrain" / f"tier={source}").is_dir():
                write_tier(texts, self.root / "held", source)
        self.characters = {source: sum(map(len, texts)) for source, texts in held.items()}
        self.held = pack(self.root / "held", self.root, "held", options.length)
        self.sets = sets(self.root, options.length)
        self.steps = options.tokens // (options.batch * options.length)
        self.told["sets"] = {one.name: told(one, options.tokens) for one in self.sets}

    def documents(self, seed: int) -> None:
        """Every set once."""
        tokens = self.told["sets"]["our high tier"]["tokens"]
        random = random_rows(self.root, self.rows, tokens, seed, self.options.length)
        self.told["sets"]["random rows"] = told(random, self.options.tokens)
        for one in (*self.sets, random):
            asked = self.options.sets is None or one.name in self.options.sets
            if asked and self.new("documents", one.name, seed):
                model = self.pretrain(one, seed, self.steps)
                scored = lost(model, self.held, "train")
                bits = {name: [nats, self.characters[name]] for name, (nats, _) in scored.items()}
                self.add("documents", one.name, seed, bits)

    def conversations(self, seed: int) -> None:
        """Every order once, from the same model of neutral texts."""
        options = self.options
        packed = talks(self.root, options.talks, options.talk_rows, 2 * options.length)
        base = self.root / "base" / "model"
        if not (base / "data_provenance.json").is_file():
            neutral = pack(self.root / "neutral", self.root, "neutral", options.length)
            self.pretrain(Set("base", neutral, ("neutral",)), 0, BASE * self.steps, "base")
        own = manifest(packed)["tiers"]
        tiers = sorted(own)
        batch = max(1, options.batch // 2)
        steps = sum(own[tier]["train"]["rows"] // batch for tier in tiers)
        self.told["talks"] = {tier: own[tier]["train"]["records"] for tier in tiers} | {"steps": steps}
        for order in ORDERS:
            if self.new("conversations", order, seed):
                each = [phase for tier in tiers for phase in phases(packed, [tier], 1, batch)]
                if order == "hardest":
                    each[-1:] = phases(packed, tiers[-1:], steps, batch)
                model = train("sft", self.root / "tuned", {
                    "packed": [packed], "model": str(base), "phases": each, "order": order, "max_steps": steps,
                    "global_batch": batch, "per_device_train_batch_size": batch, "seed": seed,
                    "learning_rate": options.rate / 3,
                })  # fmt: skip
                scored = lost(model, packed, "validation")
                self.add("conversations", order, seed, {name: list(pair) for name, pair in scored.items()})

    def pretrain(self, one: Set, seed: int, steps: int, out: str = "model") -> Path:
        options = self.options
        return train("pretrain", self.root / out, {
            "packed": [one.packed], "config": str(self.root / "shape"),
            "phases": phases(one.packed, one.tiers, steps, options.batch), "max_steps": steps, "seed": seed,
            "global_batch": options.batch, "per_device_train_batch_size": options.batch,
            "learning_rate": options.rate,
        })  # fmt: skip

    def found(self) -> list[dict[str, Any]]:
        if not self.results.is_file():
            return []
        return [json.loads(line) for line in self.results.read_text().splitlines()]

    def new(self, part: str, name: str, seed: int) -> bool:
        return (part, name, seed) not in {(one["part"], one["set"], one["seed"]) for one in self.found()}

    def add(self, part: str, name: str, seed: int, lost: dict[str, Any]) -> None:
        line = {"part": part, "set": name, "seed": seed, "lost": lost, "cpu": round(time.process_time())}
        with self.results.open("a") as stream:
            stream.write(json.dumps(line) + "\n")
        print(f"{time.strftime('%H:%M:%S')}  {line['cpu']:5} s of CPU  {part}, seed {seed}: {name}", flush=True)


def told(one: Set, tokens: int) -> dict[str, Any]:
    """How large a set is, and how often it is read."""
    own = [manifest(one.packed)["tiers"][tier]["train"] for tier in one.tiers]
    there = sum(tier["tokens"] for tier in own)
    return {"records": sum(tier["records"] for tier in own), "tokens": there, "epochs": tokens / there}


def manifest(packed: str) -> dict[str, Any]:
    return dict(json.loads((Path(packed) / "manifest.json").read_bytes()))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
