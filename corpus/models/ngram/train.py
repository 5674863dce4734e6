"""Training n-gram models: two passes over the texts, one for the vocabulary and one for the n-grams.

Both passes take batches in any order and count; counts of parts add up to those of the whole, so the model depends on
the texts alone. Memory is bounded by `Settings.most`: of more units than that, the texts with the smallest hashes are
trained on, whose share is known after the first pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.errors import UsageError
from corpus.kernels.digest import hash_strings
from corpus.kernels.ngram_counts import Counted, count, merge, none_counted, pack
from corpus.kernels.ngram_units import FIRST, identify, sequence, slots_of
from corpus.models.ngram.kneser_ney import estimate
from corpus.models.ngram.model import UNSAID, About, Fold, NgramModel, fold_of

BATCH_BYTES = 16 << 20
"""Bytes of text that are worked on at a time."""
PENDING = 1 << 22
"""n-grams that are gathered before they are sorted."""
Batches = Callable[[], Iterable[tuple[pa.Array, pa.Array | None]]]
"""Texts with their languages (null: not said), batch by batch; called once a pass, the same texts each time."""


@dataclass(frozen=True)
class Settings:
    """`least[k - 1]`: how often an n-gram of k units must be there. `rare`: a unit seen less often is unknown.
    `vocabulary`: units with an id at most; 64 // order bits hold one. `most`: units trained on at most, in each fold
    (16 to 40 bytes of memory a unit). `folds` 2: see NgramModel."""

    order: int = 4
    least: tuple[int, ...] = (1, 1, 2, 2)
    rare: int = 2
    vocabulary: int = 65_000
    most: int = 100_000_000
    folds: int = 1

    def __post_init__(self) -> None:
        if not 2 <= self.order <= 5:
            raise UsageError(f"order {self.order}: must be 2 to 5")
        if len(self.least) != self.order or list(self.least) != sorted(self.least) or self.least[0] < 0:
            raise UsageError(
                f"least {','.join(map(str, self.least))}: must be {self.order} numbers, one for each length up to the "
                "order, none below the one before"
            )
        if self.folds not in (1, 2) or self.rare < 1 or self.most < 1 or self.vocabulary < 1:
            raise UsageError("folds must be 1 or 2; rare, vocabulary and most 1 at least")

    @classmethod
    def of_order(cls, order: int, folds: int = 1) -> Settings:
        """The defaults for an order: n-grams of three units and more must be there twice."""
        return cls(order=order, least=tuple(1 if length < 3 else 2 for length in range(1, order + 1)), folds=folds)


@dataclass
class UnitCounts:
    """The first pass: how often each unit is there in each fold, and units by language."""

    folds: int
    counted: list[Counted] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.counted = self.counted or [none_counted() for _ in range(self.folds)]

    def add(self, texts: pa.Array, langs: pa.Array | None = None) -> None:
        """Count a batch."""
        for fold, members, tongues in _split(texts, langs, self.folds):
            found = sequence(members)
            self.counted[fold] = merge(self.counted[fold], count(found.values.astype(np.uint64)))
            many = np.diff(found.offsets)
            known = pc.fill_null(tongues, UNSAID).dictionary_encode()
            totals = np.bincount(np.asarray(known.indices), many, len(known.dictionary)).astype(np.int64)
            self.languages.update(dict(zip(known.dictionary.to_pylist(), map(int, totals), strict=True)))

    def plus(self, other: UnitCounts) -> UnitCounts:
        """The counts of both."""
        counted = [merge(one, two) for one, two in zip(self.counted, other.counted, strict=True)]
        return UnitCounts(self.folds, counted, self.languages + other.languages)

    def vocabulary(self, fold: int, most: int, rare: int) -> tuple[np.ndarray, int]:
        """The `most` frequent units (uint32) that are there `rare` times or more, the most frequent first, of equally
        frequent ones the smaller number; and how many others there are."""
        units, counts = self.counted[fold]
        rank = np.lexsort((units, -counts))[:most]
        chosen = units[rank[counts[rank] >= rare]]
        return chosen.astype(np.uint32), len(units) - len(chosen)


class GramCounts:
    """The second pass: n-grams of one fold. Sorted runs are merged when they are of a size, so that all the merging
    costs n log n."""

    def __init__(self, units: np.ndarray, order: int) -> None:
        self.order, self.bits = order, 64 // order
        self._slots = slots_of(units)
        self._pending: list[np.ndarray] = []
        self._waiting = 0
        self._runs: list[Counted] = []

    def add(self, texts: pa.Array) -> None:
        """Count a batch."""
        keys = pack(identify(sequence(texts), self._slots), self.order, self.bits)
        self._pending.append(keys)
        self._waiting += len(keys)
        if self._waiting >= PENDING:
            self._settle()

    def take(self, other: GramCounts) -> None:
        """Add the counts of another part of the texts, made with the same vocabulary."""
        self._insert(other.total())

    def total(self) -> Counted:
        """The counts of all."""
        self._settle()
        while len(self._runs) > 1:
            self._runs[-2:] = [merge(*self._runs[-2:])]
        return self._runs[0] if self._runs else none_counted()

    def _settle(self) -> None:
        if self._pending:
            keys = np.concatenate(self._pending)
            self._pending, self._waiting = [], 0
            self._insert(count(keys))

    def _insert(self, run: Counted) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            self._runs[-2:] = [merge(*self._runs[-2:])]


def train(batches: Batches, settings: Settings | None = None) -> NgramModel:
    """The model of all texts that `batches` gives, whatever their order and batches.

    UsageError when there is nothing to learn from: no text has a unit, or one of two folds has none.
    """
    settings = settings or Settings()
    units = UnitCounts(settings.folds)
    for texts, langs in _sized(batches()):
        units.add(texts, langs)
    bits = 64 // settings.order
    chosen = [
        units.vocabulary(fold, min(settings.vocabulary, (1 << bits) - FIRST), settings.rare)
        for fold in range(settings.folds)
    ]
    totals = [int(counts.sum()) for _, counts in units.counted]
    empty = [fold for fold, (known, _) in enumerate(chosen) if not len(known)]
    if empty:
        raise UsageError(
            f"there is too little text to train on: {sum(totals)} units"
            + (f", {totals[empty[0]]} of them in half {empty[0]}" if settings.folds > 1 else "")
            + f", none of them {settings.rare} times"
        )
    counts = [GramCounts(known, settings.order) for known, _ in chosen]
    for texts, langs in _sized(batches()):
        for fold, members, _ in _split(texts, langs, settings.folds):
            counts[fold].add(_sampled(members, settings.most / totals[fold]))
    folds: list[Fold] = []
    trained: list[int] = []
    for fold, (known, _) in enumerate(chosen):
        counted = counts[fold].total()
        trained.append(int(counted[1].sum()))
        levels = estimate(counted, settings.order, bits, FIRST + len(known), settings.least)
        folds.append(Fold(known, tuple(levels)))
    about = About(
        order=settings.order,
        least=settings.least,
        folds=settings.folds,
        units=tuple(trained),
        grams=tuple(sum(len(level.keys) for level in fold.levels) for fold in folds),
        spread=tuple(1 + others for _, others in chosen),
        languages=dict(sorted(units.languages.items())),
    )
    return NgramModel(about, tuple(folds))


def fit(texts: pa.Array, langs: pa.Array | None = None, order: int = 4, settings: Settings | None = None) -> NgramModel:
    """The model of a corpus for the corpus itself: two halves that score each other (see NgramModel).

    `settings` stand for `order` and the rest where they are given. UsageError as `train`.
    """
    return train(lambda: [(texts, langs)], settings or Settings.of_order(order, folds=2))


def _sized(batches: Iterable[tuple[pa.Array, pa.Array | None]]) -> Iterator[tuple[pa.Array, pa.Array | None]]:
    """The same rows in batches of some BATCH_BYTES."""
    for texts, langs in batches:
        texts, langs = _whole(texts), None if langs is None else _whole(langs)
        lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths, dtype=np.int64)
        start = 0
        while start < len(texts):
            before = int(ends[start - 1]) if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, before + BATCH_BYTES, "right")))
            yield texts.slice(start, stop - start), None if langs is None else langs.slice(start, stop - start)
            start = stop


def _whole(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.string()) if pa.types.is_dictionary(array.type) else array


def _split(texts: pa.Array, langs: pa.Array | None, folds: int) -> Iterator[tuple[int, pa.Array, pa.Array]]:
    """The texts of each fold, with their languages."""
    tongues = pa.nulls(len(texts), pa.string()) if langs is None else langs
    if folds == 1:
        yield 0, texts, tongues
        return
    half = fold_of(texts)
    for fold in range(folds):
        own = pa.array(np.flatnonzero(half == fold))
        yield fold, texts.take(own), tongues.take(own)


def _sampled(texts: pa.Array, share: float) -> pa.Array:
    """The texts whose hash is in the lowest share of all hashes."""
    if share >= 1:
        return texts
    _, low = hash_strings(texts)
    place = pc.fill_null(low, 0).to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
    return texts.filter(pa.array(place < np.uint64(share * 2.0**64)))
