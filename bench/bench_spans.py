"""Repeated spans and near-duplicate paragraphs: python bench/bench_spans.py FILE.jsonl[.zst] [--mb 30] [--field text].

Prints MB of UTF-8 a second of one core for each kernel and sidecar, how many anchors there are by window length and
what they cost to store; then, by window length, what a run finds of spans that were put into its records on purpose:
every length of `--lengths`, each span of random characters in two records, at random places. CPU time, the best of
three after a first run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
import pyarrow as pa

from corpus import config, pipeline
from corpus.flow import flow
from corpus.kernels.placed import placed_units
from corpus.kernels.winnow import Windows, anchors_of
from corpus.runner import Runner
from corpus.stages.anchors import SpanAnchors
from corpus.stages.sign_paragraphs import SignParagraphs

BATCH = 1024
PLANTED = 200
"""Spans of each length."""


def texts_of(path: Path, field: str, limit: int) -> Iterator[str]:
    import zstandard

    size = 0
    with zstandard.open(path, "rb") if path.suffix == ".zst" else path.open("rb") as stream:
        for line in io.BufferedReader(stream):
            text = json.loads(line)[field]
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


def kernels(texts: list[str]) -> None:
    column = pa.array(texts, pa.large_string())
    size = column.nbytes / 1e6
    batches = pa.table({"text": column}).to_batches(max_chunksize=BATCH)
    units = [placed_units(batch.column(0)) for batch in batches]
    many = sum(len(some.values) for some in units)
    print(f"{len(texts):,} texts, {size:.1f} MB, {many:,} units")
    steps: dict[str, Callable[[], object]] = {
        "units with their places": lambda: [placed_units(batch.column(0)) for batch in batches],
        "anchors, from the units": lambda: [anchors_of(some, Windows(50)) for some in units],
        "sidecar anchors": lambda: [SpanAnchors(50)(batch) for batch in batches],
        "sidecar sign-paragraphs": lambda: [SignParagraphs(config.NearParagraphs())(batch) for batch in batches],
    }
    for name, work in steps.items():
        print(f"{name:<26}{size / best(work):8.0f} MB/s")
    print(f"{'length':>8}{'gram':>6}{'reach':>7}{'units an anchor':>17}{'stored / text':>15}")
    for length in (30, 50, 64, 100, 200):
        shape = Windows(length)
        found = sum(len(anchors_of(some, shape)[0]) for some in units)
        line = f"{length:>8}{shape.gram:>6}{shape.reach:>7}{many / found:>17.1f}{8 * found / size / 1e6:>15.1%}"
        print(line)


def random_text(chosen: random.Random, characters: int) -> str:
    return "".join(chr(chosen.randrange(0x4E00, 0x9F00)) for _ in range(characters))


def planted(texts: list[str], lengths: list[int]) -> tuple[list[str], dict[str, int]]:
    """Texts with one span or none in each, and how long each span is."""
    chosen = random.Random(7)
    rows = list(texts)
    free = chosen.sample(range(len(rows)), 2 * PLANTED * len(lengths))
    spans: dict[str, int] = {}
    for length in lengths:
        for _ in range(PLANTED):
            span = random_text(chosen, length)
            spans[span] = length
            for row in (free.pop(), free.pop()):
                place = chosen.randrange(len(rows[row]) + 1)
                rows[row] = rows[row][:place] + span + rows[row][place:]
    return rows, spans


def run(rows: list[str], root: Path, length: int, edges: str) -> Runner:
    source = root / "in.jsonl"
    with source.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in rows)
    dedup = {"exact": False, "spans": {"min_units": length, "edges": edges}}
    asked = {"name": "bench", "sources": [{"name": "s", "paths": str(source)}], "rules": [], "dedup": dedup}

    def no_spark() -> Any:
        raise SystemExit("the input is too large to be worked on in one process")

    composed = pipeline.compose(config.Pipeline.model_validate(asked))
    return flow(composed, str(root / f"{length}-{edges}"), no_spark, bytes_here=1 << 40)


def found_again(done: Runner, spans: dict[str, int]) -> dict[int, list[int]]:
    """By length how many of the spans stand twice, once and not at all in what a run published."""
    publish = done.stages["publish"]
    folder = Path(publish.slot.root)
    texts = [text for file in publish.manifest.files() for text in pl.read_parquet(folder / file.path)["text"]]
    whole = "\n".join(texts)
    counts: dict[int, list[int]] = {}
    for span, length in spans.items():
        counts.setdefault(length, [0, 0, 0])[2 - min(2, whole.count(span))] += 1
    return counts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", type=Path)
    options.add_argument("--mb", type=int, default=30)
    options.add_argument("--field", default="text")
    options.add_argument("--lengths", type=int, nargs="+", default=[40, 49, 50, 51, 60, 100, 500])
    asked = options.parse_args()
    texts = list(texts_of(asked.file, asked.field, asked.mb * 1_000_000))
    kernels(texts)
    rows, spans = planted(texts, asked.lengths)
    size = sum(len(text.encode()) for text in rows) / 1e6
    for length in (50, 100):
        for edges in ("exact", "sentence"):
            with tempfile.TemporaryDirectory() as folder:
                done = run(rows, Path(folder), length, edges)
                counts = found_again(done, spans)
                seconds = sum(done.stages[name].manifest.seconds for name in done.stages if name.startswith("span-"))
                cut = done.stages["publish"].manifest.counts.get("cut", {})
            print(f"\nmin_units {length}, edges {edges}: {size:.0f} MB, deciding took {seconds:.1f} s; {dict(cut)}")
            for each, (twice, once, gone) in counts.items():
                print(f"  spans of {each:>4}: whole twice {twice:>4}, once {once:>4}, never {gone:>4}")


if __name__ == "__main__":
    main()
