"""Near-duplicate pairs with labels: precision, recall and F1 by similarity, shingle size and threshold.

python bench/bench_pairs.py PAIRS.jsonl DOCUMENTS.jsonl [DOCUMENTS.jsonl ...] [--mistakes]

PAIRS holds `{"a": id, "b": id, "label": 0 or 1}`, DOCUMENTS `{"id": ..., "text": ...}`. For each size and kind of
similarity it prints F1 at thresholds from 0.5 to 0.9, then the default in full, and, with the pairs split in halves a
hundred times, the F1 of one half at the threshold that is best on the other.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from corpus.kernels.minhash import Signer, estimate_pairs
from corpus.kernels.setsim import containment_pairs, jaccard_pairs
from corpus.kernels.shingles import LEAST, SIZE, shingle_hashes

THRESHOLDS = [round(0.5 + 0.05 * step, 2) for step in range(9)]
SIZES = (2, 3, 4, 5, 6, 8)
DEFAULT = 0.7


def read(path: Path) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]


def scores(found: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    hits = int((found & truth).sum())
    precision, recall = hits / max(1, int(found.sum())), hits / max(1, int(truth.sum()))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def halves(similarity: np.ndarray, truth: np.ndarray, source: random.Random) -> tuple[float, float]:
    """F1 on one half at the best threshold of the other: mean over a hundred splits, and the mean threshold chosen."""
    results, chosen = [], []
    rows = list(range(len(truth)))
    for _ in range(100):
        source.shuffle(rows)
        fit, held = np.array(rows[: len(rows) // 2]), np.array(rows[len(rows) // 2 :])
        grid = np.arange(0.30, 0.96, 0.01)
        best = max(grid, key=lambda at: scores(similarity[fit] >= at, truth[fit])[2])
        chosen.append(best)
        results.append(scores(similarity[held] >= best, truth[held])[2])
    return float(np.mean(results)), float(np.mean(chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("documents", type=Path, nargs="+")
    parser.add_argument("--mistakes", action="store_true", help="print the pairs that the default gets wrong")
    options = parser.parse_args()
    documents = [one for path in options.documents for one in read(path)]
    places = {str(one["id"]): place for place, one in enumerate(documents)}
    pairs = [one for one in read(options.pairs) if str(one["a"]) in places and str(one["b"]) in places]
    text = pa.array([one["text"] for one in documents], pa.large_string())
    a = np.array([places[str(one["a"])] for one in pairs])
    b = np.array([places[str(one["b"])] for one in pairs])
    truth = np.array([one["label"] == 1 for one in pairs])
    print(f"{len(pairs)} pairs, {truth.sum()} of them near-duplicates; {len(documents)} documents")
    kinds: Sequence[tuple[str, Callable[..., np.ndarray]]] = (
        ("jaccard", jaccard_pairs), ("containment", containment_pairs),
    )  # fmt: skip
    print(f"\n{'size':>4} {'similarity':12}" + "".join(f"{at:>7}" for at in THRESHOLDS) + "   halves (threshold)")
    source = random.Random(3)
    for size in SIZES:
        sets = shingle_hashes(text, size)
        for name, compare in kinds:
            similarity = compare(*sets, a, b)
            row = "".join(f"{scores(similarity >= at, truth)[2]:7.3f}" for at in THRESHOLDS)
            mean, at = halves(similarity, truth, source)
            print(f"{size:>4} {name:12}{row}   {mean:.3f} ({at:.2f})")
    signed = Signer().sign(text)
    numbers = (signed.masked[a] == signed.masked[b]) & (signed.key[a] != signed.key[b])
    same = (signed.key[a] == signed.key[b]) & (signed.key[a] != 0)
    banded = ((signed.bands[a] == signed.bands[b]) & (signed.bands[a] != 0)).any(axis=1)
    similarity = jaccard_pairs(*shingle_hashes(text), a, b)
    found = (banded & (similarity >= DEFAULT) & ~numbers) | same
    print(f"\ndefault: {SIZE} units, Jaccard {DEFAULT}, {LEAST} units at least, or equal keys; numbers distinct")
    for name, decided in (
        ("verified candidates", found),
        ("similarity alone", similarity >= np.float32(DEFAULT)),
        ("candidates, unverified", banded),
        ("estimated similarity", estimate_pairs(signed.sketch, a, b) >= DEFAULT),
    ):
        print(f"{name:24} precision {scores(decided, truth)[0]:.4f}  recall {scores(decided, truth)[1]:.4f}"
              f"  F1 {scores(decided, truth)[2]:.4f}")  # fmt: skip
    print(f"equal keys {same.sum()}, numbers only {numbers.sum()}, too short {(signed.shingles[a] == 0).sum()}")
    if options.mistakes:
        for place in np.flatnonzero(found != truth):
            print(f"\n--- {pairs[place]}\nsimilarity {similarity[place]:.3f}, label {int(truth[place])}")
            for which in (a[place], b[place]):
                print("  *", str(documents[which]["text"])[:600].replace("\n", " "))


if __name__ == "__main__":
    main()
