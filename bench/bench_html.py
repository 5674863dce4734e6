"""How well the extractors find the text of labelled pages, and how fast.

    python bench/bench_html.py FOLDER

reads every `html_gold_*.jsonl` under FOLDER and prints, for each file and extractor, precision, recall and F1 of the
pairs of characters (white space left out), pooled over the pages, the share of pages without any text, and MB of HTML a
second. Gold is `gold_text`, or the text of `expected_html`; a file that only has phrases to be kept (`with`) and left
out (`without`) is scored by phrases. Files without any label are listed and passed over.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.readers.html import extract


@dataclass
class Score:
    """Counts that add up over pages."""

    right: int = 0
    found: int = 0
    wanted: int = 0
    pages: int = 0
    empty: int = 0

    def row(self) -> str:
        precision = self.right / self.found if self.found else 0.0
        recall = self.right / self.wanted if self.wanted else 0.0
        both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return f"{precision:9.3f} {recall:6.3f} {both:6.3f} {self.empty:5d}/{self.pages}"


def characters(text: str) -> Counter[str]:
    """A multiset of overlapping pairs of characters, white space left out: order matters a little, layout does not."""
    dense = "".join(text.split())
    return Counter(map("".join, pairwise(dense)))


def gold_of(page: dict[str, Any]) -> str | None:
    if "gold_text" in page:
        return str(page["gold_text"])
    if "expected_html" in page:
        from lxml import html

        return str(html.fromstring(page["expected_html"]).text_content())
    return None


def add(score: Score, page: dict[str, Any], text: str) -> bool:
    """Count one page; False when it has no label."""
    gold = gold_of(page)
    if gold is not None:
        found, wanted = characters(text), characters(gold)
        score.right += (found & wanted).total()
        score.found += found.total()
        score.wanted += wanted.total()
    elif "with" in page:
        dense = "".join(text.split())
        kept = sum("".join(phrase.split()) in dense for phrase in page["with"])
        wrong = sum("".join(phrase.split()) in dense for phrase in page["without"])
        score.right += kept
        score.found += kept + wrong
        score.wanted += len(page["with"])
    else:
        return False
    score.pages += 1
    score.empty += not text.strip()
    return True


def main(folder: str) -> None:
    extract("<p>warm</p>", "accurate")
    extract("<p>warm</p>", "fast")
    print(f"{'file':36} {'extractor':9} {'precision':>9} {'recall':>6} {'F1':>6} {'empty':>7} {'MB/s':>7}")
    for path in sorted(Path(folder).rglob("html_gold_*.jsonl")):
        pages = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        size = sum(len(page["html"].encode()) for page in pages) / 1e6
        for extractor in ("accurate", "fast"):
            score = Score()
            start = time.perf_counter()
            texts = [extract(page["html"], extractor).text for page in pages]
            seconds = time.perf_counter() - start
            labelled = [add(score, page, text) for page, text in zip(pages, texts, strict=True)]
            figures = score.row() if any(labelled) else f"{'no labels':>31}"
            print(f"{path.stem:36} {extractor:9} {figures} {size / seconds:7.1f}")


if __name__ == "__main__":
    main(sys.argv[1])
