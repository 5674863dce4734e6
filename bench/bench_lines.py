"""CPU time of what works on lines: python bench/bench_lines.py FILE.jsonl[.zst] [--mb 60] [--field text].

Prints MB of UTF-8 a second of one core for finding lines, for their keys (the sidecar of `dedup.lines`), for cutting,
and for each set of line rules, with the lines and characters that each rule takes. Every step runs once before it is
timed, and the best of three is printed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"

import numpy as np
import pyarrow as pa

from corpus.kernels.cut import cut_spans
from corpus.kernels.units import units_of
from corpus.ruleset.lines import load_line_rules
from corpus.stage import COUNTED
from corpus.stages.line_rules import LineRules
from corpus.stages.lines import LineKeys

BATCH = 1024


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


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", type=Path)
    options.add_argument("--mb", type=int, default=60)
    options.add_argument("--field", default="text")
    options.add_argument("--lang", default="zh")
    asked = options.parse_args()
    texts = pa.array(list(texts_of(asked.file, asked.field, asked.mb * 1_000_000)), pa.large_string())
    size = texts.nbytes / 1e6
    columns = {
        "text": texts,
        "lang": pa.repeat(asked.lang, len(texts)),
        "source": pa.repeat("bench", len(texts)),
    }
    batches = pa.table(columns).to_batches(max_chunksize=BATCH)
    print(f"{len(texts):,} texts, {size:.1f} MB")

    def cut_every_tenth() -> None:
        for batch in batches:
            units = units_of(batch.column("text"), "line")
            which = np.arange(0, len(units.starts), 10)
            row = units.row[which]
            origin = units.offsets[row]
            cut_spans(batch.column("text"), row, units.begins[which] - origin, units.stops[which] - origin)

    keys = LineKeys("line", 10)
    rules = {name: LineRules(load_line_rules([name])) for name in ("common", asked.lang)}
    rules["both"] = LineRules(load_line_rules(["common", asked.lang]))
    steps: dict[str, Callable[[], object]] = {
        "find lines": lambda: [units_of(batch.column("text"), "line") for batch in batches],
        "find and cut every tenth": cut_every_tenth,
        "keys of lines": lambda: [keys(batch) for batch in batches],
        "keys of paragraphs": lambda: [LineKeys("paragraph", 10)(batch) for batch in batches],
    } | {f"rules {name}": (lambda stage=stage: [stage(batch) for batch in batches]) for name, stage in rules.items()}
    for name, work in steps.items():
        print(f"{name:<26}{size / best(work):8.0f} MB/s")
    totals: dict[str, int] = {}
    for batch in batches:
        done = rules["both"](batch)
        for name in done.schema.names:
            if name.startswith(COUNTED):
                totals[name[1:]] = totals.get(name[1:], 0) + int(np.asarray(done.column(name)).sum())
    for name, many in sorted(totals.items()):
        print(f"  {name:<40}{many:>10,}")


if __name__ == "__main__":
    main()
