"""Phrases that many texts begin or end with: candidates in two passes, in memory that does not grow with the corpus.

A *token* is a Han or kana character or a run of letters and digits; a *segment* is what stands between line breaks and
sentence marks; the *edges* of a text are the segments that begin in its first or in its last bytes. The first pass
counts, for hashed strings of three tokens, the texts whose edges hold them. A phrase that stands in many texts consists
of such triples only, so the second pass looks at runs of frequent triples alone and counts each string of tokens inside
them (the idea of Apriori, Agrawal and Srikant 1994; the counting by hashed array is Park, Chen and Yu's, 1995). Marks
and spaces between tokens are not compared. A collision can only add to a count of triples, never to one of phrases.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from corpus.kernels.buffers import utf8
from corpus.kernels.phrase_counts import QUARTER, count_phrases, count_seeds, judge, keep_counted, roles

__all__ = ["QUARTER", "Phrases", "Seeds", "Strings"]

_SEEDS, _PARTS = 1 << 24, 1 << 22
_NAMED = 5


def _u32(size: int) -> np.ndarray:
    return np.zeros(size, np.uint32)


@dataclass
class Seeds:
    """The first pass: hashed counts of one, two and three tokens in the edges of texts."""

    zone: int
    documents: int = 0
    ones: np.ndarray = field(default_factory=lambda: _u32(_PARTS))
    twos: np.ndarray = field(default_factory=lambda: _u32(_PARTS))
    threes: np.ndarray = field(default_factory=lambda: _u32(_SEEDS))
    _seen: np.ndarray = field(default_factory=lambda: np.full(_SEEDS, -1, np.int32))

    def add(self, text: pa.Array) -> None:
        """Count a batch of texts; null ones count as empty."""
        data, offsets = utf8(text)
        count_seeds(data, offsets, roles(), self.documents, self.zone, self.ones, self.twos, self.threes, self._seen)
        self.documents += len(text)


@dataclass(frozen=True)
class Phrases:
    """Phrases in many texts: how many texts' edges hold each (a lower bound, at most `missed` too low), its pointwise
    mutual information in bits, the least over all ways to cut it in two, how many Han or kana characters, words and
    numbers it has, and whether a phrase of one token more stands in nearly as many texts."""

    text: list[str]
    documents: np.ndarray
    cohesion: np.ndarray
    parts: np.ndarray
    extended: np.ndarray
    missed: int


class Strings:
    """The second pass: strings of tokens in runs of frequent triples, in a table of `slots` entries (a power of two).

    When the table is full, strings seen in the fewest texts leave it, as in lossy counting (Manku and Motwani 2002).
    """

    def __init__(self, seeds: Seeds, least: int, slots: int = 1 << 22) -> None:
        self.seeds, self.least, self.missed = seeds, least, 0
        self._keys, self._counts = np.zeros(slots, np.uint64), _u32(slots)
        self._seen = np.full(slots, -1, np.int32)
        self._state = np.zeros(3, np.int64)
        self._named = np.zeros((1 << 16, _NAMED), np.int64)
        self._texts: dict[int, bytes] = {}
        self._documents = 0

    def add(self, text: pa.Array) -> None:
        """Count a batch of the texts of the first pass."""
        data, offsets = utf8(text)
        self._state[2] = 0
        count_phrases(
            data,
            offsets,
            roles(),
            self._documents,
            self.seeds.zone,
            self.least,
            self.seeds.threes,
            self._keys,
            self._counts,
            self._seen,
            self._state,
            self._named,
        )
        self._documents += len(text)
        for _, start, end, key, _ in self._named[: self._state[2]].tolist():
            self._texts[key & ((1 << 64) - 1)] = data[start:end].tobytes()
        if self._state[0] >= len(self._keys) // 2:
            self._prune()

    def _prune(self) -> None:
        """Make room: forget strings in so few texts that half of the table is free again."""
        counts = self._counts[self._keys != 0] >> np.uint32(1)
        least = max(2, int(np.quantile(counts, 0.5)) + 1)
        # A string that has a name stays: it is what is looked for.
        least = min(least, self.least)
        keys, old = np.zeros_like(self._keys), _u32(len(self._keys))
        seen = np.full(len(keys), -1, np.int32)
        keep_counted(self._keys, self._counts, self._seen, least, keys, old, seen)
        self._keys, self._counts, self._seen = keys, old, seen
        self._state[0] = int(np.count_nonzero(keys))
        self.missed += least - 1

    def phrases(self, share: float) -> Phrases:
        """Every phrase that was named; `extended` when one of a token more has at least `share` of its texts."""
        keys = np.fromiter(self._texts, np.uint64, len(self._texts))
        texts = [self._texts[int(key)].decode() for key in keys]
        data, offsets = utf8(pa.array(texts, pa.large_string()))
        rarest, parts = np.zeros(len(texts)), np.zeros((len(texts), 3), np.int64)
        heads, tails = np.zeros(len(texts), np.uint64), np.zeros(len(texts), np.uint64)
        tables_of = (self.seeds.ones, self.seeds.twos, self._keys, self._counts)
        judge(data, offsets, roles(), *tables_of, rarest, parts, heads, tails)
        place = {int(key): index for index, key in enumerate(keys)}
        counted = self._counts_of(keys)
        extended = np.zeros(len(texts), bool)
        for shorter in (heads, tails):
            for index, key in enumerate(shorter.tolist()):
                at_least = place.get(key)
                if at_least is not None and counted[index] >= share * counted[at_least]:
                    extended[at_least] = True
        total = float(self.seeds.ones.sum(dtype=np.int64))
        with np.errstate(divide="ignore", invalid="ignore"):
            cohesion = np.log2(counted * total / np.maximum(rarest, 1.0))
        return Phrases(texts, counted, cohesion, parts, extended, self.missed)

    def _counts_of(self, keys: np.ndarray) -> np.ndarray:
        order = np.argsort(self._keys, kind="stable")
        places = order[np.searchsorted(self._keys, keys, sorter=order)]
        return (self._counts[places] >> np.uint32(1)).astype(np.int64)
