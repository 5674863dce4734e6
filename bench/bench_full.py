"""The whole `zh/web` pack on one core, kernel by kernel: python bench/bench_full.py FILE.jsonl[.zst]... [--mb 40].

In memory: repairs, the shipped rewrites [common, zh, pii, tails], every signal of [common, zh/web, zh/wordlists] with a
list of `--terms` terms beside the shipped ones, and the keys of exact duplicates. Half of the terms are cut from the
text, so that they hit and begin often; the others are characters of the text drawn at random. Prints CPU time (user
and system) by kernel in ms for each MB of UTF-8, the least of `--repeat` turns, and the rate of their sum.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

os.environ["POLARS_MAX_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import pyarrow as pa

pa.set_cpu_count(1)

from bench_kernels import from_file  # noqa: E402

from corpus import config  # noqa: E402
from corpus.kernels.catalogue import SIGNALS, measure  # noqa: E402
from corpus.kernels.fold import fold_keys  # noqa: E402
from corpus.kernels.signal import SignalCall  # noqa: E402
from corpus.ruleset.load import load_rules  # noqa: E402
from corpus.ruleset.rewrites import load_rewrites  # noqa: E402
from corpus.stages.normalise import Normalise  # noqa: E402
from corpus.stages.rewrite import Rewrite  # noqa: E402
from corpus.wordlists import Term, WordList, attach  # noqa: E402

REWRITES = ("common", "zh", "pii", "tails")
RULES = ("common", "zh/web", "zh/wordlists")
BATCH = 16_000_000
R = TypeVar("R")


def terms_of(texts: Sequence[str], many: int) -> list[str]:
    """Half of them stand in the text, of four to six Han; the rest are two to six Han of the text at random."""
    whole, chance, found = "".join(texts), random.Random(1), set[str]()
    characters = sorted({one for one in whole if "\u4e00" <= one <= "\u9fff"})
    while len(found) < many // 2:
        place = chance.randrange(len(whole) - 6)
        piece = whole[place : place + chance.randint(4, 6)]
        if all("\u4e00" <= one <= "\u9fff" for one in piece):
            found.add(piece)
    while len(found) < many:
        found.add("".join(chance.choices(characters, k=chance.randint(2, 6))))
    return sorted(found)


def calls_with(terms: Sequence[str]) -> list[SignalCall]:
    """The signals of the rules, and the density of one more list."""
    listed = WordList("bench", tuple(Term(term) for term in terms))
    more = SignalCall("term_density", (("list", "bench"), ("digest", listed.digest)), attach([listed], [listed.packed]))
    return [*load_rules(list(RULES)).calls, more]


def batches(text: pa.Array) -> Iterator[pa.RecordBatch]:
    first, size = 0, 0
    for index, one in enumerate(text):
        size += len(one.as_buffer())
        if size >= BATCH or index + 1 == len(text):
            part = pa.concat_arrays([text.slice(first, index + 1 - first)])
            yield pa.RecordBatch.from_arrays(
                [part, *(pa.repeat(pa.scalar(value, pa.string()), len(part)) for value in ("zh", "bench", None))],
                ["text", "lang", "source", "url"],
            ).append_column("lang_score", pa.repeat(pa.scalar(0.9, pa.float32()), len(part)))
            first, size = index + 1, 0


class Clock:
    """CPU seconds by name, in the order of first use."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def of(self, name: str, work: Callable[[], R]) -> R:
        start = time.process_time()
        done = work()
        self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - start
        return done


def turn(pieces: Sequence[pa.RecordBatch], calls: Sequence[SignalCall]) -> dict[str, float]:
    """One pass over all batches: seconds by kernel."""
    clock = Clock()
    repair = Normalise(config.Normalise())
    rewrites = [Rewrite((one,)) for one in load_rewrites(list(REWRITES))]
    families: dict[str, list[SignalCall]] = {}
    for call in calls:
        families.setdefault(SIGNALS[call.kernel].family, []).append(call)
    for batch in pieces:
        batch = clock.of("normalise", lambda batch=batch: repair(batch))
        for one in rewrites:
            batch = clock.of(f"rewrite {one.rewrites[0].id}", lambda one=one, batch=batch: one(batch))
        for family, members in families.items():
            clock.of(f"signals {family}", lambda members=members, batch=batch: measure(batch, members))
        clock.of("fingerprint", lambda batch=batch: fold_keys(batch.column("text")))
    return clock.spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--field", default="text")
    parser.add_argument("--mb", type=int, default=40)
    parser.add_argument("--terms", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for path in options.file:
        text = from_file(path, options.field, options.mb * 1_000_000)
        pieces = list(batches(text))
        calls = calls_with(terms_of(text.to_pylist(), options.terms))
        megabytes = sum(len(one.as_buffer()) for one in text) / 1e6
        print(f"{path.name}: {len(text)} documents, {megabytes:.1f} MB, {options.terms} terms")
        turn([pieces[0].slice(0, 8)], calls)
        turns = [turn(pieces, calls) for _ in range(options.repeat)]
        least = {name: min(one[name] for one in turns) for name in turns[0]}
        for name, seconds in sorted(least.items(), key=lambda pair: -pair[1]):
            print(f"  {name:34} {1000 * seconds / megabytes:7.2f} ms/MB")
        total = min(sum(one.values()) for one in turns)
        print(f"  {'all':34} {1000 * total / megabytes:7.2f} ms/MB, {megabytes / total:.1f} MB/s of one core")


if __name__ == "__main__":
    main()
