"""How fast generated rows are checked against 100,000 accepted ones, on one core.

    python bench/bench_novelty.py [ACCEPTED [CHECKED]]

Rows are instructions of 6 to 60 units with Zipf's frequencies, in Chinese and English, a third of them with an input;
of those that are checked one in five repeats an accepted row with a few units changed, one in twenty as it is. Prints
rows a second of making ready, of adding and of checking, and what was found; every exact repetition must be.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from corpus.synth.novelty import EXACT, Item, Novelty, prepared  # noqa: E402

HAN = 4000
STEP = 1024


def rows(many: int, seed: int) -> list[Item]:
    """Items of made-up text."""
    chance = np.random.default_rng(seed)
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("a", "ei", "o", "u") for c in ("n", "rk", "st", "l", "")]
    found = []
    for number in range(many):
        chinese = chance.random() < 0.7

        def text(least: int, most: int, chinese: bool = chinese) -> str:
            units = chance.zipf(1.3, int(chance.integers(least, most)))
            if chinese:
                return "".join(chr(0x4E00 + int(unit) * 7919 % HAN) for unit in units)
            return " ".join(words[int(unit) * 7919 % len(words)] for unit in units)

        found.append(Item(f"{seed}-{number}", text(6, 60), text(20, 120) if chance.random() < 0.33 else ""))
    return found


def changed(item: Item, share: float, seed: int) -> Item:
    """The item with a share of its characters changed."""
    chance = np.random.default_rng(seed)
    places = chance.random(len(item.instruction)) < share
    text = "".join(chr(0x5000 + int(chance.integers(HAN))) if place else one
                   for one, place in zip(item.instruction, places, strict=True))  # fmt: skip
    return Item(f"like {item.id}", text, item.input)


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    checked = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    prepared(rows(2, 0))  # compiled
    known, fresh = rows(many, 1), rows(checked, 2)
    began = time.monotonic()
    ready = [row for first in range(0, many, STEP) for row in prepared(known[first : first + STEP])]
    made = time.monotonic()
    novelty = Novelty()
    for row in ready:
        novelty.add(row)
    added = time.monotonic()
    print(f"made ready {many / (made - began):,.0f} rows/s, added {many / (added - made):,.0f} rows/s")
    exact = set(range(0, checked, 20))
    asked = [known[(place * 37) % many] if place in exact
             else changed(known[(place * 37) % many], 0.05, place) if place % 5 == 1 else item
             for place, item in enumerate(fresh)]  # fmt: skip
    began = time.monotonic()
    found: Counter[str] = Counter()
    for row in (row for first in range(0, checked, STEP) for row in prepared(asked[first : first + STEP])):
        match = novelty.match(row)
        found[match.reason if match else "new"] += 1
    taken = time.monotonic() - began
    print(f"checked against {len(novelty):,}: {checked / taken:,.0f} rows/s; " + ", ".join(
        f"{count:,} {reason}" for reason, count in found.most_common()))  # fmt: skip
    assert found[EXACT] >= len(exact), "an exact repetition was missed"


if __name__ == "__main__":
    main()
