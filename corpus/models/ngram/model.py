"""An n-gram language model of ours: what it holds, how it scores texts, and the table it is kept as."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, ValidationError

from corpus.errors import UsageError
from corpus.kernels import ngram_units
from corpus.kernels.digest import hash_strings
from corpus.kernels.ngram_score import Lookup, lookup, score
from corpus.kernels.ngram_units import BEGIN, FIRST, identify, sequence, slots_of
from corpus.located import Strict
from corpus.models.ngram.kneser_ney import Level

WINDOW = 64
"""Units of the windows of which the worst is told."""
MAX_BITS = 40.0
"""Mean bits a unit at most: a perplexity above says no more, and float32 has no larger powers much longer."""
LEAST_UNITS = 5_000
"""Units of a language from which on a model can judge it."""
UNSAID = "*"
DIGEST = 12
NUMBERS = pa.schema(
    [("perplexity", pa.float32()), ("worst_perplexity", pa.float32()), ("perplexity_deviation", pa.float32())]
)
"""What `columns` gives."""
TABLE = pa.schema(
    [
        ("fold", pa.uint8()),
        ("key", pa.uint64()),
        ("unit", pa.uint32()),
        ("log2", pa.float32()),
        ("weight", pa.float32()),
        ("about", pa.string()),
    ]
)
"""A row an n-gram: its packed ids, of a single one the unit, log2 of probability and back-off weight. `about`, in the
first row alone, is the `About` as JSON."""


class About(Strict):
    """What the numbers of a model mean. By fold: `units` trained on, n-grams (`grams`), and `spread`: how many
    different units were unknown ones, among whom the probability of these is shared out. `languages`: units trained on
    in each (`*`: not said)."""

    version: int = ngram_units.VERSION
    order: int = Field(ge=2, le=5)
    least: tuple[int, ...]
    folds: int = Field(ge=1, le=2)
    units: tuple[int, ...]
    spread: tuple[int, ...]
    grams: tuple[int, ...]
    languages: Mapping[str, int] = {}

    @property
    def bits(self) -> int:
        """Bits of an id in a packed n-gram."""
        return 64 // self.order


@dataclass(frozen=True)
class Fold:
    """One trained model: its vocabulary (the unit of id FIRST + i) and its levels from single units up."""

    units: np.ndarray
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class NgramModel:
    """A language model, or two of which each was trained on one half of the texts and scores those of the other.

    So no text is ever judged by a model that has seen it, and texts that were trained on compare with others. Which
    half a text belongs to is a bit of its hash.
    """

    about: About
    folds: tuple[Fold, ...]

    @functools.cached_property
    def digest(self) -> str:
        """The first hex digits of a sha256 over all that decides a score."""
        found = hashlib.sha256(self.about.model_dump_json().encode())
        for fold in self.folds:
            found.update(np.ascontiguousarray(fold.units).tobytes())
            for level in fold.levels:
                for array in (level.keys, level.log2, level.weight):
                    found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()[:DIGEST]

    @functools.cached_property
    def _ready(self) -> tuple[tuple[np.ndarray, Lookup], ...]:
        bits = self.about.bits
        return tuple(
            (slots_of(fold.units), _lookup(fold, bits, spread))
            for fold, spread in zip(self.folds, self.about.spread, strict=True)
        )

    @property
    def ngrams(self) -> int:
        """How many n-grams there are, of all lengths and folds."""
        return sum(len(level.keys) for fold in self.folds for level in fold.levels)

    @property
    def bytes(self) -> int:
        """Memory of the tables that score, vocabularies aside."""
        return sum(ready.bytes for _, ready in self._ready)

    def measure(self, texts: pa.Array, window: int = WINDOW) -> np.ndarray:
        """By row (float64, columns as `ngram_score.MEASURES`) units, bits, the worst window, deviation."""
        found = sequence(texts)
        scored = [score(identify(found, slots), ready, window) for slots, ready in self._ready]
        if len(scored) == 1:
            return scored[0]
        return np.where(fold_of(texts)[:, None] == 0, scored[1], scored[0])

    def units(self, texts: pa.Array) -> dict[int, int]:
        """How often each unit of the first vocabulary is in the texts, by id; unknown ones are one."""
        found = identify(sequence(texts), self._ready[0][0]).values
        ids, counts = np.unique(found[found != BEGIN], return_counts=True)
        return dict(zip(ids.tolist(), counts.tolist(), strict=True))

    def columns(self, texts: pa.Array, langs: pa.Array | None = None) -> pa.RecordBatch:
        """NUMBERS of each text: two to the power of its mean bits a unit, the same of the WINDOW units in a row that
        have the most, and the standard deviation of the bits of its units. Null where a text is null or has no unit,
        and where its language is said to be one of which the model has seen fewer than LEAST_UNITS units: all such a
        text could show is its language.

        A row's values depend on its text and language alone.
        """
        nothing = None if langs is None else self.strange(langs)
        return numbers(self.measure(texts), nothing)

    def strange(self, langs: pa.Array) -> np.ndarray:
        """Which of these languages the model hardly knows; of none where it was not told of languages in training."""
        if set(self.about.languages) <= {UNSAID}:
            return np.zeros(len(langs), bool)
        seen = [lang for lang, many in self.about.languages.items() if many >= LEAST_UNITS]
        langs = langs.cast(pa.string())
        known = pc.is_in(langs, pa.array(seen, pa.string()))
        return np.asarray(pc.and_(pc.is_valid(langs), pc.invert(known)))

    def to_table(self) -> pa.Table:
        """The model as a TABLE."""
        parts: list[pa.RecordBatch] = []
        for number, fold in enumerate(self.folds):
            for length, level in enumerate(fold.levels, 1):
                many = len(level.keys)
                units = pa.nulls(many, pa.uint32())
                if length == 1:
                    known = np.concatenate([np.zeros(FIRST, np.uint32), fold.units])
                    units = pa.array(known, mask=np.arange(many) < FIRST)
                about = pa.nulls(many, pa.string())
                if not parts:
                    about = pa.array([self.about.model_dump_json(), *[None] * (many - 1)], pa.string())
                arrays = [
                    pa.array(np.full(many, number, np.uint8)),
                    pa.array(level.keys),
                    units,
                    pa.array(level.log2),
                    pa.array(level.weight),
                    about,
                ]
                parts.append(pa.RecordBatch.from_arrays(arrays, schema=TABLE))
        return pa.Table.from_batches(parts, TABLE).combine_chunks()

    @classmethod
    def from_table(cls, table: pa.Table) -> NgramModel:
        """The model that `to_table` gave; UsageError when the table is none, is damaged, or is for units that this
        version does not make."""
        if not table.num_rows or set(TABLE.names) - set(table.column_names):
            raise UsageError(f"this table is no n-gram model: it has {table.num_rows} rows of {table.column_names}")
        try:
            about = About.model_validate_json(str(pc.drop_null(table.column("about"))[0].as_py()))
        except (ValidationError, IndexError) as error:
            raise UsageError(f"this table is no n-gram model: {error}") from None
        if about.version != ngram_units.VERSION:
            raise UsageError(
                f"the n-gram model was made for version {about.version} of the units, this is version "
                f"{ngram_units.VERSION}; train it again"
            )
        if (
            not len(about.units) == len(about.spread) == len(about.grams) == about.folds
            or len(about.least) != about.order
        ):
            raise UsageError("the n-gram model contradicts itself: folds, units, spread and least do not fit")
        numbers = {name: _numpy(table.column(name)) for name in ("fold", "key", "log2", "weight")}
        units = _numpy(pc.fill_null(table.column("unit"), 0))
        return cls(about, tuple(_fold(about, number, numbers, units) for number in range(about.folds)))


def numbers(measured: np.ndarray, nothing: np.ndarray | None = None) -> pa.RecordBatch:
    """NUMBERS of what `ngram_score.score` gave; null in rows without a unit and where `nothing` is true."""
    mask = measured[:, 0] == 0
    if nothing is not None:
        mask = mask | nothing
    means = [measured[:, 1] / np.maximum(measured[:, 0], 1), measured[:, 2]]
    values = [*(np.exp2(np.minimum(mean, MAX_BITS)) for mean in means), measured[:, 3]]
    return pa.RecordBatch.from_arrays([pa.array(one.astype(np.float32), mask=mask) for one in values], schema=NUMBERS)


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    return np.ascontiguousarray(column.to_numpy())


def _fold(about: About, number: int, numbers: dict[str, np.ndarray], units: np.ndarray) -> Fold:
    """The rows of one fold, sorted into levels whatever the order of the rows."""
    own = np.flatnonzero(numbers["fold"] == number)
    own = own[np.argsort(numbers["key"][own], kind="stable")]
    keys, log2, weight = (numbers[name][own] for name in ("key", "log2", "weight"))
    bounds = np.searchsorted(keys, [np.uint64(1) << np.uint64(about.bits * length) for length in range(1, about.order)])
    edges = [0, *(int(bound) for bound in bounds), len(keys)]
    size = edges[1]
    sound = (
        size > FIRST
        and np.array_equal(keys[:size], np.arange(size, dtype=np.uint64))
        and bool((keys[1:] > keys[:-1]).all())
        and len(keys) == about.grams[number]
        and bool(np.isfinite(log2[1:]).all() and np.isfinite(weight[1:]).all())
    )
    if not sound or len(np.unique(units[own[FIRST:size]])) != size - FIRST:
        raise UsageError(f"the n-gram model is damaged: fold {number} has {len(keys)} n-grams, {size} of one unit")
    levels = tuple(Level(keys[low:high], log2[low:high], weight[low:high]) for low, high in itertools.pairwise(edges))
    return Fold(units[own[FIRST:size]], levels)


def _lookup(fold: Fold, bits: int, spread: int) -> Lookup:
    single = np.stack([fold.levels[0].log2, fold.levels[0].weight], axis=1)
    longer = []
    for length, level in enumerate(fold.levels[1:], 2):
        ids = np.empty((len(level.keys), length), np.uint32)
        for place in range(length):
            shift = np.uint64(bits * (length - 1 - place))
            ids[:, place] = (level.keys >> shift) & np.uint64((1 << bits) - 1)
        longer.append((ids, np.stack([level.log2, level.weight], axis=1)))
    return lookup(single, longer, float(np.log2(max(1, spread))))


def fold_of(texts: pa.Array) -> np.ndarray:
    """Which half of the texts each belongs to, 0 or 1: a bit of its hash, so equal texts are in one."""
    high, _ = hash_strings(texts)
    return np.asarray(pc.fill_null(high, 0).to_numpy(zero_copy_only=False).astype(np.int64) >> 17 & 1)
