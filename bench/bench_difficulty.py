"""Difficulty against labels: python bench/bench_difficulty.py FILE [--label-field tier] [--hard hard] [--seeds 3]
[--embedder MODEL] [--model MODEL].

Prints the area under the ROC curve of every facet as it is and as the rank within its category, of the offline score
and of the answer's units alone, each with a 95 % interval of 200 seeded resamples; rows scored in a second of CPU; then
what models trained on few and many rows make of rows they have not seen. With --cuts alone: how far both automatic cuts
lie from 1.5 and 3.5 on drawn scores, over 20 seeds. With --model, a pinned causal LM, and nothing else: what its losses
and IFD say of --sampled rows, a third of them hard, and the offline score of these rows without it and with it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from corpus.embed import Embedder
from corpus.kernels.difficulty import COUNTED, FACETS
from corpus.models.classifier import load
from corpus.models.instruction import Labels, Parts, read_labelled, rows
from corpus.models.metrics import area
from corpus.models.rows.model import line_of
from corpus.models.rows.training import train
from corpus.models.training import Plan
from corpus.scores.cuts import Wanted, cut
from corpus.scores.difficulty import BY_MODEL, rank_within, score_batches

RESAMPLES = 200
TESTED = 22_000
SHARES, BOUNDS = (0.58, 0.285, 0.135), ((1.0, 1.5), (1.5, 3.5), (3.5, 5.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--label-field", default="tier")
    parser.add_argument("--hard", default="hard")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", default="2000,4000,6000,29000")
    parser.add_argument("--embedder", help="a pinned sentence-transformers model, read in training and after")
    parser.add_argument("--trained", action="store_true", help="only that")
    parser.add_argument("--cuts", action="store_true")
    parser.add_argument("--model", help="a pinned causal LM")
    parser.add_argument("--half", action="store_true", help="bf16 on a CPU, too")
    parser.add_argument("--sampled", type=int, default=1200)
    options = parser.parse_args()
    if options.cuts:
        drawn_cuts()
    if options.file and options.model:
        by_model(options)
    elif options.file:
        if not options.trained:
            offline(options.file, options.label_field, options.hard)
        counts = [int(one) for one in options.rows.split(",")]
        trained(options.file, options.label_field, options.hard, counts, options.seeds, reader_of(options.embedder))


def drawn_cuts() -> None:
    for rows_drawn in (500, 2000, 50_000):
        for shape in (2, 3, 5):
            for rounding in (np.floor, np.round):
                off = []
                for seed in range(20):
                    rng = np.random.default_rng(seed)
                    sizes = rng.multinomial(rows_drawn, SHARES)
                    parts = [low + (high - low) * rng.beta(shape, shape, size)
                             for size, (low, high) in zip(sizes, BOUNDS, strict=True)]  # fmt: skip
                    found = cut(rounding(np.concatenate(parts) * 4) / 4, Wanted(resamples=0)).values
                    off.append(np.abs(np.array(found) - [1.5, 3.5]).max())
                within = sum(one <= 0.25 for one in off)
                print(f"{rows_drawn:6} rows, beta({shape},{shape}), {rounding.__name__:5}: {within} of 20 within 0.25, "
                      f"worst {max(off):.2f}")  # fmt: skip


def offline(path: str, field: str, hard: str) -> None:
    read = [frame for frame, _ in rows([path], Parts(), Labels(field))]
    batches = [tuple(column(frame[name]) for name in ("instruction", "given", "answer")) for frame in read]
    label = pl.concat([frame["label"] for frame in read])
    score_batches(batches[:1])
    start = time.process_time()
    found = score_batches(batches)
    spent = time.process_time() - start
    has = (label == hard).fill_null(value=False).to_numpy()
    print(f"{len(has)} rows, {has.sum()} {hard}; {found['noise'].count()} noise; {len(has) / spent:.0f} rows/s of CPU")
    print(f"  {'facet':14} {'as it is':24} rank within category")
    for name in ("units", *FACETS, *COUNTED):
        values = filled(found[name])
        print(f"  {name:14} {interval(values, has):24} {interval(np.nan_to_num(ranked(found, values)), has)}")
    print(f"  {'difficulty':14} {interval(filled(found['difficulty']), has)}   (noise counted as easiest)")


def by_model(options: argparse.Namespace) -> None:
    from corpus.models.causal.model import load
    from corpus.models.causal.scores import answer_columns

    read = pl.concat([frame for frame, _ in rows([options.file], Parts(), Labels(options.label_field))])
    mixed = read[np.random.default_rng(0).permutation(read.height)]
    is_hard = (pl.col("label") == options.hard).fill_null(value=False)
    third = options.sampled // 3
    drawn = pl.concat([mixed.filter(is_hard)[:third], mixed.filter(~is_hard)[: options.sampled - third]])
    has = drawn.select(is_hard).to_series().to_numpy()
    asked = tuple(column(drawn[name]) for name in ("instruction", "given", "answer"))
    lm = load(options.model, half=options.half or None)
    start = time.perf_counter()
    losses = pl.DataFrame(pl.from_arrow(answer_columns(lm, *asked)))
    spent = time.perf_counter() - start
    print(
        f"{len(has)} rows, {has.sum()} {options.hard}; {lm.work.tokens} tokens, {lm.work.tokens / spent:.0f} a second"
    )
    values = {name: losses[name].fill_null(float("nan")).to_numpy() for name in BY_MODEL}
    without, found = score_batches([asked]), score_batches([asked], None, values)
    print(f"  {'':18} {'as it is':24} rank within category")
    for name in ("answer_loss", "answer_loss_alone", "ifd"):
        one = filled(losses[name])
        print(f"  {name:18} {interval(one, has):24} {interval(np.nan_to_num(ranked(found, one)), has)}")
    for name, frame in (("without the model", without), ("with it", found)):
        noise = frame["noise"].count()
        print(f"  {name:18} {interval(filled(frame['difficulty']), has)}, {noise} noise counted as easiest")


def reader_of(name: str | None) -> Embedder | None:
    if name is None:
        return None
    from corpus.embed.sentence import load as load_sentences

    return load_sentences(name)


def trained(
    path: str, field: str, hard: str, counts: Sequence[int], seeds: int, reader: Embedder | None = None
) -> None:
    """`train` on so many labelled rows, drawn anew for each seed of those before TESTED; AUC of all rows from there on.

    Rows are in one random order. None of the rows from TESTED on was looked at when the method was chosen.
    """
    read = pl.concat([frame for frame, _ in rows([path], Parts(), Labels(field))])
    order = np.random.default_rng(0).permutation(read.height)
    unseen = read[order[TESTED:]]
    has = (unseen["label"] == hard).to_numpy()
    for count in counts:
        for seed in range(seeds if count <= TESTED else 1):
            drawn = np.random.default_rng(seed).permutation(TESTED)[:count] if seed else np.arange(min(count, TESTED))
            tested, truth = unseen, has
            if count > TESTED:  # more than there are before: the test is what is left
                drawn = np.arange(count)
                tested, truth = read[order[count:]], (read["label"][order[count:]] == hard).to_numpy()
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "rows.jsonl"
                named = {"given": "input", "answer": "output", "label": "tier"}
                read[order[drawn]].drop("key").rename(named).write_ndjson(file)
                start = time.process_time()
                examples = read_labelled([str(file)], Parts(), Labels(), seed)
                plan = Plan("bench", 0.5, seed, positive=hard, view="rows")
                card, _ = train(examples, plan, Path(folder) / "model", reader)
                spent = time.process_time() - start
                model = load(str(Path(folder) / "model"))
                start = time.process_time()
                odds = model.raw(line_of(tested))[:, card.labels.index(hard)]
                applied = time.process_time() - start
            held = card.held_out
            assert held is not None
            own = held.of[card.labels.index(hard)].auc
            print(f"{count} labelled rows, seed {seed}: AUC {interval(np.nan_to_num(odds, nan=-99), truth)} of "
                  f"{len(truth)} unseen rows, card {own:.4f} of {held.rows}; trained in {spent:.0f} s of CPU, "
                  f"{len(truth) / applied:.0f} rows/s", flush=True)  # fmt: skip


def filled(values: pl.Series) -> np.ndarray:
    return values.cast(pl.Float64).fill_null(-1.0).fill_nan(-1.0).to_numpy()


def ranked(found: pl.DataFrame, values: np.ndarray) -> np.ndarray:
    return rank_within(values, found["category"])


def interval(values: np.ndarray, has: np.ndarray) -> str:
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(0, len(has), len(has))
        drawn.append(area(values[chosen], has[chosen]) or 0.5)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{area(values, has):.4f} ({low:.4f} to {high:.4f})"


def column(found: pl.Series) -> pa.Array:
    array = found.to_arrow()
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


if __name__ == "__main__":
    main()
