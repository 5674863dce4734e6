"""The default embedder: hashed n-grams of characters and words, TF-IDF, and an SVD fitted on the corpus itself.

This is latent semantic analysis (Deerwester et al. 1990). A feature is an n-gram of one to three units (a Han character
or a word each, see `kernels.shingles`); the FEATURES that stand in most texts are kept. A text weighs a feature by
(1 + ln count) * ln(1 / share). The share is that of the texts that have it, one text more counted, in the language that
has it most: else the particles of a language that is rare in the corpus would count as rare words. The SVD of the
sample's rows, scaled to length 1, gives each feature a vector, and a text's vector is the weighted sum of those of its
features.

A text is one sum, however long it is: pooling the vectors of chunks would give the same but for the damping of counts,
and the damping is what keeps a text that repeats itself from being about what it repeats.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus.embed.svd import Sparse, truncated_svd
from corpus.kernels.buffers import frozen
from corpus.kernels.hashed_grams import BITS, ORDERS, count_documents, features_of, sums_of
from corpus.kernels.shingles import Units, units

DIM = 256
FEATURES = 1 << 17
"""Features kept, at most."""
LEAST, SMALL = 2, 100
"""Texts of the sample that a feature stands in, at least; in a sample of fewer than SMALL texts one is enough."""
MOST_UNITS = 4096
"""Units of a text that fitting reads."""
ALL_UNITS = 1 << 24
"""Units of all texts that fitting reads: 40 MB of Chinese; later texts are left out."""
LEAST_TEXTS = 50
"""Texts of a language from which on it has shares of its own; the texts of all rarer ones are one language."""
TOWARDS_EQUAL = 0.5
"""The power of its singular value by which a dimension is divided: 0 leaves them, 1 makes them equally long."""
_BATCH = 1024
_COUNTS = 1 << 12
_FORM = f"hashed n-grams 1, {ORDERS} orders, {BITS} bits"


@dataclass(frozen=True)
class HashedModel:
    """A fitted model: `table[i]` is the vector of the feature whose bucket is `buckets[i]`.

    `buckets` uint32, ascending; `table` float32 (features, dim) whose values float16 can hold.
    """

    buckets: np.ndarray
    table: np.ndarray

    @property
    def name(self) -> str:
        """`hashed`."""
        return "hashed"

    @property
    def dim(self) -> int:
        """Numbers a vector."""
        return int(self.table.shape[1])

    @functools.cached_property
    def digest(self) -> str:
        """Hex digest of the form of the features and of the table."""
        found = hashlib.sha256(f"{_FORM}, {self.table.shape}".encode())
        found.update(self.buckets.tobytes())
        found.update(self.table.tobytes())
        return found.hexdigest()

    @functools.cached_property
    def _lookup(self) -> np.ndarray:
        return _lookup(self.buckets)

    def embed(self, texts: pa.Array) -> np.ndarray:
        """By text a vector of length 1, float16 (rows, dim); all zero for a text without features, and for a null.

        A row does not depend, bit for bit, on the batch it is in.
        """
        return np.asarray(sums_of(units(texts), self._lookup, self.table, _damped()).astype(np.float16))

    def columns(self, texts: pa.Array, langs: pa.Array | None = None) -> pa.RecordBatch:
        """One column `vector`, fixed_size_list<halffloat, dim>, without nulls. `langs` makes no difference."""
        return pa.RecordBatch.from_arrays([vector_array(self.embed(texts))], ["vector"])

    def to_table(self) -> pa.Table:
        """The model as `bucket` (uint32) and `vector` (fixed_size_list<halffloat, dim>)."""
        return pa.table({"bucket": pa.array(self.buckets), "vector": vector_array(self.table.astype(np.float16))})

    @classmethod
    def from_table(cls, table: pa.Table) -> HashedModel:
        """The model that `to_table` wrote, its rows in any order."""
        table = table.combine_chunks().sort_by("bucket")
        buckets = table.column("bucket").to_numpy().astype(np.uint32)
        return cls(frozen(buckets), frozen(vectors_of(table.column("vector")).astype(np.float32)))


def vector_array(vectors: np.ndarray) -> pa.FixedSizeListArray:
    """Rows of float16 as fixed_size_list<halffloat, dim>."""
    flat = np.ascontiguousarray(vectors, np.float16).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), int(vectors.shape[1]))


def vectors_of(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """A column of fixed-size lists as (rows, dim), in its own number type; a null row is all zero."""
    wide = column.type.list_size
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    found = []
    for chunk in chunks:
        rows = np.zeros((len(chunk), wide), column.type.value_type.to_pandas_dtype())
        rows[np.asarray(pc.is_valid(chunk))] = chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, wide)
        found.append(rows)
    return np.concatenate(found) if found else np.zeros((0, wide), column.type.value_type.to_pandas_dtype())


def fit(texts: pa.Array, langs: pa.Array | None = None, dim: int = DIM, seed: int = 0) -> HashedModel:
    """A model of a sample of texts; `langs` are their languages, one language where it is left out.

    Texts count in their order until ALL_UNITS are read. Where the sample has fewer than `dim` dimensions, the others
    are zero in all vectors. The same for the same texts, in the same order, and seed.
    """
    if dim < 1:
        raise ValueError(f"dim is {dim}, a vector has one number or more")
    rows = _first_rows(texts)
    texts = texts.slice(0, rows)
    share = _shares(texts, _languages(langs.slice(0, rows) if langs is not None else None, rows))
    buckets = _chosen(share)
    lookup, weights = _lookup(buckets), -np.log(share[buckets])
    matrix = _matrix(texts, lookup, weights)
    lengths, right = truncated_svd(matrix, dim, seed)
    table = np.zeros((len(buckets), dim))
    # What stands in nearly all texts has the largest singular value and tells least apart.
    table[:, : len(lengths)] = right * weights[:, None] * lengths**-TOWARDS_EQUAL
    scale = np.abs(table).max(initial=0.0)
    table = (table / scale if scale > 0 else table).astype(np.float16)
    return HashedModel(frozen(buckets), frozen(table.astype(np.float32)))


def _batches(texts: pa.Array) -> Iterator[tuple[int, Units]]:
    for first in range(0, len(texts), _BATCH):
        yield first, units(texts.slice(first, _BATCH))


def _first_rows(texts: pa.Array) -> int:
    """How many texts are read before ALL_UNITS are."""
    left = ALL_UNITS
    for first, found in _batches(texts):
        used = np.cumsum(np.minimum(np.diff(found.offsets), MOST_UNITS))
        if used[-1] >= left:
            return first + int(np.searchsorted(used, left)) + 1
        left -= int(used[-1])
    return len(texts)


def _languages(langs: pa.Array | None, rows: int) -> list[np.ndarray]:
    """The rows of each language that has LEAST_TEXTS, by its name, and those of all others."""
    if langs is None:
        return [np.arange(rows)]
    filled = pc.fill_null(langs.cast(pa.string()), "").to_numpy(zero_copy_only=False).astype(str)
    names, of, many = np.unique(filled, return_inverse=True, return_counts=True)
    of = np.where(many[of] >= LEAST_TEXTS, of, len(names))
    groups = [np.flatnonzero(of == which) for which in range(len(names) + 1)]
    return [group for group in groups if len(group)]


def _shares(texts: pa.Array, languages: list[np.ndarray]) -> np.ndarray:
    """By bucket the share of a language's texts that have it, in the language that has it most; 0 where too few do."""
    share, everywhere = np.zeros(1 << BITS), np.zeros(1 << BITS, np.int32)
    for group in languages:
        seen, documents = np.zeros(1 << BITS, np.int32), np.zeros(1 << BITS, np.int32)
        for first, found in _batches(texts.take(pa.array(group)) if len(languages) > 1 else texts):
            count_documents(found, first, MOST_UNITS, seen, documents)
        np.maximum(share, documents / (len(group) + 1), out=share)
        everywhere += documents
    if len(texts) >= SMALL:
        share[everywhere < LEAST] = 0.0
    return share


def _chosen(share: np.ndarray) -> np.ndarray:
    """The buckets of the FEATURES of the largest shares, ascending."""
    there = np.flatnonzero(share > 0)
    if len(there) > FEATURES:
        there = np.sort(there[np.argsort(-share[there], kind="stable")[:FEATURES]])
    return there.astype(np.uint32)


def _lookup(buckets: np.ndarray) -> np.ndarray:
    lookup = np.full(1 << BITS, -1, np.int32)
    lookup[buckets] = np.arange(len(buckets), dtype=np.int32)
    return frozen(lookup)


def _matrix(texts: pa.Array, lookup: np.ndarray, weights: np.ndarray) -> Sparse:
    """The TF-IDF rows of the texts, of length 1."""
    offsets, columns, values = [np.zeros(1, np.int64)], [], []
    for _, found in _batches(texts):
        which, times, places = features_of(found, lookup, len(weights), MOST_UNITS)
        weighed = (_damped()[np.minimum(times, _COUNTS)] * weights[which]).astype(np.float64)
        sums = np.concatenate([np.zeros(1), np.cumsum(weighed**2)])
        lengths = np.sqrt(np.maximum(sums[places[1:]] - sums[places[:-1]], 1e-30))
        values.append((weighed / np.repeat(lengths, np.diff(places))).astype(np.float32))
        columns.append(which)
        offsets.append(places[1:] + offsets[-1][-1])
    if not columns:
        return Sparse(offsets[0], np.zeros(0, np.int32), np.zeros(0, np.float32), len(weights))
    return Sparse(np.concatenate(offsets), np.concatenate(columns), np.concatenate(values), len(weights))


@functools.cache
def _damped() -> np.ndarray:
    """What a count weighs: 1 + ln count, and 0 for none."""
    counts = np.arange(_COUNTS + 1)
    return frozen(np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0).astype(np.float32))
