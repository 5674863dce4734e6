"""Evaluation prompts among seeds: found by the kernels of decontamination, and as equals after folding."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from corpus.decontaminate.benchmarks import files_of, read_items
from corpus.decontaminate.index import build
from corpus.decontaminate.wanted import asked_for
from corpus.pairs.model import Seed, folded

WORDS, CHARACTERS, COVERAGE = 8, 13, 0.7
"""The length of grams and the share of an item that counts: those of `corpus decontaminate`."""
BATCH = 4096


class Leaks:
    """The items of evaluation files. ConfigError with every file that asks nothing."""

    def __init__(self, against: Sequence[str]) -> None:
        wanted = asked_for(against, "drop", WORDS, CHARACTERS, COVERAGE)
        items = read_items(files_of(wanted.against))
        self._index = build(items, wanted.words, wanted.characters)
        self._benchmarks = items.column("benchmark").to_pylist()
        asked = items.column("question").to_pylist()
        self._equal = {folded(text): name for text, name in zip(asked, self._benchmarks, strict=True)}

    def found(self, seeds: Sequence[Seed]) -> list[str | None]:
        """For each seed the benchmark that one of its turns holds an item of; None where there is none."""
        said: list[str | None] = []
        for start in range(0, len(seeds), BATCH):
            said += self._batch(seeds[start : start + BATCH])
        return said

    def _batch(self, seeds: Sequence[Seed]) -> list[str | None]:
        texts = pa.array(["\n\n".join(text for _, text in one.prompt) for one in seeds], pa.large_string())
        hits = self._index.search(texts).filter(pl.col("coverage") >= COVERAGE)
        rows = dict(zip(hits["row"].to_list(), hits["item"].to_list(), strict=True))
        found: list[str | None] = []
        for row, one in enumerate(seeds):
            equal = next((self._equal[key] for _, text in one.prompt if (key := folded(text)) in self._equal), None)
            found.append(equal or (self._benchmarks[rows[row]] if row in rows else None))
        return found
