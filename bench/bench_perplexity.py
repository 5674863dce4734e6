"""n-gram models measured: python bench/bench_perplexity.py REFERENCE... [--text FIELD] [--clean FILE...] [--arpa FILE].

Of each order: MB of text trained on and scored in a second of CPU, n-grams and memory, and the bits a unit of the texts
held out (one in twenty, by their hash), beside those of the order below and the entropy of single units. With --clean:
how well each number tells rows of those files from the same rows made dirty, one kind of defect after the other, within
each file (area under the ROC curve, mean of the files). With --arpa: a model of others by characters, MB scored in a
second of CPU, and the same by the package kenlm where it is installed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus.kernels.digest import hash_strings
from corpus.kernels.ngram_score import MEASURES, score
from corpus.kernels.ngram_tokens import tokens
from corpus.models.metrics import area
from corpus.models.ngram import NgramModel, Settings, train
from corpus.models.ngram.arpa import read_arpa
from corpus.models.ngram.files import held_out
from corpus.models.ngram.model import NUMBERS
from corpus.models.texts import texts_of
from corpus.scores.dirty.kinds import KINDS, dirtied

HELD_OUT = 0.05
WINDOW = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", nargs="+")
    parser.add_argument("--text")
    parser.add_argument("--orders", default="2,3,4,5")
    parser.add_argument("--clean", nargs="*", default=[])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--arpa", type=Path)
    options = parser.parse_args()
    texts = gathered(options.reference, options.text)
    held = np.asarray(hash_strings(texts)[0].to_numpy().view(np.uint64) < np.uint64(HELD_OUT * 2.0**64))
    seen, unseen = texts.filter(pa.array(~held)), texts.filter(pa.array(held))
    print(
        f"{len(seen):,} texts of {seen.nbytes / 1e6:.1f} MB to train on, {len(unseen):,} of {unseen.nbytes / 1e6:.1f}"
    )
    train(lambda: [(seen.slice(0, 50), None)]).columns(unseen.slice(0, 50))
    model = None
    for order in map(int, options.orders.split(",")):
        found = measured(seen, unseen, Settings.of_order(order))
        model = found if order == 4 or model is None else model
    assert model is not None
    if options.clean:
        told_apart(model, [gathered([path], options.text) for path in options.clean], options.rows)
    if options.arpa:
        of_others(options.arpa, unseen)


def gathered(paths: Sequence[str], field: str | None) -> pa.Array:
    return pa.concat_arrays([texts for texts, _ in texts_of(paths, field, "zh")])


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(seen: pa.Array, unseen: pa.Array, settings: Settings) -> NgramModel:
    made: list[NgramModel] = []
    trained = seconds(lambda: made.append(train(lambda: [(seen, None)], settings)))
    (model,) = made
    model.measure(unseen.slice(0, 10))
    scored = seconds(lambda: model.measure(unseen))
    good = held_out(model, iter([unseen]))
    assert good is not None
    print(
        f"order {settings.order}, least {settings.least}: trained {seen.nbytes / 1e6 / trained:5.1f} MB/s, scored "
        f"{unseen.nbytes / 1e6 / scored:5.1f} MB/s; {model.ngrams:,} n-grams in {model.bytes / 1e6:.0f} MB; "
        f"{good.bits:.3f} bits a unit (perplexity {good.perplexity:.1f}), single units {good.bits_alone:.3f}"
    )
    return model


def told_apart(model: NgramModel, files: Sequence[pa.Array], rows: int) -> None:
    print(f"{'defect':16} " + " ".join(f"{name:>20}" for name in NUMBERS.names))
    means = []
    for kind in KINDS:
        areas = []
        for file in files:
            clean = [text for text in file.to_pylist() if len(text) >= 150][:rows]
            dirty = [dirtied(text, kind) for text in clean]
            both = model.columns(pa.array(clean + dirty, pa.large_string()))
            has = np.arange(2 * len(clean)) >= len(clean)
            areas.append([area(column.to_numpy(), has) or 0.5 for column in both.columns])
        means.append(np.mean(areas, axis=0))
        print(f"{kind:16} " + " ".join(f"{value:20.3f}" for value in means[-1]))
    print(f"{'mean':16} " + " ".join(f"{value:20.3f}" for value in np.mean(means, axis=0)))


def of_others(path: Path, texts: pa.Array) -> None:
    spent = seconds(lambda: read_arpa(path))
    model = read_arpa(path)
    print(f"{path.name}: {sum(model.sizes):,} n-grams, read in {spent:.1f} s of CPU")
    found: list[np.ndarray] = []

    def ours() -> None:
        found.append(score(tokens(texts, model.vocabulary, singly=True), model.lookup, WINDOW))

    spent = seconds(ours)
    print(f"  scored {texts.nbytes / 1e6 / spent:.1f} MB/s")
    try:
        import kenlm
    except ImportError:
        return
    from corpus.models.ngram.kenlm import measurer

    few = texts.slice(0, 300)
    measure = measurer(kenlm.Model(str(path)), singly=True)
    theirs: list[np.ndarray] = []
    spent = seconds(lambda: theirs.append(measure(few, WINDOW)))
    off = np.abs(theirs[0] - found[0][: len(few)])[:, MEASURES.index("bits")] / np.maximum(1, theirs[0][:, 0])
    print(f"  by kenlm {few.nbytes / 1e6 / spent:.1f} MB/s; bits a unit differ by {off.max():.1e} at most")


if __name__ == "__main__":
    main()
