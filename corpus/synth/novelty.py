"""Is a generated row new? Against seeds, earlier files and every row accepted so far, whatever batch it came in.

1. Equal: the same instruction and input after folding (width, case, Traditional forms, punctuation) and without words
   of courtesy ("please", "请帮我"). A hash finds it: recall is 1.
2. Alike: ROUGE-L of at least THRESHOLD (Wang et al. 2022, self-instruct), or as many shared neighbours, which catches
   another order of the same words. Candidates for the first come from a bound that misses none (`kernels.overlap`), for
   the second from MinHash bands. Where both rows have an input, instruction and input must each be alike: one question
   about two texts is two rows, and so are two questions about one text.
3. Near in meaning, if asked for: cosine of vectors.

A text of fewer than SHORT units is alike to its equals only: "写一首诗" and "写一首歌" differ in one unit of four.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus.embed import Embedder
from corpus.kernels.buckets import Buckets
from corpus.kernels.fold import fold
from corpus.kernels.minhash import Signer
from corpus.kernels.overlap import BUCKETS, bucket_counts, may_share
from corpus.kernels.shingles import Units, units
from corpus.synth.rouge import SHORT, alike, strings_of

THRESHOLD = 0.7
"""ROUGE-L from which two rows are alike, as self-instruct has it."""
PARENT = 0.9
"""The same against a row's own parent: an instruction made harder says much of it again."""
SIGNER = Signer(permutations=48, bands=16, rows=3, size=2, least=SHORT)
"""Pairs of units; 0.9988 of pairs of Jaccard similarity 0.7 share one of 16 bands of 3."""
EXACT, ALIKE, MEANING = "exact_duplicate", "near_duplicate", "same_meaning"
_BEFORE = re.compile(
    r"\A(?:\s|请问|请你|请您|请|麻烦你?|劳驾|帮忙|帮我|给我|替我|为我|你能不能|你能|你可以|能不能|能否|可否|可不可以|"
    r"(?:please|kindly|can you|could you|would you|will you|help me(?: to)?|i (?:want|need) you to|i'd like you to)\b"
    r"|[,，、])+",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"(?:\s|[,，、]|好吗|可以吗|行吗|吧|谢谢你?|\b(?:please|thanks|thank you))*[。.!！?？\s]*\Z", re.IGNORECASE
)
_GROWTH = 1024


@dataclass(frozen=True)
class Item:
    """What is compared of a row."""

    id: str
    instruction: str
    input: str = ""


@dataclass(frozen=True)
class Prepared:
    """An item with what comparing needs: its key, its units, their counts and its bands."""

    id: str
    key: str
    whole: str
    instruction: str
    input: str
    counts: np.ndarray
    over: tuple[int, int]
    bands: np.ndarray
    text: str


@dataclass(frozen=True)
class Match:
    """Why a row is not new: the reason, the row it is like, and how much (0 to 1)."""

    reason: str
    id: str
    similarity: float


def bare(instruction: str) -> str:
    """An instruction without words of courtesy at its ends; as it is where nothing else would be left."""
    found = _BEHIND.sub("", _BEFORE.sub("", instruction, count=1), count=1)
    return found or instruction


def prepared(items: Sequence[Item]) -> list[Prepared]:
    """Items made ready together, in their order; an item does not depend on the others."""
    instructions = [bare(item.instruction) for item in items]
    wholes = [f"{one}\n{item.input}" if item.input else one for one, item in zip(instructions, items, strict=True)]
    keys = fold(pa.array(wholes, pa.large_string())).to_pylist()
    whole, instruction, given = (
        units(pa.array(texts, pa.large_string())) for texts in (wholes, instructions, [item.input for item in items])
    )
    counts, over = _both(whole, instruction)
    bands = SIGNER.sign_units(whole).bands
    strings = zip(strings_of(whole), strings_of(instruction), strings_of(given), strict=True)
    return [
        # What folds to nothing, a row of signs, is known by its signs.
        Prepared(
            item.id, keys[row] or f"\0{wholes[row].strip()}", *three, counts[row], over[row], bands[row], wholes[row]
        )
        for row, (item, three) in enumerate(zip(items, strings, strict=True))
    ]


def _both(whole: Units, instruction: Units) -> tuple[np.ndarray, list[tuple[int, int]]]:
    (first, over), (second, more) = bucket_counts(whole), bucket_counts(instruction)
    return np.stack([first, second], axis=1), list(zip(over.tolist(), more.tolist(), strict=True))


class Novelty:
    """The rows known so far, and whether another is new among them."""

    def __init__(
        self, threshold: float = THRESHOLD, cosine: float | None = None, model: Embedder | None = None
    ) -> None:
        """`cosine` with `model`: from which similarity of vectors on rows mean the same."""
        if (cosine is None) != (model is None):
            raise ValueError("a bound on the cosine and a model of vectors go together")
        self.threshold, self.cosine, self._model = threshold, cosine, model
        self._rows: list[Prepared] = []
        self._keys: dict[str, int] = {}
        self._buckets = Buckets(SIGNER.bands)
        self._counts = np.zeros((2, _GROWTH, BUCKETS), np.uint8)
        self._lengths = np.zeros((2, _GROWTH), np.int32)
        self._with_input = np.zeros(_GROWTH, np.uint8)
        self._vectors = np.zeros((_GROWTH, model.dim if model else 0), np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Prepared) -> None:
        """Let a row be known."""
        place = len(self._rows)
        if place == len(self._with_input):
            self._grow()
        self._rows.append(row)
        self._keys.setdefault(row.key, place)
        self._buckets.add(row.bands)
        self._counts[:, place] = row.counts
        self._lengths[:, place] = len(row.whole), len(row.instruction)
        self._with_input[place] = bool(row.input)
        if self._model:
            self._vectors[place] = self._vector(row)

    def match(self, row: Prepared, parents: Collection[str] = ()) -> Match | None:
        """The known row that `row` repeats, of the reasons the first that applies and of its rows the likest (of equals
        the earliest); None for a new row. Rows whose id is in `parents` may be alike up to PARENT."""
        if (place := self._keys.get(row.key)) is not None:
            return Match(EXACT, self._rows[place].id, 1.0)
        best = Match(ALIKE, "", 0.0)
        for place, turned in self._candidates(row):
            other = self._rows[place]
            least = max(PARENT, self.threshold) if other.id in parents else self.threshold
            found = _likeness(row, other, least, turned)
            if found > best.similarity:
                best = Match(ALIKE, other.id, found)
        if best.similarity:
            return best
        return self._same_meaning(row, parents) if self._model else None

    def _candidates(self, row: Prepared) -> list[tuple[int, bool]]:
        """Rows to compare, in order; true for those that share bands, so that their neighbours are compared, too."""
        used = len(self._rows)
        # With inputs on both sides the instructions are compared, else the wholes.
        split = self._with_input[:used] if row.input else np.zeros(used, np.uint8)
        shared = set(self._buckets.sharing(row.bands).tolist())
        places = set(shared)
        for which, wanted, length in ((0, 1 - split, len(row.whole)), (1, split, len(row.instruction))):
            if not wanted.any():
                continue
            counts, lengths = self._counts[which, :used], self._lengths[which, :used]
            found = may_share(counts, lengths, wanted, row.counts[which], length, row.over[which], self.threshold)
            places.update(found.tolist())
        return [(place, place in shared) for place in sorted(places)]

    def _same_meaning(self, row: Prepared, parents: Collection[str]) -> Match | None:
        near = self._vectors[: len(self._rows)] @ self._vector(row)
        for place in np.argsort(-near, kind="stable").tolist():
            if near[place] < (self.cosine or 0.0):
                return None
            if self._rows[place].id not in parents:
                return Match(MEANING, self._rows[place].id, round(float(near[place]), 4))
        return None

    def _vector(self, row: Prepared) -> np.ndarray:
        assert self._model is not None  # noqa: S101  only called with one
        return self._model.embed(pa.array([row.text], pa.large_string()))[0].astype(np.float32)

    def _grow(self) -> None:
        more = len(self._with_input)
        self._counts = np.concatenate([self._counts, np.zeros((2, more, BUCKETS), np.uint8)], axis=1)
        self._lengths = np.concatenate([self._lengths, np.zeros((2, more), np.int32)], axis=1)
        self._with_input = np.concatenate([self._with_input, np.zeros(more, np.uint8)])
        self._vectors = np.concatenate([self._vectors, np.zeros((more, self._vectors.shape[1]), np.float32)])


def _likeness(row: Prepared, other: Prepared, least: float, turned: bool) -> float:
    """How alike two rows are, 0 where they are two: the least of their parts."""
    if not (row.input and other.input):
        return alike(row.whole, other.whole, least, turned=turned)
    # The bands are those of the wholes; of their parts either may be in another order.
    found = alike(row.instruction, other.instruction, least, turned=turned)
    return min(found, alike(row.input, other.input, least)) if found else 0.0
