"""Tags against labels and their speed: python bench/bench_tags.py [EVAL.json] [--texts FILE...].

EVAL.json holds rows with `question` and `class` (the names of BELLE's classes). Prints macro-F1 of the task tags with a
95 % interval of 1,000 seeded resamples of rows, then each class; no row is shown. The classes have no translation,
their rewrite rows hold those: read so, and as labelled. With --texts: MB/s of CPU of each shipped taxonomy and of the
whole stage over the texts of those files.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus import config
from corpus.models.examples import chunks
from corpus.stages.tag import Tags
from corpus.tags.load import load_tags, shipped_names
from corpus.tags.score import columns

RESAMPLES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval", nargs="?")
    parser.add_argument("--texts", nargs="*", default=[])
    options = parser.parse_args()
    if options.eval:
        against_labels(options.eval)
    if options.texts:
        speed(options.texts)


def against_labels(path: str) -> None:
    rows = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    truth = np.array(["_".join(row["class"].split()) for row in rows])
    found = columns(pa.array([row["question"] for row in rows], pa.large_string()), load_tags(["tasks"]))[0]
    given = np.array(["none" if one is None else one for one in found.to_pylist()])
    print(f"{len(rows)} rows, {np.unique(truth).size} classes, {(given == 'none').sum()} without a tag")
    for name, read in (("translation read as rewrite", np.where(given == "translation", "rewrite", given)),
                       ("as labelled", given)):  # fmt: skip
        value, (low, high) = macro(truth, read), interval(truth, read)
        print(f"macro-F1, {name}: {value:.3f} ({low:.3f} to {high:.3f}); right {np.mean(truth == read):.3f}")
    read = np.where(given == "translation", "rewrite", given)
    labels = sorted(set(truth))
    for label in labels:
        precision, recall, score = f1(truth, read, label)
        mistaken = {one: int(((truth == label) & (read == one)).sum()) for one in sorted(set(read)) if one != label}
        most = sorted(((many, one) for one, many in mistaken.items() if many), reverse=True)[:4]
        print(f"  {label:15} {(truth == label).sum():4} rows  precision {precision:.2f}  recall {recall:.2f}  "
              f"F1 {score:.2f}  taken for {', '.join(f'{one} {many}' for many, one in most)}")  # fmt: skip


def macro(truth: np.ndarray, given: np.ndarray) -> float:
    return float(np.mean([f1(truth, given, label)[2] for label in sorted(set(truth))]))


def f1(truth: np.ndarray, given: np.ndarray, label: str) -> tuple[float, float, float]:
    both = ((truth == label) & (given == label)).sum()
    precision, recall = both / max(1, (given == label).sum()), both / max(1, (truth == label).sum())
    return float(precision), float(recall), float(2 * both / max(1, (given == label).sum() + (truth == label).sum()))


def interval(truth: np.ndarray, given: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    drawn = [macro(truth[some], given[some]) for some in rng.integers(0, len(truth), (RESAMPLES, len(truth)))]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def speed(paths: list[str]) -> None:
    read = [chunk.records.column("text") for chunk in chunks(paths, config.Fields())]
    text = pa.chunked_array(read).combine_chunks()
    size = text.nbytes / 1e6
    names = shipped_names()
    for some in ([name] for name in names):
        tagset = load_tags(some)
        columns(text.slice(0, 10), tagset)
        start = time.process_time()
        columns(text, tagset)
        print(f"{some[0]:10} {size / (time.process_time() - start):6.0f} MB/s of CPU")
    stage = Tags(load_tags(names))
    batch = pa.RecordBatch.from_arrays([text], names=["text"])
    stage(batch.slice(0, 10))
    start = time.process_time()
    stage(batch)
    print(f"stage      {size / (time.process_time() - start):6.0f} MB/s of CPU; {size:.0f} MB, {len(text)} texts")


if __name__ == "__main__":
    main()
