"""What the shipped lists find, and at what speed: python bench/bench_wordlists.py FILE...

FILE: a .csv with `label` (0 or 1) and `TEXT`: precision and recall of any hit of the list that `--list` names; a .jsonl
with `text`, or a .json list of records: the records that fail a rule of `<lang>/wordlists`, and the hits of each list.
`--speed` measures MB/s of one core on the files' texts with as many terms as `--terms`, half of them cut from the text.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from corpus import wordlists
from corpus.kernels.catalogue import measure
from corpus.kernels.wordlist import Pattern, compile_patterns, scan
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules


def texts_of(path: Path) -> list[str]:
    if path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
    else:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    return [row["text"] if "text" in row else "\n".join(v for v in row.values() if isinstance(v, str)) for row in rows]


def labelled(path: Path, names: Sequence[str]) -> None:
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig")))
    text = pa.array([row["TEXT"] for row in rows], pa.large_string())
    truth = np.array([row["label"] == "1" for row in rows])
    for name in names:
        found = hits(text, [name])[:, 0] > 0
        right = int((found & truth).sum())
        precision = right / max(1, int(found.sum()))
        print(f"{path.name}: {name}: {found.sum()} of {len(rows)} hit, precision {precision:.3f}, "
              f"recall {right / max(1, int(truth.sum())):.3f}")  # fmt: skip


def hits(text: pa.Array, names: Sequence[str]) -> np.ndarray:
    patterns = [one for group, name in enumerate(names) for one in wordlists.load(name).patterns(group)]
    return scan(text, compile_patterns(patterns, len(names))).hits


def unlabelled(path: Path, lang: str) -> None:
    texts = texts_of(path)
    column = pa.array(texts, pa.large_string())
    rules = load_rules([f"{lang}/wordlists"])
    frame = pl.DataFrame(pl.from_arrow(measure(pa.RecordBatch.from_arrays([column], ["text"]), rules.calls)))
    found = verdicts(rules, frame.with_columns(lang=pl.lit(lang), source=pl.lit("bench")))
    failed = found.filter(pl.col("action") > 0).height
    print(f"{path.name}: {failed} of {len(texts)} records fail a rule ({100 * failed / len(texts):.2f} %)")
    names = [name for name in wordlists.shipped_names() if name.startswith(f"{lang}/")]
    counted = hits(column, names)
    for name, one in zip(names, counted.T, strict=True):
        print(f"  {name:16} {int((one > 0).sum()):6} records with a hit, {int(one.sum()):6} hits")


def speed(paths: Sequence[Path], many: int) -> None:
    texts = [text for path in paths for text in texts_of(path)]
    whole, chance, terms = "".join(texts), random.Random(1), set()
    characters = sorted({one for one in whole if "\u4e00" <= one <= "\u9fff"})
    while len(terms) < many // 2:
        place = chance.randrange(len(whole) - 6)
        piece = whole[place : place + chance.randint(4, 6)]
        if all("\u4e00" <= one <= "\u9fff" for one in piece):
            terms.add(piece)
    while len(terms) < many:
        terms.add("".join(chance.choices(characters, k=chance.randint(2, 6))))
    column = pa.array(texts * (1 + 20_000_000 // len(whole.encode())), pa.large_string())
    size = sum(len(text.encode()) for text in texts) * (len(column) // len(texts)) / 1e6
    shipped = [one for name in wordlists.shipped_names() for one in wordlists.load(name).patterns(0)]
    for said, patterns in (("cut from the text", [Pattern(term, 0) for term in sorted(terms)]), ("shipped", shipped)):
        automaton = compile_patterns(patterns, 1)
        scan(column.slice(0, 1), automaton)
        best = min(timed(column, automaton) for _ in range(4))
        print(f"{len(patterns)} terms, {said}: {size / best:.0f} MB/s")


def timed(column: pa.Array, automaton: object) -> float:
    start = time.process_time()
    scan(column, automaton)  # type: ignore[arg-type]
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--lang", default="zh")
    parser.add_argument("--list", action="append", default=[])
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--terms", type=int, default=10_000)
    options = parser.parse_args()
    if options.speed:
        speed(options.file, options.terms)
        return
    for path in options.file:
        if path.suffix == ".csv":
            labelled(path, options.list or [f"{options.lang}/abuse"])
        else:
            unlabelled(path, options.lang)


if __name__ == "__main__":
    main()
