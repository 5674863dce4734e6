"""Skew: does `corpus dedup` stay linear in time and flat in memory when everything falls into one bucket?

    python bench/bench_skew.py [--only identical|band|many] [--many 2000000] [--scale 1] [--master local[2]]

identical: 50,000, 100,000 and 200,000 copies of one text; near-duplicates alone, so that no exact key removes them
first, and both. band: 5,000, 10,000 and 20,000 different records about 0.9 alike that share their bands. many: as many
short Chinese records as asked for, one in twenty an edited copy of another, some edited again. `linear` is CPU time
against what the smallest took for each record: 1 means linear. Memory is of driver, JVM and workers. Every case runs
on one session; the first run of a process is not counted.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measured import Run, dedup, forget, load

from corpus.config import Dedup, Guard, Near
from corpus.session import open_session

CHARACTERS = [chr(0x4E00 + 13 * place % 8000) for place in range(3000)]
"""In the order of how often they occur."""
UNGUARDED = Guard(source_share=1, cluster=1 << 30)
"""Nearly everything goes here, on purpose."""


class Prose:
    """Sentences of made words whose frequencies fall as those of a language do."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        characters = self.chance.choices(CHARACTERS, [1 / (rank + 3) for rank in range(3000)], k=60_000)
        self.words = ["".join(characters[3 * place : 3 * place + 1 + place % 3]) for place in range(20_000)]
        self.weights = [sum(1 / (rank + 2) for rank in range(stop)) for stop in range(1, 20_001)]

    def text(self, sentences: int) -> str:
        made = []
        for _ in range(sentences):
            made += self.chance.choices(self.words, cum_weights=self.weights, k=self.chance.randint(6, 14))
            made.append("，" if self.chance.random() < 0.5 else "。")
        return "".join(made)

    def edited(self, text: str, edits: int) -> str:
        """`text` with characters replaced at random places."""
        letters = list(text)
        for _ in range(edits):
            letters[self.chance.randrange(len(letters))] = self.chance.choice(CHARACTERS)
        return "".join(letters)


def identical(count: int) -> Iterator[str]:
    text = Prose(1).text(12)
    return (text for _ in range(count))


def band(count: int) -> Iterator[str]:
    """Records of one text, each with an edit of its own that costs 5 % of its shingles: pairs are about 0.9 alike."""
    prose = Prose(2)
    text = prose.text(40)
    for _ in range(count):
        place = prose.chance.randrange(len(text) - 40)
        own = "".join(prose.chance.choices(CHARACTERS, k=len(text) // 20))
        yield text[:place] + own + text[place:]


def many(count: int) -> Iterator[str]:
    """Short records; one in twenty is a copy of an earlier one with an edit or two, which may be such a copy itself."""
    prose = Prose(3)
    seen: list[str] = []
    for number in range(count):
        if seen and number % 20 == 0:
            text = prose.edited(prose.chance.choice(seen), prose.chance.randint(0, 2))
        else:
            text = prose.text(prose.chance.randint(2, 6))
        if number % 7 == 0:
            if len(seen) < 50_000:
                seen.append(text)
            else:
                seen[prose.chance.randrange(50_000)] = text
        yield text


def write(path: Path, texts: Iterator[str]) -> float:
    """MB written."""
    with path.open("w", encoding="utf-8") as out:
        for number, text in enumerate(texts):
            out.write(json.dumps({"id": f"d{number}", "text": text}, ensure_ascii=False) + "\n")
    return path.stat().st_size / 1e6


def told(name: str, count: int, megabytes: float, run: Run, first: float | None) -> float:
    """CPU seconds a record."""
    each = run.cpu / count
    linear = f", linear {each / first:.2f}" if first else ""
    print(f"{name} {count:,}: {megabytes:.1f} MB, {run.seconds:.1f} s, {run.cpu:.1f} s of CPU{linear};"
          f" memory {run.at_start / 1e9:.2f} -> {run.peak / 1e9:.2f} GB; {load()}")  # fmt: skip
    print(f"  {run.rows} in, {run.kept} kept, gone {run.merged}; {run.found}")
    print(f"  seconds by stage: {run.spent}")
    return each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["identical", "band", "many"])
    parser.add_argument("--many", type=int, default=2_000_000)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--master", default=None)
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="corpus-bench-"))
    near = Dedup(exact=False, near=Near(), guard=UNGUARDED)
    both = Dedup(near=Near(), guard=UNGUARDED)
    sizes = {"identical": (50_000, 100_000, 200_000), "band": (5_000, 10_000, 20_000), "many": (options.many,)}
    cases = [
        ("identical", "identical, near alone", identical, near),
        ("identical", "identical, exact and near", identical, both),
        ("band", "one band", band, both),
        ("many", "short records", many, both),
    ]
    try:
        with open_session(options.master) as spark:
            warm = scratch / "warm.jsonl"
            write(warm, many(2_000))
            dedup([str(warm)], scratch / "run", both, spark)
            for kind, name, make, settings in cases:
                if options.only not in (None, kind):
                    continue
                first = None
                for size in sizes[kind]:
                    count = int(size * options.scale)
                    path = scratch / "in.jsonl"
                    megabytes = write(path, make(count))
                    forget(scratch / "run")
                    run = dedup([str(path)], scratch / "run", settings, spark)
                    each = told(name, count, megabytes, run, first)
                    first = first or each
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
