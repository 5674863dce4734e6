"""Word lists and classifier against labels: python bench/bench_lists.py --cold FILE.csv [--clean FILE --dirty FILE]

--cold: a .csv with `label` (0 or 1) and `TEXT`, offensive language. Five folds, rows of one view in one fold.
In each fold the learning rate, epochs and n-grams are chosen on a fifth of the other four folds, then trained on those
four, and the cut is 0.5: nothing of a fold decides how it is judged. Beside it TF-IDF of character n-grams with
logistic regression where scikit-learn is installed (it is no dependency), and any hit of the lists that --list names.
--clean, --dirty: .jsonl of pages; the share of each that a rule of the shipped word lists flags, and a classifier
trained on all other pages (leave one out), with Wilson's 95 % intervals.
--benign FILE: rows in which nothing should be flagged; the share that a rule of the shipped word lists flags.
--speed FILE: MB/s of one core of the view, of the scores, and of floret itself text by text.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from bench_wordlists import hits, texts_of

from corpus import wordlists
from corpus.kernels.catalogue import measure
from corpus.kernels.digest import hash_strings
from corpus.kernels.lineview import views
from corpus.models.card import Features
from corpus.models.classifier import applied
from corpus.models.metrics import f1_interval, wilson
from corpus.models.training import fit, stored
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules

LABELS = ("0", "1")
GRID = [
    Features(ngrams=ngrams, epochs=epochs, rate=rate)
    for ngrams, (epochs, rate) in itertools.product((2, 3), ((5, 0.3), (10, 0.2), (15, 0.1)))
]


def offensive(path: Path, names: list[str], folds: int) -> None:
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig")))
    text = pa.array([row["TEXT"] for row in rows], pa.large_string())
    truth = np.array([row["label"] == "1" for row in rows])
    print(f"{path.name}: {len(rows)} rows, {int(truth.sum())} offensive")
    for name in names:
        said(f"list {name}", truth, hits(text, [name])[:, 0] > 0)
    line = views(text)
    key = np.asarray(hash_strings(line)[0]).astype(np.int64).view(np.uint64)
    fold = (key % np.uint64(folds * 5)).astype(np.int64)  # five parts a fold, for the choice inside
    frame = pl.DataFrame({"line": pl.Series(pl.from_arrow(line)), "label": np.where(truth, "1", "0"), "order": key,
                          "fold": fold})  # fmt: skip
    default, nested, each = np.zeros(len(rows)), np.zeros(len(rows)), []
    for one in range(folds):
        outer = fold // 5 == one
        inner = ~outer & (fold % 5 == 0)
        judge = {index: f1(truth[inner], scored(frame, ~outer & ~inner, inner, features) >= 0.5)
                 for index, features in enumerate(GRID)}  # fmt: skip
        best = GRID[max(judge, key=lambda index: judge[index])]
        nested[outer] = scored(frame, ~outer, outer, best)
        default[outer] = scored(frame, ~outer, outer, Features())
        each.append(f1(truth[outer], nested[outer] >= 0.5))
        print(f"  fold {one}: n-grams {best.ngrams}, epochs {best.epochs}, rate {best.rate}: F1 {each[-1]:.4f}")
    said(f"classifier, chosen in {folds} folds", truth, nested >= 0.5)
    print(f"  mean F1 of the folds {np.mean(each):.4f}, standard deviation {np.std(each):.4f}")
    said(f"classifier, defaults, {folds} folds", truth, default >= 0.5)
    regression([row["TEXT"] for row in rows], truth, fold // 5, folds)


def scored(frame: pl.DataFrame, train: np.ndarray, test: np.ndarray, features: Features) -> np.ndarray:
    """The share of offence for the rows of `test`, by a model of the rows of `train`."""
    model, _ = fit(frame.filter(pl.Series(train)).sort("order"), LABELS, features, 0)
    lines = frame.filter(pl.Series(test))["line"].to_arrow().cast(pa.large_string())
    return 1 / (1 + np.exp(-applied(model, stored(2))(lines)[:, 1]))


def regression(texts: list[str], truth: np.ndarray, fold: np.ndarray, folds: int) -> None:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        print("TF-IDF with logistic regression: scikit-learn is not installed")
        return
    given = np.zeros(len(texts), bool)
    for one in range(folds):
        train, test = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        learned = vectors.fit_transform([texts[index] for index in train])
        model = LogisticRegression(C=10, max_iter=300).fit(learned, truth[train])
        given[test] = model.predict(vectors.transform([texts[index] for index in test]))
    said(f"TF-IDF, logistic regression, {folds} folds", truth, given)


def f1(truth: np.ndarray, given: np.ndarray) -> float:
    return float(2 * (truth & given).sum() / max(1, truth.sum() + given.sum()))


def said(name: str, truth: np.ndarray, given: np.ndarray) -> None:
    right, many, rows = int((truth & given).sum()), int(given.sum()), int(truth.sum())
    shown = [wilson(right, many), wilson(right, rows), f1_interval(right, many, rows, len(truth))]
    parts = [f"{kind} {one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
             for kind, one in zip(("precision", "recall", "F1"), shown, strict=True)]  # fmt: skip
    print(f"{name}: {', '.join(parts)}")


def pages(clean: Path, dirty: Path, lang: str) -> None:
    texts = [*texts_of(clean), *texts_of(dirty)]
    truth = np.arange(len(texts)) >= len(texts_of(clean))
    text = pa.array(texts, pa.large_string())
    print(f"{len(texts) - int(truth.sum())} clean and {int(truth.sum())} dirty pages")
    rules = load_rules([f"{lang}/wordlists"])
    frame = pl.DataFrame(pl.from_arrow(measure(pa.RecordBatch.from_arrays([text], ["text"]), rules.calls)))
    found = verdicts(rules, frame.with_columns(lang=pl.lit(lang), source=pl.lit("bench")))
    said(f"rules {lang}/wordlists", truth, (found["action"] > 0).to_numpy())
    line = views(text)
    rows = pl.DataFrame({"line": pl.Series(pl.from_arrow(line)), "label": np.where(truth, "1", "0"),
                         "order": np.asarray(hash_strings(line)[0]).astype(np.int64).view(np.uint64)})  # fmt: skip
    given = np.zeros(len(texts), bool)
    for one in range(len(texts)):
        test = np.arange(len(texts)) == one
        given[one] = scored(rows, ~test, test, Features(epochs=50))[0] >= 0.5
    said("classifier, each page by a model of the others", truth, given)


def speed(path: Path) -> None:
    texts = texts_of(path)
    column = pa.array(texts * max(1, 20_000_000 // sum(len(text.encode()) for text in texts)), pa.large_string())
    size = column.nbytes / 1e6
    line = views(column)
    halves = pl.DataFrame({"line": pl.Series(pl.from_arrow(line))}).with_row_index().with_columns(
        label=pl.when(pl.col("index") % 2 == 0).then(pl.lit("0")).otherwise(pl.lit("1")), order=pl.col("index")
    )  # fmt: skip
    model, _ = fit(halves.head(500), LABELS, Features(epochs=1), 0)
    odds = applied(model, stored(2))
    odds(line.slice(0, 1))
    took = min(timed(lambda: views(column)) for _ in range(3)), min(timed(lambda: odds(line)) for _ in range(3))
    shown = line.slice(0, len(texts)).to_pylist()
    theirs = timed(lambda: [model.f.predict(one, 2, 0.0, "strict") for one in shown])
    part = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{path.name}: view {size / took[0]:.0f} MB/s, scores {size / took[1]:.0f} MB/s")
    print(f"both {size / sum(took):.0f} MB/s; floret's own predict on the view, text by text, {part / theirs:.0f} MB/s")


def timed(work: Any) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def benign(paths: list[Path], lang: str) -> None:
    """The share of rows that a shipped list's rule flags where none should be."""
    rules = load_rules([f"{lang}/wordlists"])
    for path in paths:
        text = pa.array(texts_of(path), pa.large_string())
        frame = pl.DataFrame(pl.from_arrow(measure(pa.RecordBatch.from_arrays([text], ["text"]), rules.calls)))
        found = verdicts(rules, frame.with_columns(lang=pl.lit(lang), source=pl.lit("bench")))
        share = wilson(found.filter(pl.col("action") > 0).height, len(text))
        print(f"{path.name}: rules {lang}/wordlists flag {100 * share.value:.2f} % of {len(text)} rows "
              f"({100 * share.low:.2f} to {100 * share.high:.2f})")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cold", "clean", "dirty", "speed"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--benign", type=Path, action="append", default=[])
    parser.add_argument("--list", action="append", default=[])
    parser.add_argument("--lang", default="zh")
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    shipped = [name for name in wordlists.shipped_names() if name.startswith(f"{options.lang}/")]
    if options.cold:
        offensive(options.cold, options.list or shipped, options.folds)
    if options.clean and options.dirty:
        pages(options.clean, options.dirty, options.lang)
    benign(options.benign, options.lang)
    if options.speed:
        speed(options.speed)


if __name__ == "__main__":
    main()
