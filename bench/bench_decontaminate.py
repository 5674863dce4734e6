"""Speed, recall and false alarms of looking for benchmark items.

python bench/bench_decontaminate.py --against FILES... --clean FILES.jsonl[.zst]... [--words 8 --characters 13]

Prints MB of UTF-8 a second of one core for each step on the clean texts; how many of them an item is found in, by
coverage (these are read, not assumed to be false); and, for every way of changing the items, the share of those that
are found when each is put into the middle of a clean text.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.decontaminate.benchmarks import files_of, read_items
from corpus.decontaminate.index import Index, build
from corpus.kernels.quote_units import quote_units

BATCH = 512
Change = Callable[[dict[str, Any], random.Random], str]


def texts_of(paths: list[Path], field: str, limit: int) -> Iterator[str]:
    import zstandard

    size = 0
    for path in paths:
        with zstandard.open(path, "rb") if path.suffix == ".zst" else path.open("rb") as stream:
            for line in io.BufferedReader(stream):
                text = json.loads(line).get(field)
                if isinstance(text, str):
                    size += len(text.encode())
                    yield text
                if size > limit:
                    return


def best(work: Callable[[], object]) -> float:
    work()
    found = []
    for _ in range(3):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def plain(item: dict[str, Any], _: random.Random) -> str:
    return "\n".join([item["question"], *(f"{a}. {b}" for a, b in zip("ABCDEFGHIJ", item["options"], strict=False))])


def shuffled(item: dict[str, Any], rng: random.Random) -> str:
    options = rng.sample(item["options"], len(item["options"]))
    return "\n".join([item["question"], *(f"（{a}）{b}" for a, b in zip("ABCDEFGHIJ", options, strict=False))])


def marked(item: dict[str, Any], rng: random.Random) -> str:
    """Other punctuation, full width, upper case, other spacing."""
    text = re.sub(r"[，,。.？?]", lambda _: rng.choice("，,、;"), plain(item, rng)) + "。"
    text = re.sub(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", lambda _: rng.choice(["", "", " "]), text)
    return text.upper().translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)})


def alone(item: dict[str, Any], _: random.Random) -> str:
    return str(item["question"])


def edited(item: dict[str, Any], rng: random.Random, every: int) -> str:
    """One character in `every`, or one word in a third as many, is another one; the labels and options stay."""
    parts = re.findall(r"[A-Za-z]+|[^A-Za-z]", str(item["question"]))
    for place, part in enumerate(parts):
        if rng.random() < (3 if part.isascii() and part.isalpha() else 1) / every and part.isalpha():
            parts[place] = rng.choice("某他她它甲乙丙") if not part.isascii() else "something"
    return plain({**item, "question": "".join(parts)}, rng)


CHANGES: dict[str, Change] = {
    "as it is": plain,
    "options in another order": shuffled,
    "marks, width, case, spaces": marked,
    "question alone on a line": alone,
    "1 in 50 replaced": lambda item, rng: edited(item, rng, 50),
    "1 in 20 replaced": lambda item, rng: edited(item, rng, 20),
}


def recall(index: Index, items: list[dict[str, Any]], texts: list[str], change: Change, coverage: float) -> np.ndarray:
    rng = random.Random(7)
    found = np.zeros(len(items), bool)
    for first in range(0, len(items), BATCH):
        some = []
        for item in items[first : first + BATCH]:
            host = rng.choice(texts)[:2000]
            cut = host.find("\n", len(host) // 2) + 1
            some.append(f"{host[:cut]}\n{change(item, rng)}\n{host[cut:]}")
        hits = index.search(pa.array(some, pa.large_string())).filter(pl.col("coverage") >= coverage)
        own = hits.filter(pl.col("row") + first == pl.col("item"))
        found[own["item"].to_numpy()] = True
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--against", nargs="+", required=True)
    options.add_argument("--clean", nargs="+", type=Path, required=True)
    options.add_argument("--field", default="text")
    options.add_argument("--mb", type=int, default=200)
    options.add_argument("--words", type=int, default=8)
    options.add_argument("--characters", type=int, default=13)
    options.add_argument("--coverage", type=float, default=0.7)
    options.add_argument("--show", type=int, default=0, help="so many of the items found in clean texts, to read")
    asked = options.parse_args()
    table = read_items(files_of(asked.against))
    items = table.to_pylist()
    began = time.process_time()
    index = build(table, asked.words, asked.characters)
    print(
        f"{len(items):,} items, {index.looked_for.mean():.1%} looked for, {time.process_time() - began:.1f} s to index"
    )
    texts = list(texts_of(asked.clean, asked.field, asked.mb * 1_000_000))
    whole = pa.array(texts, pa.large_string())
    batches = [whole.slice(first, BATCH) for first in range(0, len(whole), BATCH)]
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(texts):,} clean texts, {size:.1f} MB")
    units = [quote_units(batch) for batch in batches]
    steps: dict[str, Callable[[], object]] = {
        "units with their places": lambda: [quote_units(batch) for batch in batches],
        "grams looked up": lambda: [index.long.table.find(some) for some in units],
        "short questions": lambda: [index.short.find(some) for some in units],
        "all of it": lambda: [index.search(batch) for batch in batches],
    }
    for name, work in steps.items():
        print(f"  {name:<28}{size / best(work):7.0f} MB/s")
    places = pl.concat(
        [index.search(batch).with_columns(pl.col("row") + BATCH * place) for place, batch in enumerate(batches)]
    )
    for least in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        print(f"  texts with an item by {least}: {places.filter(pl.col('coverage') >= least)['row'].n_unique():,}")
    for place in places.sort("coverage", "row", descending=[True, False]).head(asked.show).iter_rows(named=True):
        said = texts[place["row"]].encode()[place["start"] : place["end"]].decode()
        print(f"    {place['coverage']:.2f} {place['how']}: {said[:100]!r}")
        print(f"      {items[place['item']]['question'][:100]!r}")
    names = np.array([item["benchmark"] for item in items])
    every = index.looked_for
    print("found of the items that are looked for, by benchmark")
    for name, change in CHANGES.items():
        found = recall(index, items, texts, change, asked.coverage)[every]
        by = Counter(names[every])
        parts = ", ".join(f"{one} {found[names[every] == one].mean():.3f}" for one in by)
        print(f"  {name:<28}{found.mean():6.3f}   {parts}")


if __name__ == "__main__":
    main()
