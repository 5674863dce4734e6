"""Speed of the near-duplicate kernels on one core, and how their estimates lie against theory.

python bench/bench_minhash.py [FILE.jsonl[.zst]] [--field text] [--mb 30]

Without a file it measures text it makes itself. CPU time, best of three. MB are UTF-8 bytes: of the text, and for the
signature kernel alone of the folded key text that its units come from. The second table draws pairs of random sets of
known similarity and prints bias and variance of the estimate and the share of pairs that become candidates, beside
what theory says, for this kernel and, where it is installed, for datasketch.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench_kernels import from_file, made_up

from corpus.dedup.curve import detection_probability
from corpus.kernels import fold, keyview, setsim, shingles
from corpus.kernels.minhash import Signer, estimate, estimate_pairs


def cpu(work: Callable[[], object], times: int = 3) -> float:
    work()
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def size_of(text: pa.Array) -> float:
    return float(text.nbytes) / 1e6


def speed(text: pa.Array) -> None:
    key = keyview.key_view(text)
    found = shingles.units(text)
    whole, folded = size_of(text), size_of(key)
    print(f"{len(text)} documents, {whole:.1f} MB, key text {folded:.1f} MB, {len(found.values) / 1e6:.1f} M units")
    rows: list[tuple[str, float, Callable[[], object]]] = [
        ("fold", whole, lambda: fold.fold(text)),
        ("key_view", whole, lambda: keyview.key_view(text)),
        ("units and keys", whole, lambda: shingles.units(text)),
        ("sign, from the text", whole, lambda: Signer().sign(text)),
        ("sign, from the folded key", folded, lambda: Signer().sign(key)),
        ("shingle_hashes", whole, lambda: shingles.shingle_hashes(text)),
    ]
    for permutations, bands, of_each in ((128, 16, 8), (256, 32, 8), (512, 64, 8)):
        signer = Signer(permutations, bands, of_each)
        rows.append((f"signature alone, {permutations}", folded, lambda signer=signer: signer.sign_units(found)))
    for name, size, work in rows:
        print(f"{name:28} {size / cpu(work):7.0f} MB/s")
    signed = Signer().sign(text)
    sets = shingles.shingle_hashes(text, limit=shingles.LIMIT)
    a, b = np.random.default_rng(1).integers(0, len(text), (2, 1_000_000))
    print(f"{'estimate_pairs':28} {1 / cpu(lambda: estimate_pairs(signed.sketch, a, b)):7.1f} M pairs/s")
    few = a[:20_000], b[:20_000]
    print(f"{'jaccard_pairs':28} {0.02 / cpu(lambda: setsim.jaccard_pairs(*sets, *few)):7.3f} M pairs/s"
          f" of {np.diff(sets[1]).mean():.0f} shingles each")  # fmt: skip


def pairs_of_sets(many: int, similarity: float, trials: int) -> tuple[shingles.Units, float]:
    """Units of pairs of texts, one unit a shingle, rows 2i and 2i + 1 with `many` shingles together."""
    common = round(many * similarity)
    values = np.random.default_rng(many).integers(1, 1 << 32, (trials, many), dtype=np.uint32)
    half = common + (many - common) // 2
    left = values[:, :half]
    right = np.concatenate([values[:, :common], values[:, half:]], axis=1)
    lengths = np.array([left.shape[1], right.shape[1]])
    flat = np.concatenate([left, right], axis=1).ravel()
    offsets = np.concatenate([[0], np.cumsum(np.tile(lengths, trials))])
    return shingles.Units(flat, offsets, np.zeros((2 * trials, 2), np.uint64)), common / many


def theory(trials: int) -> None:
    signer = Signer(size=1, least=1)
    print(f"\n{'union':>6} {'J':>6}  {'bias':>8} {'variance/theory':>16} {'candidates':>11} {'theory':>8}")
    for many in (12, 30, 100, 1000):
        for wanted in (0.5, 0.7, 0.8):
            found, exact = pairs_of_sets(many, wanted, trials)
            signed = signer.sign_units(found)
            guesses = estimate(signed.sketch[::2], signed.sketch[1::2]).astype(np.float64)
            low = exact + (1 - exact) / 256
            expected = low * (1 - low) / 256 * (256 / 255) ** 2
            banded = (signed.bands[::2] == signed.bands[1::2]).any(axis=1).mean()
            print(f"{many:>6} {exact:>6.3f}  {guesses.mean() - exact:>+8.4f} {guesses.var() / expected:>16.3f}"
                  f" {banded:>11.4f} {detection_probability(exact, 32, 8):>8.4f}")  # fmt: skip
            if many == 100 and importlib.util.find_spec("datasketch"):
                print(f"       datasketch {_datasketch(found, min(trials, 500), exact)}")


def _datasketch(found: shingles.Units, trials: int, exact: float) -> str:
    from datasketch import MinHash

    guesses = []
    for trial in range(trials):
        one, other = (
            [int(x).to_bytes(4, "little") for x in found.values[found.offsets[row] : found.offsets[row + 1]]]
            for row in (2 * trial, 2 * trial + 1)
        )
        pair = [MinHash(num_perm=256), MinHash(num_perm=256)]
        pair[0].update_batch(one)
        pair[1].update_batch(other)
        guesses.append(pair[0].jaccard(pair[1]))
    variance = np.var(guesses) / (exact * (1 - exact) / 256)
    return f"bias {np.mean(guesses) - exact:+.4f}, variance/theory {variance:.3f}, {trials} pairs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--field", default="text")
    parser.add_argument("--mb", type=int, default=30)
    parser.add_argument("--trials", type=int, default=20_000)
    options = parser.parse_args()
    limit = options.mb * 1_000_000
    speed(from_file(options.file, options.field, limit) if options.file else made_up(limit))
    theory(options.trials)


if __name__ == "__main__":
    main()
